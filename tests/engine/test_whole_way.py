"""The whole diagnosis with and without the table, on the same evidence."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from msgspec import structs

from tests.engine.logs import ALB_LINES, alb
from why502.diagnosis import diagnose
from why502.errors import Why502Error
from why502.sources.gather import Shelf, gather

if TYPE_CHECKING:
    from why502.model.verdict import Document

CASES = Path(__file__).parent.parent / "cases"
FOLDERS = sorted({path.parent.parent: path.parent for path in sorted(CASES.glob("*/*/*.log"))}.values())
"""One of each cause."""


def document(paths: list[str], engine: str | None, **asked: object) -> Document:
    return structs.replace(diagnose(paths, engine=engine, **asked).document, generated="")  # type: ignore[arg-type]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_the_verdict_is_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Access logs alone, with error logs, with captures. The spans of single requests are not in the table: they may
    make a verdict surer, and name no other cause.
    """
    paths = sorted(str(path) for path in folder.iterdir() if path.suffix not in (".toml", ".md"))
    named = [verdict.cause for verdict in document(paths, None).verdicts]
    monkeypatch.setattr("why502.diagnosis.spans_of_logs", lambda _: {})
    plain = document(paths, None)
    assert document(paths, "duckdb") == plain
    assert [verdict.cause for verdict in plain.verdicts] == named


def test_a_time_and_a_target_are_the_same(tmp_path: Path) -> None:
    """`--since`, `--until` and `--target` choose the same requests; an unknown target is refused alike."""
    log = tmp_path / "alb.log"
    times = [1795341600.0 + number for number in range(60)]
    fates = ("0.001 0.012 -1", "502 -"), ("0.001 0.012 0.000", "200 200")
    log.write_text("\n".join(alb(at, 0.1, *fates[n % 2], f"10.0.0.{n % 3}:80") for n, at in enumerate(times)))
    for asked in ({"since_s": times[10]}, {"until_s": times[20]}, {"target": "10.0.0.1"}, {"target": "10.0.0.2:80"}):
        assert document([str(log)], "duckdb", **asked) == document([str(log)], None, **asked)
    with pytest.raises(Why502Error, match=r"the evidence has 10\.0\.0\.0:80, 10\.0\.0\.1:80"):
        diagnose([str(log)], engine="duckdb", target="10.9.9.9")


def test_logs_become_rows_when_they_are_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All logs together count; packed ones by what they hold. Small evidence never opens the table."""
    monkeypatch.setattr("why502.sources.gather.LARGE_BYTES", 100_000)
    for number in range(4):
        lines = [alb(1795341600.0 + number), *ALB_LINES[:9] * 200]  # the same content counts once
        (tmp_path / f"{number}.log.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    shelf = Shelf()
    readings = gather([str(tmp_path)], shelf=shelf)
    assert {reading.input.records for reading in readings} == {1801}
    assert [reading.in_table for reading in readings] == sorted(reading.in_table for reading in readings)
    assert {reading.in_table for reading in readings} == {False, True}
    assert shelf.opened is not None
    small = Shelf()
    gather([str(tmp_path / "0.log.gz")], shelf=small)
    assert small.opened is None


def test_more_than_seemed_becomes_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that inflates to more lines than should become facts is read again, into the table."""
    monkeypatch.setattr("why502.sources.logs.MAX_REQUESTS", 100)
    (tmp_path / "log.gz").write_bytes(gzip.compress("\n".join([ALB_LINES[0]] * 300).encode()))
    (reading,) = gather([str(tmp_path)], shelf=Shelf())
    assert (reading.in_table, reading.input.records) == (True, 300)


def test_a_cut_file_is_told_in_the_table_as_well(tmp_path: Path) -> None:
    """The lines before the cut count, and so does the cut."""
    packed = gzip.compress("\n".join([ALB_LINES[1]] * 3000).encode())
    (tmp_path / "log.gz").write_bytes(packed[:-30])
    small, large = (gather([str(tmp_path)], shelf=Shelf(engine))[0].input for engine in (None, "duckdb"))
    assert large == small
    assert large.first_not_understood[0].why == "the file ends early: it is cut short"
