from __future__ import annotations

import gzip
import io
import tarfile
from typing import TYPE_CHECKING

from why502.sources import opening
from why502.sources.opening import Found, Hidden, Unusable, find

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def archive(content: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        info = tarfile.TarInfo("big")
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def test_a_found_file_opens_from_the_start_each_time(tmp_path: Path) -> None:
    """Recognition and reading do not disturb each other."""
    (tmp_path / "a").write_bytes(gzip.compress(b"content"))
    (found,) = find(str(tmp_path / "a"))
    assert isinstance(found, Found)
    with found.file.open() as once, found.file.open() as again:
        assert (once.read(), again.read(), found.head) == (b"content", b"content", b"content")


def test_folders_are_walked_in_order_and_hidden_names_are_told(tmp_path: Path) -> None:
    """Hidden folders are not entered; linked folders are not followed."""
    for name in ("b/x", "a/y", ".git/config"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "loop").symlink_to(tmp_path)
    *files, hidden = find(str(tmp_path))
    assert [each.file.path for each in files if isinstance(each, Found)] == [f"{tmp_path}/a/y", f"{tmp_path}/b/x"]
    assert hidden == Hidden(str(tmp_path), (f"{tmp_path}/.git",))


def test_a_member_is_unpacked_up_to_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A huge member gives its beginning, and says that it was cut."""
    monkeypatch.setattr(opening, "MAX_MEMBER_BYTES", 1000)
    (tmp_path / "a.tar").write_bytes(archive(b"x" * 5000))
    for found in find(str(tmp_path / "a.tar")):
        assert isinstance(found, Found)
        with found.file.open() as stream:
            assert (len(stream.read()), found.damage) == (1000, {"it is cut short"})


def test_an_archive_cut_before_its_end_says_so(tmp_path: Path) -> None:
    """Its last member is damaged; a header that is cut makes the archive itself unusable from there."""
    whole = archive(b"x" * 5000)
    (tmp_path / "a.tar").write_bytes(whole[:2000])
    assert [each.damage for each in find(str(tmp_path / "a.tar")) if isinstance(each, Found)] == [{"it is cut short"}]
    (tmp_path / "b.tar").write_bytes(whole[:400])
    assert [type(each) for each in find(str(tmp_path / "b.tar"))] == [Unusable]
