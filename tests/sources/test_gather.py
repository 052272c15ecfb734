from __future__ import annotations

import gzip
import io
import os
import random
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import zstandard

from why502.errors import Why502Error
from why502.formats import all_formats
from why502.sources import all_readers
from why502.sources.gather import gather

if TYPE_CHECKING:
    from why502.model.case import Input

LOGS = {each.kind: "".join(sample.line + "\n" for sample in each.samples).encode() for each in all_formats()}
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + bytes(range(256)) * 20


def inputs(*paths: Path) -> list[Input]:
    return [reading.input for reading in gather([str(path) for path in paths])]


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def tarball(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def folder_only() -> bytes:
    info = tarfile.TarInfo("./logs")
    info.type = tarfile.DIRTYPE
    return info.tobuf() + bytes(1024)


def test_every_reader_is_found_once() -> None:
    """Modules and packages are walked; kinds are unique."""
    kinds = [reader.kind for reader in all_readers()]
    assert {"cloudwatch-metrics", "changes", *LOGS} <= set(kinds)
    assert len(kinds) == len(set(kinds))


def test_a_folder_of_different_logs_is_recognised_by_content(tmp_path: Path) -> None:
    """Names mean nothing; order is that of the names, folders included."""
    kinds = sorted(LOGS)
    write(tmp_path, {f"sub/{number:02}.txt": LOGS[kind] for number, kind in enumerate(kinds)})
    assert [(told.kind, told.not_understood) for told in inputs(tmp_path)] == [(kind, 0) for kind in kinds]


@pytest.mark.parametrize("compress", [bytes, gzip.compress, zstandard.compress])
def test_a_bundle_gives_its_members(tmp_path: Path, compress: type[bytes]) -> None:
    """Members are named behind the archive; names that point elsewhere stay names."""
    members = {"logs/a": LOGS["alb-access-log"], "../../etc/b": gzip.compress(LOGS["nginx-error-log"]), "c.jpg": JPEG}
    path = tmp_path / "case"
    path.write_bytes(compress(tarball(members)))
    told = {each.path: each.kind for each in inputs(path)}
    assert told == {
        f"{path}/logs/a": "alb-access-log",
        f"{path}/../../etc/b": "nginx-error-log",
        f"{path}/c.jpg": "unrecognised",
    }
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_used_is_named_beside_what_can(tmp_path: Path) -> None:
    """Nothing is lost silently: one line for each file, with the reason."""
    folder = write(
        tmp_path / "evidence",
        {
            "a.log": LOGS["alb-access-log"],
            "empty": b"",
            "noise": random.Random(7).randbytes(100_000),
            "photo": JPEG,
            ".x": b"",
        },
    )
    os.mkfifo(folder / "pipe")
    (folder / "dangling").symlink_to("nowhere")
    told = {Path(each.path).name: each for each in inputs(folder, tmp_path / "missing")}
    whys = {name: each.first_not_understood[0].why for name, each in told.items() if each.kind == "unrecognised"}
    assert whys.keys() == {"empty", "noise", "photo", "pipe", "dangling", "missing"}
    assert (whys["empty"], whys["pipe"]) == ("the file is empty", "it is not a regular file")
    assert whys["missing"] == whys["dangling"] == "no such file or directory"
    assert (told["evidence"].kind, told["evidence"].not_understood) == ("hidden-files", 1)
    assert all(each.source is None for each in told.values() if each.kind != "alb-access-log")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (JPEG, "nothing known"),
        (b"", "the file is empty"),
        (b"\0" * 100_000, "nothing known"),
        (b"x" * 10_000_000, "nothing known"),
        (gzip.compress(b"", mtime=0), "the file is empty"),
        (folder_only(), "the archive holds no files"),
    ],
)
def test_nothing_usable_is_one_sentence(tmp_path: Path, content: bytes, why: str) -> None:
    """What, where, why, and what to try."""
    path = tmp_path / "thing"
    path.write_bytes(content)
    with pytest.raises(Why502Error) as caught:
        gather([str(path)])
    assert (caught.value.where, "\n" in str(caught.value)) == (str(path), False)
    assert why in caught.value.why
    assert caught.value.hint


def test_missing_paths_and_empty_folders_are_one_sentence(tmp_path: Path) -> None:
    """A wrong path, a folder without files, a name that no file can have, nothing at all."""
    for path, why in ((str(tmp_path / "no"), "no such file"), (str(tmp_path), "holds no files"), ("a\0b", "null byte")):
        with pytest.raises(Why502Error, match=why):
            gather([path])
    with pytest.raises(Why502Error, match="no evidence was given"):
        gather([])


def test_several_useless_files_are_still_one_sentence(tmp_path: Path) -> None:
    """The first is named with its reason, the others are counted."""
    write(tmp_path, {"a": JPEG, "b": b""})
    with pytest.raises(Why502Error, match=r"none of 2 files was recognised, the first is .*/a: "):
        gather([str(tmp_path)])


def test_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    """Also through its folder or a link."""
    write(tmp_path, {"a": LOGS["alb-access-log"]})
    (tmp_path / "b").symlink_to("a")
    assert [told.kind for told in inputs(tmp_path / "a", tmp_path)] == ["alb-access-log", "duplicate", "duplicate"]


def test_a_cut_archive_of_a_log_counts_the_cut(tmp_path: Path) -> None:
    """The lines before the cut are read; the cut is one record not understood."""
    (tmp_path / "a.gz").write_bytes(gzip.compress(LOGS["alb-access-log"] * 500)[:-40])
    (told,) = inputs(tmp_path / "a.gz")
    assert told.records > 0
    assert told.first_not_understood[0].why == "the file ends early: it is cut short"


def test_progress_names_what_is_read(tmp_path: Path) -> None:
    """Each file, and how much there is to read in all."""
    said: list[str] = []
    write(tmp_path, {"a": LOGS["alb-access-log"]})
    gather([str(tmp_path)], said.append)
    assert said[0] == f"{tmp_path / 'a'} (0 of 0 MB)"


def test_what_a_link_leads_to_is_not_shown(tmp_path: Path) -> None:
    """A folder that came from elsewhere can link to a file of this machine that only root may read."""
    (tmp_path / "secret").write_text("root:hunter2:20228\n")
    folder = write(tmp_path / "evidence", {"a.log": next(iter(LOGS.values()))})
    (folder / "b.log").symlink_to(tmp_path / "secret")
    told = [str(misread) for each in inputs(folder) for misread in each.first_not_understood]
    assert any("what that leads to is not shown" in text for text in told)
    assert not any("hunter2" in text or "root:" in text for text in told)
