from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from tests.engine.logs import alb
from why502.sources.gather import gather

if TYPE_CHECKING:
    from pathlib import Path

LONG = "\n".join(alb(1795341600.0 + n) for n in range(400)).encode()
"""More than is looked at of every file."""


def kinds(folder: Path) -> dict[str, tuple[str, int]]:
    return {r.input.path.rpartition("/")[2]: (r.input.kind, r.input.records) for r in gather([str(folder)])}


def test_a_rotated_log_beside_its_compressed_copy_is_counted_once(tmp_path: Path) -> None:
    """And the inputs say so."""
    (tmp_path / "access.log.1").write_bytes(LONG)
    (tmp_path / "access.log.1.gz").write_bytes(gzip.compress(LONG))
    _, copy = gather([str(tmp_path)])
    assert kinds(tmp_path) == {"access.log.1": ("alb-access-log", 400), "access.log.1.gz": ("duplicate", 0)}
    assert copy.facts == ()
    assert str(copy.input.first_not_understood[0].why) == (
        f"the same content as {tmp_path}/access.log.1: it is counted once"
    )
    assert copy.input.not_understood == 0


def test_short_logs_as_well(tmp_path: Path) -> None:
    """Whatever their size, and whichever comes first."""
    (tmp_path / "a.log.gz").write_bytes(gzip.compress(alb().encode()))
    (tmp_path / "b.log").write_text(alb())
    assert kinds(tmp_path) == {"a.log.gz": ("alb-access-log", 1), "b.log": ("duplicate", 0)}


def test_copies_that_are_stored_alike_are_meant(tmp_path: Path) -> None:
    """No log rotation makes them."""
    for name in ("a.log", "b.log"):
        (tmp_path / name).write_bytes(LONG)
    assert kinds(tmp_path) == {"a.log": ("alb-access-log", 400), "b.log": ("alb-access-log", 400)}


def test_logs_that_only_begin_alike_are_both_read(tmp_path: Path) -> None:
    """One more line, or another last one."""
    (tmp_path / "a.log").write_bytes(LONG)
    (tmp_path / "b.log.gz").write_bytes(gzip.compress(LONG + b"\n" + alb(1795349999.0).encode()))
    (tmp_path / "c.log.gz").write_bytes(gzip.compress(LONG[:-1] + b"x"))
    assert {kind for kind, _ in kinds(tmp_path).values()} == {"alb-access-log"}
