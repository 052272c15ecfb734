from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from why502.collecting.bundle import CONFIGS, HOST, MANIFEST, Bundle
from why502.errors import Why502Error

if TYPE_CHECKING:
    from pathlib import Path

NOBODY = 65534
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to somebody else")


def _killed(out: Path) -> Path:
    """What a recording leaves that was killed while it packed: the lock goes with the process, the folder stays."""
    folder = out.parent / f".{out.name}.abcdefgh.why502"
    folder.mkdir()
    (folder / HOST).write_text("{}")
    (out.parent / f"{folder.name}.part").write_bytes(b"half")
    return folder


def test_what_a_killed_recording_left_is_swept_by_the_next_of_that_name(tmp_path: Path) -> None:
    """And nothing else: other archives' folders, and folders that only look alike."""
    _killed(tmp_path / "case.tar.zst")
    other, alike = _killed(tmp_path / "other.tar.zst"), tmp_path / ".case.tar.zst.mine"
    alike.mkdir()
    with Bundle(tmp_path / "case.tar.zst") as bundle:
        (bundle.folder / HOST).write_text("{}")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        ["case.tar.zst", alike.name, other.name, f"{other.name}.part"]
    )


def test_a_recording_that_goes_on_is_left_alone(tmp_path: Path) -> None:
    """Two of one name at once: the first still has its folder when it is done."""
    out = tmp_path / "case.tar.zst"
    with Bundle(out) as first:
        (first.folder / HOST).write_text("{}")
        with Bundle(out) as second:
            (second.folder / HOST).write_text("{}")
            assert first.folder.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["case.tar.zst"]


def test_a_link_that_looks_alike_is_not_followed(tmp_path: Path) -> None:
    """Nobody makes us remove what lies elsewhere."""
    precious = tmp_path / "precious"
    precious.mkdir()
    (tmp_path / ".case.tar.zst.abcdefgh.why502").symlink_to(precious)
    with Bundle(tmp_path / "case.tar.zst") as bundle:
        (bundle.folder / HOST).write_text("{}")
    assert precious.is_dir()


@needs_root
def test_root_does_not_write_into_the_folder_of_another(tmp_path: Path) -> None:
    """Its owner could replace what root writes by links to anywhere."""
    theirs = tmp_path / "case"
    theirs.mkdir()
    os.chown(theirs, NOBODY, NOBODY)
    with pytest.raises(Why502Error, match="somebody else's"), Bundle(theirs):
        pass
    assert not list(theirs.iterdir())


@needs_root
def test_root_does_not_follow_the_link_of_another(tmp_path: Path) -> None:
    folder, link = tmp_path / "folder", tmp_path / "case"
    folder.mkdir()
    link.symlink_to(folder)
    os.lchown(link, NOBODY, NOBODY)
    with pytest.raises(Why502Error, match="somebody else's"), Bundle(link):
        pass


@needs_root
def test_who_says_sudo_may_name_a_folder_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_UID", str(NOBODY))
    theirs = tmp_path / "case"
    theirs.mkdir()
    os.chown(theirs, NOBODY, NOBODY)
    with Bundle(theirs) as bundle:
        assert bundle.folder == theirs


def test_a_folder_that_was_open_to_all_is_closed(tmp_path: Path) -> None:
    """Evidence is for its owner's eyes, and nobody puts anything beside it."""
    folder = tmp_path / "case"
    folder.mkdir()
    folder.chmod(0o777)
    with Bundle(folder):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_links_in_an_older_bundle_are_replaced_not_followed(tmp_path: Path) -> None:
    elsewhere, folder = tmp_path / "elsewhere", tmp_path / "case"
    elsewhere.mkdir()
    (elsewhere / "app.yml").write_text("precious")
    folder.mkdir()
    (folder / MANIFEST).write_text("{}")
    (folder / HOST).symlink_to(elsewhere / "app.yml")
    (folder / CONFIGS).symlink_to(elsewhere)
    with Bundle(folder, force=True):
        assert not list(folder.iterdir())
    assert (elsewhere / "app.yml").read_text() == "precious"
