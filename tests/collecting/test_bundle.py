from __future__ import annotations

from typing import TYPE_CHECKING

from why502.collecting.bundle import HOST, Bundle

if TYPE_CHECKING:
    from pathlib import Path


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
