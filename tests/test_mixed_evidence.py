"""Evidence that does not belong together, or is half lost: the verdict holds or weakens, and never turns."""

from __future__ import annotations

import gzip
import random
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from why502.diagnosis import diagnose
from why502.errors import Why502Error
from why502.ranking.weigh import EXPLAINED

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
HEALTHY = HERE / "mixed"
"""Log and capture of a run of the lab in which nothing failed (emulated ALB, the same addresses)."""

RECORDED = sorted(
    path.parent for path in (HERE / "cases").glob("*/*/capture.pcap.gz") if list(path.parent.glob("access.log*"))
)
"""Cases with a log and a capture of the same run."""


def ids(folder: Path) -> str:
    return f"{folder.parent.name}/{folder.name}"


def true_causes(folder: Path) -> set[str]:
    """What the whole evidence names, and what such a fault brings along."""
    named = set(tomllib.loads((folder / "expect.toml").read_text())["named"])
    return named | ({"connection-refused"} if named & {"target-crashed", "target-restarted"} else set())


def wrong(folder: Path, paths: list[Path]) -> list[str]:
    """Other causes that are named with confidence; unusable evidence names nothing."""
    try:
        document = diagnose([str(path) for path in paths]).document
    except Why502Error:
        return []
    sure = [v.cause for v in document.verdicts if v.probability >= EXPLAINED]
    return [cause for cause in sure if cause not in true_causes(folder)]


def files(folder: Path) -> list[Path]:
    return [folder / name for name in tomllib.loads((folder / "expect.toml").read_text())["evidence"]]


@pytest.mark.parametrize("folder", RECORDED, ids=ids)
def test_the_capture_of_a_healthy_run_turns_no_verdict(folder: Path) -> None:
    """The log tells of failures, the capture of another time shows none."""
    logs = [path for path in files(folder) if not path.name.startswith("capture")]
    assert wrong(folder, [*logs, HEALTHY / "capture.pcap.gz"]) == []


@pytest.mark.parametrize("folder", RECORDED, ids=ids)
def test_the_log_of_a_healthy_run_turns_no_verdict(folder: Path) -> None:
    """The capture shows failures, the log of another time none."""
    captures = [path for path in files(folder) if path.name.startswith("capture")]
    assert wrong(folder, [*captures, HEALTHY / "access.log.gz"]) == []


@pytest.mark.parametrize("folder", RECORDED, ids=ids)
def test_unrelated_evidence_turns_no_verdict(folder: Path) -> None:
    """A healthy run's log and capture beside the whole case."""
    assert wrong(folder, [*files(folder), HEALTHY / "access.log.gz", HEALTHY / "capture.pcap.gz"]) == []


@pytest.mark.parametrize("kept", [0, 1])
@pytest.mark.parametrize("folder", RECORDED, ids=ids)
def test_half_of_the_lines_turn_no_verdict(folder: Path, kept: int, tmp_path: Path) -> None:
    """Every other line of the logs is lost; the capture stays."""
    paths: list[Path] = []
    for path in files(folder):
        if path.name.startswith("capture"):
            paths.append(path)
            continue
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        paths.append(tmp_path / path.name.removesuffix(".gz"))
        paths[-1].write_bytes(b"".join(data.splitlines(keepends=True)[kept::2]))
    assert wrong(folder, paths) == []


def packets(capture: bytes) -> tuple[bytes, list[bytes]]:
    """The head of a pcap file, and its records."""
    records, place = [], 24
    while place < len(capture):
        end = place + 16 + int.from_bytes(capture[place + 8 : place + 12], "little")
        records.append(capture[place:end])
        place = end
    return capture[:24], records


LOST: dict[str, Callable[[int], bool]] = {
    "every second": lambda index: index % 2 == 0,
    "one in ten": lambda index: random.Random(index).random() < 0.9,
}
"""Index of a packet -> whether the recorder kept it."""


@pytest.mark.parametrize("with_logs", [True, False], ids=["logs", "capture alone"])
@pytest.mark.parametrize("lost", LOST)
@pytest.mark.parametrize("folder", RECORDED, ids=ids)
def test_a_recorder_that_lost_packets_turns_no_verdict(
    folder: Path, lost: str, with_logs: bool, tmp_path: Path
) -> None:
    """What is not in such a capture may have been on the wire all the same."""
    head, records = packets(gzip.decompress((folder / "capture.pcap.gz").read_bytes()))
    thinned = tmp_path / "capture.pcap"
    thinned.write_bytes(head + b"".join(record for index, record in enumerate(records) if LOST[lost](index)))
    logs = [path for path in files(folder) if not path.name.startswith("capture")] if with_logs else []
    named = wrong(folder, [*logs, thinned])
    assert not named or set(named) <= set(wrong(folder, [*logs, folder / "capture.pcap.gz"]))


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520, 599])
def test_a_status_alone_names_no_cause(status: int, tmp_path: Path) -> None:
    """The common log format tells nothing but the code; the same failure has other codes in other proxies."""
    line = '192.0.2.9 - - [22/Nov/2026:19:37:{:02} +0000] "GET /orders HTTP/1.1" {} 150 "-" "curl/8.5.0"\n'
    log = tmp_path / "access.log"
    log.write_text("".join(line.format(second, status if second % 3 else 200) for second in range(60)))
    document = diagnose([str(log)]).document
    assert document.failures.total == 40
    assert document.verdicts == ()
