"""Pauses of a Java program, by its own log: `-Xlog:gc,safepoint:file=gc.log:time` (JEP 158), and that of Java 8.

A line of unified logging is written when its pause is over, one of Java 8 has the time at which it began. Times since
the start of the program alone tell no time of day: such lines are not understood.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from why502.formats.fields import iso_time
from why502.model.case import KernelEvent, Misread
from why502.model.evidence import Place, Source
from why502.model.expressions import expression
from why502.sources.changes.records import MAX_TEXT_CHARACTERS, reading, when
from why502.sources.interface import EvidenceFile, Reader, Reading, lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.sources.changes.records import Fact

KIND: Final = "jvm-gc-log"
FIT: Final = 0.7
SHORTEST_S: Final = 0.5
"""Shorter pauses make no gateway give up."""

_ISO: Final = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(?:[+-]\d{4}|Z)"
_UNIFIED = expression(rf"\[(?:(?P<time>{_ISO})|[^\]]{{1,40}})\](?:\[[^\]]{{1,64}}\]){{0,6}} *(?P<text>.*)", re.ASCII)
_TAGS = expression(r"\[(?:gc|safepoint)[^\]]{0,60}\]", re.ASCII)
_PAUSE = expression(
    r"GC\(\d{1,9}\) (?P<what>Pause [A-Z][a-z]{1,20}(?: [A-Z][a-z]{1,20})?(?: \([^()]{1,60}\))?).{0,200}? "
    r"(?P<ms>\d{1,9}(?:[.,]\d{1,3})?)ms$",
    re.ASCII,
)
_SAFEPOINT = expression(r"(?P<what>Safepoint \"\w{1,64}\").{0,200} Total: +(?P<ns>\d{1,15}) ns", re.ASCII)
_JAVA8 = expression(
    rf"(?P<time>{_ISO}): (?:\d{{1,9}}\.\d{{3}}: )?\[(?P<what>(?:Full )?GC[^\[\]]{{0,100}}).{{0,1000}} "
    r"(?P<s>\d{1,6}\.\d{1,9}) secs\]",
    re.ASCII,
)


def _told(line: str, at: Place) -> tuple[Fact, ...] | Misread | None:
    """None: not a line of such a log."""
    if old := _JAVA8.match(line):
        began_s = _time(old["time"])
        if began_s is None:
            return Misread(at, "its time is no time")
        return _event(began_s, float(old["s"]), old["what"], at, began=True)
    found = _UNIFIED.match(line)
    if found is None or not _TAGS.search(line):
        return None
    if found["time"] is None:
        return Misread(at, "it tells no time of day: log with the decoration `time`")
    ended_s = _time(found["time"])
    if ended_s is None:
        return Misread(at, "its time is no time")
    if pause := _PAUSE.search(found["text"]):
        return _event(ended_s, float(pause["ms"].replace(",", ".")) / 1000, pause["what"], at)
    if stopped := _SAFEPOINT.search(found["text"]):
        return _event(ended_s, int(stopped["ns"]) / 1e9, stopped["what"], at)
    return ()


def _time(text: str) -> float | None:
    return when(iso_time(text))


def _event(at_s: float, lasted_s: float, what: str, at: Place, *, began: bool = False) -> tuple[Fact, ...]:
    if lasted_s < SHORTEST_S:
        return ()
    text = f"JVM: {what.strip(' (')} for {lasted_s:.1f} s"[:MAX_TEXT_CHARACTERS]
    return (KernelEvent(at_s + lasted_s * began, "pause", at, text=text, lasted_s=lasted_s),)


def fit(head: bytes) -> float:
    """The share of its lines among the first."""
    begun = [line for line in head.decode("utf-8", "replace").splitlines()[:200] if line.strip()]
    own = sum(_told(line, Place("")) is not None for line in begun)
    return FIT * own / len(begun) if begun else 0.0


def read(evidence: EvidenceFile) -> Reading:
    """Pauses that are long enough to matter; a line of several parts is one record."""
    return reading(evidence.path, KIND, _records(evidence), Source.EVENTS)


def _records(evidence: EvidenceFile) -> Iterator[tuple[Fact, ...] | Misread]:
    for number, line in lines(evidence):
        told = _told(line, Place(evidence.path, number))
        if told is not None:
            yield told


READER: Final = Reader(KIND, fit, read)
