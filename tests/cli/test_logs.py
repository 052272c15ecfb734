from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec

from tests.cli.running import why502
from tests.engine.logs import alb
from why502.model.logs import LogsDocument

if TYPE_CHECKING:
    from pathlib import Path

BEGIN_S = 1795341600.0
CUT = ("0.001 0.012 -1", "502 -")
TIMED_OUT = ("0.001 -1 -1", "504 -")
LATE = ("1.034 0.012 0.000", "200 200")


def write(folder: Path) -> str:
    """Ten minutes: from the fifth on, one target of three is cut off now and then; some requests time out."""
    lines = []
    for number in range(600):
        at_s, target = BEGIN_S + number, f"10.0.0.{number % 3}:80"
        times, statuses = "0.001 0.012 0.000", "200 200"
        if number >= 300 and number % 9 == 1:
            times, statuses = CUT
        if number == 100:
            times, statuses = LATE
        lines.append(alb(at_s, 0.013, times, statuses, target))
    lines += [alb(BEGIN_S + 500 + n, 60.0, *TIMED_OUT, "10.0.0.2:80") for n in range(3)]
    log = folder / "alb.log"
    log.write_text("\n".join([*lines, "no line of a log"]))
    return str(log)


def test_tables_plots_and_what_stands_out(tmp_path: Path) -> None:
    """Counts with bars, the beginning, the target, the timeout, the slow connect, and every line accounted for."""
    log = write(tmp_path)
    run = why502("logs", log)
    assert run.returncode == why502("diagnose", log).returncode == 3  # a log alone cannot settle it
    out = run.stdout
    assert "Failures  36 in 603 requests" in out
    assert "failures of the gateway: began 2026-11-22 10:" in out
    assert "█" in out
    assert "10.0.0.1:80" in out
    assert "33 of 36 failures on target 10.0.0.1:80, which had 29%" in out
    assert "3 of 3 failures in phase wait (timeout) took 60.00 s: ALB's idle timeout" in out
    assert "slow connects: 1 of " in out
    assert "alb-access-log, 603 records" in out
    assert "1 not understood" in out


def test_one_document(tmp_path: Path) -> None:
    """Of the published type; every line is counted."""
    run = why502("logs", write(tmp_path), "--json")
    document = msgspec.json.decode(run.stdout, type=LogsDocument, strict=True)
    assert document.schema == "why502-logs/1"
    assert document.failures.total == 36
    assert [row.target for row in document.targets] == ["10.0.0.0:80", "10.0.0.1:80", "10.0.0.2:80"]
    assert [(c.dimension, c.value) for c in document.concentrations] == [("target", "10.0.0.1:80")]
    (spell,) = document.by_gateway.spells
    assert spell.began is not None
    assert spell.began.earliest <= "2026-11-22T10:05:01" <= spell.began.latest
    assert spell.ended is None
    assert (document.inputs[0].records, document.inputs[0].not_understood) == (603, 1)


def test_the_table_says_the_same(tmp_path: Path) -> None:
    """Large logs go through DuckDB."""
    log = write(tmp_path)
    small, large = (json.loads(why502("logs", log, "--json", *more).stdout) for more in ((), ("--engine", "duckdb")))
    assert {**small, "generated": ""} == {**large, "generated": ""}


def test_changes_are_held_against_failures(tmp_path: Path) -> None:
    """The one right before the beginning is named with its p."""
    changes = tmp_path / "changes.csv"
    changes.write_text("time,text\n2026-11-22T10:01:00Z,logo\n2026-11-22T10:04:59Z,release 7\n")
    out = why502("logs", write(tmp_path), "--changes", str(changes)).stdout
    (line,) = (line for line in out.splitlines() if "release 7: in the 10 min before it 0 of " in line)
    assert "failing rose 8 s after it (p = 0.06 that a change lies so near)" in line


def test_nothing_failed(tmp_path: Path) -> None:
    """Exit status 0, and one sentence."""
    log = tmp_path / "alb.log"
    log.write_text("\n".join(alb(BEGIN_S + n) for n in range(20)))
    run = why502("logs", str(log))
    assert run.returncode == 0
    assert run.stdout.startswith("No failure in 20 requests.")


def test_what_holds_no_requests_is_wrong_use(tmp_path: Path) -> None:
    """A list of changes is no log."""
    changes = tmp_path / "changes.csv"
    changes.write_text("time,text\n2026-11-22T10:01:00Z,release\n")
    run = why502("logs", str(changes))
    assert run.returncode == 2
    assert "no log of requests" in run.stderr
