"""The machine's log as text: `kern.log`, `/var/log/messages`, `journalctl` and `dmesg -T` as people paste them.

Only what the kernel and systemd say is looked at: processes killed for memory or by a fault of their own, full tables
and queues, services that ended, were stopped or started. Times without a zone are read as if they were UTC, those
without a year in the last such year before the file was written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from why502.formats.fields import iso_time
from why502.formats.yearless import before
from why502.model.case import KernelEvent, Misread
from why502.model.evidence import Place, Source
from why502.model.expressions import expression
from why502.sources.changes.journal import CONNTRACK_FULL, KERNEL_OOM, KERNEL_VICTIM, SERVICE
from why502.sources.changes.records import MAX_TEXT_CHARACTERS, changed, reading, when
from why502.sources.interface import EvidenceFile, Reader, Reading, lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.sources.changes.records import Fact

KIND: Final = "syslog"
FIT: Final = 0.5
MAX_UNITS: Final = 10_000

_BSD: Final = r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d"
_ISO: Final = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)"
_LINE = expression(
    rf"(?:<\d{{1,3}}>1? ?)?(?:(?P<bsd>{_BSD})|(?P<iso>{_ISO})) (?P<host>\S{{1,255}}) (?P<tag>[^\s:\[]{{1,64}})"
    r"(?:\[\d{1,10}\])?: (?P<text>.*)",
    re.ASCII,
)
_DMESG = expression(
    rf"(?:kern  ?:\w{{1,8}} *: )?(?:\[[A-Z][a-z]{{2}} (?P<month>[A-Z][a-z]{{2}} [ \d]\d) (?P<clock>\d\d:\d\d:\d\d) "
    rf"(?P<year>\d{{4}})\]|(?P<iso>{_ISO})) (?P<text>.*)",
    re.ASCII,
)
"""`dmesg -T`, and `dmesg --time-format iso`."""
_UPTIME = expression(r"\[ {0,8}\d{1,10}\.\d{6}\] ", re.ASCII)
"""What the kernel puts before each message; nothing tells when the machine was started."""

_FAULT = expression(
    r"(?:traps: )?(?P<name>[^\s\[]{1,64})\[(?P<pid>\d{1,9})\]:? (?:segfault at|general protection|trap |invalid op)",
    re.ASCII,
)
"""`show_signal_msg` (arch/x86/mm/fault.c), `do_trap` (arch/x86/kernel/traps.c)."""
_SYN_FLOOD = expression(
    r"Possible SYN flooding on port (?P<port>\S{1,64})\. (?:Sending cookies|Dropping request)", re.ASCII
)
"""`tcp_syn_flood_action` (net/ipv4/tcp_input.c); newer kernels name the address as well. Once for each listener."""
_EXITED = expression(
    r"(?P<unit>\S{1,200}\.service): Main process exited, code=(?P<code>\w{1,16}), status=(?P<status>\S{1,32})", re.ASCII
)
_STEP = expression(
    r"(?P<step>Stopping|Stopped|Started|Starting|Reloaded) (?P<unit>\S{1,200}\.service)(?: - .*|\.{0,3})", re.ASCII
)
"""Since systemd 252 the unit's name comes first; older ones tell its description alone, which may be anything."""
SIGNALLED: Final = frozenset({"143/n/a", "15/TERM", "130/n/a", "2/INT"})
"""Statuses of processes that a signal told to end, with a handler (128 + 15) or without."""
ASKED: Final = SIGNALLED | {"0/SUCCESS"}
"""...or that had nothing left to do."""


@dataclass(slots=True)
class _Told:
    """What earlier lines said that later ones need."""

    asked: set[str] = field(default_factory=set)
    doomed: tuple[int, str] | None = None

    def facts(self, tag: str, text: str, at_s: float, place: Place) -> Iterator[Fact]:
        if tag == "kernel":
            yield from self._kernel(_UPTIME.sub("", text, count=1), at_s, place)
        elif tag == "systemd":
            yield from self._systemd(text, at_s, place)

    def _kernel(self, text: str, at_s: float, place: Place) -> Iterator[Fact]:
        said = text[:MAX_TEXT_CHARACTERS]
        if chosen := KERNEL_VICTIM.search(text):
            self.doomed = int(chosen[2]), chosen[1]
        if victim := KERNEL_OOM.search(text):
            pid = int(victim[1])
            group = self.doomed[1] if self.doomed and self.doomed[0] == pid else None
            yield KernelEvent(at_s, "oom", place, pid, victim[2], said, group)
        elif CONNTRACK_FULL.search(text):
            yield KernelEvent(at_s, "conntrack-full", place, text=said)
        elif flooded := _SYN_FLOOD.search(text):
            yield KernelEvent(at_s, "queue-full", place, process=flooded["port"], text=said)
        elif died := _FAULT.match(text):
            yield KernelEvent(at_s, "exit", place, int(died["pid"]), died["name"], said)

    def _ask(self, unit: str) -> None:
        if len(self.asked) < MAX_UNITS:
            self.asked.add(unit)

    def _systemd(self, text: str, at_s: float, place: Place) -> Iterator[Fact]:
        if (ended := _EXITED.match(text)) and SERVICE.fullmatch(ended["unit"]):
            if ended["unit"] not in self.asked and ended["status"] in SIGNALLED:
                # Nobody asked systemd to stop it, and still somebody sent SIGTERM or SIGINT.
                self._ask(ended["unit"])
                yield changed(at_s, text, place)
            elif ended["unit"] not in self.asked and ended["status"] not in ASKED:
                yield KernelEvent(at_s, "exit", place, process=ended["unit"], text=text[:MAX_TEXT_CHARACTERS])
        elif (step := _STEP.fullmatch(text)) and SERVICE.fullmatch(step["unit"]):
            if step["step"] == "Stopping":
                self._ask(step["unit"])
                yield changed(at_s, text, place)
            elif step["step"] == "Reloaded" or (step["step"] == "Started" and step["unit"] in self.asked):
                self.asked.discard(step["unit"])
                yield changed(at_s, text, place)


def fit(head: bytes) -> float:
    """Lines of the kernel or of systemd among lines with a time, a host and a name; proxies' own logs fit better."""
    begun = [
        line for line in head.decode("utf-8", "replace").splitlines()[:-1] or [head.decode("utf-8", "replace")] if line
    ]
    shaped = [found for line in begun if (found := _LINE.match(line))]
    own = any(found["tag"] in ("kernel", "systemd") for found in shaped)
    dmesg = sum(_DMESG.match(line) is not None for line in begun) - len(shaped)
    return FIT * max(len(shaped) if own else 0, dmesg) / len(begun) if begun else 0.0


def read(evidence: EvidenceFile) -> Reading:
    """Deaths, full tables and queues; stops and starts of services."""
    return reading(evidence.path, KIND, _records(evidence), Source.EVENTS)


def _records(evidence: EvidenceFile) -> Iterator[tuple[Fact, ...] | Misread]:
    told = _Told()
    for number, line in lines(evidence):
        place = Place(evidence.path, number)
        if not line.strip():
            continue
        found = _LINE.match(line)
        if found is not None:
            at_s = before(found["bsd"], evidence.written_s) if found["bsd"] else _iso(found["iso"])
            tag = found["tag"]
        elif (found := _DMESG.match(line)) is not None:
            at_s = _iso(found["iso"]) if found["iso"] else _dated(found["month"], found["clock"], found["year"])
            tag = "kernel"
        else:
            yield Misread(place, "no line of a machine's log with its time")
            continue
        if when(at_s) is None or at_s is None:
            yield Misread(place, "its time is no time")
        else:
            yield tuple(told.facts(tag, found["text"], at_s, place))


def _iso(text: str) -> float | None:
    return iso_time(text.replace(",", "."))


def _dated(month: str, clock: str, year: str) -> float | None:
    try:
        return datetime.strptime(f"{year} {month} {clock}", "%Y %b %d %H:%M:%S").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


READER: Final = Reader(KIND, fit, read)
