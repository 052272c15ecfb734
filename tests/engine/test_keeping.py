from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from why502.engine import keeping

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(keeping, "cache_root", lambda: tmp_path)
    return tmp_path


def test_what_is_kept_comes_back_whole_or_not_at_all(root: Path) -> None:
    """A part of it, or a changed byte, counts as nothing."""
    folder = keeping.cache_folder("some")
    assert keeping.kept(folder, "name") is None
    keeping.keep(folder, "name", b"content")
    assert keeping.kept(folder, "name") == b"content"
    keeping.keep(folder, "name", b"other")
    assert keeping.kept(folder, "name") == b"other"
    path = root / "why502" / "some" / "name"
    whole = path.read_bytes()
    for damaged in (whole[:-1], b"", whole[:10], bytes([whole[0] ^ 1]) + whole[1:]):
        path.write_bytes(damaged)
        assert keeping.kept(folder, "name") is None
    assert [each.name for each in path.parent.iterdir()] == ["name"]


def test_a_folder_that_others_can_write_to_is_not_trusted(root: Path) -> None:
    """What lies there would be executed."""
    folder = keeping.cache_folder("some")
    assert folder is not None
    folder.chmod(0o777)
    assert keeping.cache_folder("some") is None
    folder.chmod(0o700)
    assert keeping.cache_folder("some") == folder
    folder.parent.chmod(0o770)
    assert keeping.cache_folder("some") is None


def test_no_folder_is_no_reason_to_fail(root: Path) -> None:
    """A file in its place, or none that could be made."""
    (root / "why502").write_text("a file")
    assert keeping.cache_folder("some") is None
    keeping.keep(None, "name", b"content")
    assert keeping.kept(None, "name") is None
