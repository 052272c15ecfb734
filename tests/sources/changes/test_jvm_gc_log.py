from __future__ import annotations

from io import BytesIO

import pytest

from why502.model.case import KernelEvent
from why502.model.evidence import Source
from why502.sources.gather import recognise
from why502.sources.interface import EvidenceFile, Reading

AT_S = 1773136799.5
"""2026-03-10 09:59:59.5 UTC"""
TIME = "[2026-03-10T09:59:59.500+0000]"
SAFEPOINT = f"""{TIME}[info][safepoint] Safepoint "HeapDumper", Time since last: 9 ns, Reaching safepoint: 8 ns, \
At safepoint: 4000000000 ns, Total: 4000000008 ns"""


def told(*text: str) -> Reading:
    content = "\n".join((*text, "")).encode()
    reader = recognise(content)
    assert reader is not None
    assert reader.kind == "jvm-gc-log"
    return reader.read(EvidenceFile("gc.log", lambda: BytesIO(content)))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"{TIME}[info][gc] GC(7) Pause Full (G1 Compaction Pause) 2047M->2040M(2048M) 12345.678ms", (AT_S, 12.345678)),
        (f"{TIME}[3.1s][info][gc          ] GC(7) Pause Young (Normal) 512M->9M(2048M) 600.000ms", (AT_S, 0.6)),
        (f"{TIME}[info][gc] GC(7) Pause Young (Normal) (G1 Evacuation Pause) 512M->9M(2048M) 6.000ms", None),
        (f"{TIME}[info][gc] GC(7) Concurrent Mark Cycle 6000.000ms", None),
        (
            SAFEPOINT,
            (AT_S, 4.000000008),
        ),
        (
            "2026-03-10T09:59:59.500+0000: 12.345: [Full GC (Allocation Failure)  1024M->1000M(1024M), 3.5000000 secs]",
            (AT_S + 3.5, 3.5),
        ),
    ],
)
def test_long_pauses_are_events_at_their_end(line: str, expected: tuple[float, float] | None) -> None:
    """Concurrent work stops nobody; short pauses make no gateway give up."""
    found = told(line)
    events = [(e.at_s, e.lasted_s) for e in found.facts if isinstance(e, KernelEvent) and e.kind == "pause"]
    assert events == ([] if expected is None else [pytest.approx(expected)])
    assert (found.input.source, found.input.records) == (Source.EVENTS, 1)


def test_times_since_the_start_tell_no_time_of_day() -> None:
    """They are counted as not understood, with what to do."""
    found = told("[12.345s][info][gc] GC(7) Pause Full (System.gc()) 9M->9M(99M) 9000.000ms")
    assert (found.facts, found.input.not_understood) == ((), 1)
    assert "time" in found.input.first_not_understood[0].why
