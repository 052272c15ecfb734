"""The systemd journal: `journalctl -o json`, one record a line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from why502.model.case import KernelEvent, Misread
from why502.model.evidence import Place
from why502.model.expressions import expression
from why502.sources.changes.records import MAX_TEXT_CHARACTERS, changed, decoded, reading, when
from why502.sources.interface import EvidenceFile, Reader, Reading, lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.sources.changes.records import Fact

KIND: Final = "systemd-journal"

STARTED: Final = "39f53479d3a045ac8e11786248231fbf"
STOPPING: Final = "de5b426a63be47a7b6ac3eaac82e2f6f"
RELOADED: Final = "7b05ebc668384222baa8881179cfda54"
EXITED: Final = "98e322203f7a4ed290d09fe03c09fe15"
OOM: Final = "fe6faa94e7774663a0da52717891d8ef"
"""Message ids of systemd (`src/systemd/sd-messages.h`, and its message catalog)."""

TOLD_TO_END: Final = frozenset({("exited", "143"), ("exited", "130"), ("killed", "15"), ("killed", "2")})
"""EXIT_CODE and EXIT_STATUS (`service_sigchld_event`, src/core/service.c of systemd)."""

FIT: Final = 0.6
MAX_UNITS: Final = 10_000

_MICROSECONDS = expression(r"\d{10,17}", re.ASCII)
SERVICE = expression(r"(?!user@|user-runtime-dir@|systemd-)[^\s/]{1,200}\.service", re.ASCII)
"""Sessions, timers, scopes and systemd's own services come and go all the time, and serve no requests."""
KERNEL_OOM = expression(r"(?:[Oo]ut of memory|oom-kill).{0,80}Killed process (\d{1,9}) \(([^)]{1,64})\)", re.ASCII)
"""'Out of memory: Killed process 1234 (java)', also 'Memory cgroup out of memory' (mm/oom_kill.c)."""
KERNEL_VICTIM = expression(
    r"oom-kill:constraint=.{0,4000},task_memcg=([^,]{1,1024}),task=.{0,64},pid=(\d{1,9}),", re.ASCII
)
"""The line before it names the victim's control group (`dump_oom_summary`, since Linux 4.19)."""
CONNTRACK_FULL: Final = expression(r"nf_conntrack: table full(?: in netns \d{1,20})?, dropping packet", re.ASCII)
"""`__nf_conntrack_alloc` (net/netfilter/nf_conntrack_core.c); newer kernels name the network namespace."""


_FIELDS: Final = {
    "at_us": "__REALTIME_TIMESTAMP",
    "message": "MESSAGE",
    "id": "MESSAGE_ID",
    "unit": "UNIT",
    "code": "EXIT_CODE",
    "status": "EXIT_STATUS",
    "transport": "_TRANSPORT",
}


class _Record(Struct, frozen=True, rename=_FIELDS):
    at_us: str
    message: str | list[int] | None = None
    """What is no UTF-8 comes as a list of bytes, what is too long as null."""
    id: str | None = None
    unit: str | None = None
    code: str | None = None
    status: str | None = None
    transport: str | None = None

    @property
    def ended_as_told(self) -> bool:
        """By SIGTERM or SIGINT, whether the process has a handler (143 is 128 + 15) or not: somebody sent it."""
        return (self.code, self.status) in TOLD_TO_END

    @property
    def text(self) -> str:
        return self.message if isinstance(self.message, str) else ""


@dataclass(slots=True)
class _Units:
    """Which units are on their way down or up because somebody asked for it."""

    asked: set[str] = field(default_factory=set)
    doomed: tuple[int, str] | None = None
    """Process and control group of the victim that the kernel chose last."""

    def facts(self, record: _Record, at_s: float, place: Place) -> Iterator[Fact]:
        if record.transport == "kernel" and (chosen := KERNEL_VICTIM.search(record.text)):
            self.doomed = int(chosen[2]), chosen[1]
        if record.transport == "kernel" and (victim := KERNEL_OOM.search(record.text)):
            pid = int(victim[1])
            group = self.doomed[1] if self.doomed and self.doomed[0] == pid else None
            yield _death(at_s, "oom", place, record.text, victim[2], pid, group)
        if record.transport == "kernel" and CONNTRACK_FULL.search(record.text):
            yield KernelEvent(at_s, "conntrack-full", place, text=record.text[:MAX_TEXT_CHARACTERS])
        unit = record.unit
        if unit is None or not SERVICE.fullmatch(unit):
            return
        if record.id == STOPPING:
            self._ask(unit)
            yield changed(at_s, record.text, place)
        elif record.id == RELOADED or (record.id == STARTED and unit in self.asked):
            self.asked.discard(unit)
            yield changed(at_s, record.text, place)
        elif record.id == OOM:
            yield _death(at_s, "oom", place, record.text, unit, group=unit)
        elif record.id == EXITED and unit not in self.asked and record.ended_as_told:
            self._ask(unit)
            yield changed(at_s, record.text, place)
        elif record.id == EXITED and unit not in self.asked and record.status not in (None, "0"):
            yield _death(at_s, "exit", place, record.text, unit)

    def _ask(self, unit: str) -> None:
        if len(self.asked) < MAX_UNITS:
            self.asked.add(unit)


def _death(
    at_s: float, kind: str, place: Place, text: str, process: str, pid: int | None = None, group: str | None = None
) -> KernelEvent:
    return KernelEvent(at_s, kind, place, pid, process, text[:MAX_TEXT_CHARACTERS], group)


def fit(head: bytes) -> float:
    """The share of its lines among the first; a journal that holds a proxy's log is better read as that."""
    begun = [line for line in head.split(b"\n") if line.strip()]
    own = sum(line.startswith(b"{") and b'"__REALTIME_TIMESTAMP"' in line for line in begun)
    return FIT * own / len(begun) if begun else 0.0


def read(evidence: EvidenceFile) -> Reading:
    """Services stopped, started again or reloaded on purpose; processes that ended by themselves; full tables."""
    return reading(evidence.path, KIND, _records(evidence))


def _records(evidence: EvidenceFile) -> Iterator[tuple[Fact, ...] | Misread]:
    units = _Units()
    for number, line in lines(evidence):
        place = Place(evidence.path, number)
        if not line.strip():
            continue
        record = decoded(line, _Record, place)
        if isinstance(record, Misread):
            yield record
        elif (at_s := when(float(record.at_us) / 1e6 if _MICROSECONDS.fullmatch(record.at_us) else None)) is None:
            yield Misread(place, "a record without a time")
        else:
            yield tuple(units.facts(record, at_s, place))


READER: Final = Reader(KIND, fit, read)
