from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from tests.engine.logs import alb
from why502.sources import meter
from why502.sources.gather import Shelf, gather
from why502.sources.meter import Meter, how_far

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meter, "OFTEN_S", 0.0)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(meter, "monotonic", lambda: now[0])
    return now


def test_bytes_of_all_files_and_the_time_left(tmp_path: Path, clock: list[float]) -> None:
    """Of everything named, hidden files and what is not there left out; a file that is read twice counts once."""
    for name, size in {"a": 2_000_000, "b": 6_000_000, ".c": 5_000_000}.items():
        (tmp_path / name).write_bytes(bytes(size))
    said: list[str] = []
    far = Meter([str(tmp_path), "s3://bucket/prefix", str(tmp_path / "none")], said.append)
    far.begin(str(tmp_path / "a"))
    clock[0] = 1.0
    far.at(1_000_000)
    clock[0] = 2.0
    far.at(2_000_000)
    far.at(500_000)
    far.begin(str(tmp_path / "b"))
    clock[0] = 4.0
    far.at(2_000_000)
    assert [text.removeprefix(str(tmp_path)) for text in said] == [
        "/a (0 of 8 MB)",
        "/a (1 of 8 MB, 7 s left)",
        "/a (2 of 8 MB, 6 s left)",
        "/a (2 of 8 MB, 6 s left)",
        "/b (2 of 8 MB, 6 s left)",
        "/b (4 of 8 MB, 4 s left)",
    ]


def test_nobody_reads_faster(tmp_path: Path, clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    """A line each moment would cost more than the reading."""
    monkeypatch.setattr(meter, "OFTEN_S", 0.2)
    (tmp_path / "a").write_bytes(bytes(1_000_000))
    said: list[str] = []
    far = Meter([str(tmp_path / "a")], said.append)
    far.begin(str(tmp_path / "a"))
    for step in range(1, 11):
        clock[0] = step * 0.0625
        far.at(step * 100_000)
    assert len(said) == 1 + 2


@pytest.mark.parametrize("engine", [None, "duckdb"])
@pytest.mark.parametrize("name", ["a.log", "a.log.gz"])
def test_a_file_tells_how_far_it_is_read(tmp_path: Path, name: str, engine: str | None) -> None:
    """As single facts or into the table, plain or packed: to its last byte on disk."""
    content = "\n".join(alb(1795341600.0 + number) for number in range(4000)).encode()
    path = tmp_path / name
    path.write_bytes(gzip.compress(content, 1) if name.endswith("gz") else content)
    said: list[str] = []
    (reading,) = gather([str(path)], said.append, Shelf(engine))
    assert reading.input.records == 4000
    whole_bytes = path.stat().st_size
    last = how_far(whole_bytes, whole_bytes, 0.0).partition(",")[0]
    assert said[0].startswith(f"{path} (0 of ")
    assert said[-1].startswith(f"{path} ({last}, ")
