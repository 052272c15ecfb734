"""Files of what `ss`, `netstat`, `nstat` and `sysctl` printed, a look or a loop of looks each.

The files of one folder are of one host, unless their names call several: of `web1-ss.txt` and `web2-ss-after.txt`
only 'web1' and 'web2' is the host's. A look is of the time that `date` printed above it; without one, of when the file
was written.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from why502.model.case import Input, Misread, Window
from why502.model.evidence import Place, Source
from why502.model.expressions import expression
from why502.sources.interface import FIRST_MISREAD, EvidenceFile, Reader, Reading, lines
from why502.sources.printed import counters, names, sockets, sysctls
from why502.sources.printed.dates import instant_s
from why502.sources.printed.looks import Look, record

if TYPE_CHECKING:
    from collections.abc import Sequence

KIND: Final = "tool-output"
FIT: Final = 0.6
MAX_LOOKS: Final = 20_000
"""A look a second for five hours."""
MAX_KEPT: Final = 1_000_000
"""Rows and counters of one file; more are counted, not kept."""
APART_S: Final = 1.0
"""Between looks of which only the order is known."""

_PROMPT = expression(
    r"(?:\[?[\w.-]{1,64}@[\w.:~/ -]{1,200}\]?|\([\w-]{1,64}\) ?\S{0,64})? ?(?:[$#>%]|\+{1,3}) (?!kernel)\S.{0,1000}",
    re.ASCII,
)
"""Commands in front of what they printed."""


@dataclass(slots=True)
class _Printed:
    """What one file held."""

    file: EvidenceFile
    looks: list[Look] = field(default_factory=list)
    records: int = 0
    not_understood: int = 0
    first_not_understood: list[Misread] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    kept: int = 0

    def misread(self, number: int, why: str) -> None:
        self.not_understood += 1
        if len(self.first_not_understood) < FIRST_MISREAD:
            self.first_not_understood.append(Misread(Place(self.file.path, number), why))


def fit(head: bytes) -> float:
    """How much of it these tools print; something must be there that nothing else does."""
    begun = [line for line in head.decode("utf-8", "replace").splitlines() if line.strip()]
    own = [line for line in begun if _own(line)]
    known = sum(_own(line) or _beside(line) for line in begun)
    return FIT * known / len(begun) if own else 0.0


def _own(line: str) -> bool:
    told = sysctls.setting(line)
    return bool(
        sockets.HEADER.match(line) or isinstance(sockets.row(line), sockets.Row) or counters.is_known(line) or told
    ) or line.startswith(("TcpExt: ", "Tcp: "))


def _beside(line: str) -> bool:
    return bool(
        sockets.is_aside(line)
        or counters.counter(line) is not None
        or counters.is_section(line)
        or counters.cells(line) is not None
        or sysctls.setting(line) is not None
        or instant_s(line) is not None
        or _PROMPT.fullmatch(line)
    )


def read(evidence: EvidenceFile) -> Reading:
    return read_together([evidence])[0]


def read_together(files: Sequence[EvidenceFile]) -> list[Reading]:
    """A reading for each file; the record of a host stands with the one that tells its listeners."""
    printed = [_printed(file) for file in files]
    hosts: dict[tuple[str, str], list[_Printed]] = defaultdict(list)
    for one in printed:
        path = PurePosixPath(one.file.path)
        hosts[str(path.parent), names.host(path.name)].append(one)
    told = {}
    for (_, name), group in hosts.items():
        _in_order(group)
        found = record((look for one in group for look in one.looks), name)
        if found is not None:
            told[id(max(group, key=_tells_most))] = found
    return [Reading(_input(one, leads=id(one) in told), (told[id(one)],) if id(one) in told else ()) for one in printed]


def _in_order(group: Sequence[_Printed]) -> None:
    """Names that tell an order win against times of files, which copying changes."""
    undated = [one for one in group if one.looks and not any(look.told_at for look in one.looks)]
    ranked = sorted(undated, key=lambda one: names.order(PurePosixPath(one.file.path).name))
    times_s = sorted(look.at_s for one in undated for look in one.looks)
    looks = [look for one in ranked for look in one.looks]
    if len({names.order(PurePosixPath(one.file.path).name) for one in undated}) > 1:
        for look, at_s in zip(looks, times_s, strict=True):
            look.at_s = at_s


def _tells_most(one: _Printed) -> tuple[bool, int]:
    """The file where one would look a listener up, else any with looks."""
    return any(look.listeners for look in one.looks), len(one.looks)


def _printed(file: EvidenceFile) -> _Printed:
    printed = _Printed(file)
    reading = _Lines(printed)
    for number, line in lines(file):
        if line.strip():
            reading.take(number, line)
    printed.looks = [look for look in printed.looks if look]
    if file.written_s is None and any(not look.told_at for look in printed.looks):
        untold = [look for look in printed.looks if not look.told_at]
        printed.looks = [look for look in printed.looks if look.told_at]
        printed.notes.append(f"{len(untold)} looks of which nothing tells the time (print `date` with them)")
    _time(printed.looks, file.written_s)
    return printed


def _time(looks: Sequence[Look], written_s: float | None) -> None:
    """Looks that tell no time come one after the other: until the file was written, or after the last that does."""
    at_s: float | None = None
    begun = next((index for index, look in enumerate(looks) if look.told_at), len(looks))
    for index, look in enumerate(looks):
        if look.told_at:
            at_s = look.at_s
        elif at_s is not None:
            at_s += APART_S
            look.at_s = at_s
        else:
            look.at_s = (written_s or 0.0) - APART_S * (begun - 1 - index)


class _Lines:
    """Takes one line after the other."""

    def __init__(self, printed: _Printed) -> None:
        self._printed = printed
        self._look = self._begin(None)
        self._names: tuple[str, list[str]] | None = None
        self._all_listen = False
        self._on_row = False

    def _begin(self, at_s: float | None) -> Look:
        look = Look(at_s or 0.0, at_s is not None)
        if len(self._printed.looks) < MAX_LOOKS:
            self._printed.looks.append(look)
        self._on_row = False
        return look

    def take(self, number: int, line: str) -> None:
        at_s = instant_s(line)
        if at_s is not None:
            self._look = self._begin(at_s)
        why = None if at_s is not None else self._understood(line)
        if why is None:
            self._printed.records += 1
        else:
            self._printed.misread(number, why)

    def _understood(self, line: str) -> str | None:
        """Why not; None: it is understood."""
        if sockets.HEADER.match(line):
            if self._look.table:
                self._look = self._begin(None)
            self._look.table, self._all_listen = True, "State" not in line
            return None
        told = sockets.row(line, all_listen=self._all_listen)
        if isinstance(told, str):
            return told
        if told is not None:
            self._row(told, line)
            return None
        if self._on_row and line[:1].isspace() and counters.counter(line) is None:
            self._look.describe(sockets.detail(line))
            return None
        self._on_row = False
        return self._number(line)

    def _row(self, row: sockets.Row, line: str) -> None:
        if row.by_netstat and row.state == "listen" and NO_BACKLOG not in self._printed.notes:
            self._printed.notes.append(NO_BACKLOG)
        if self._keep():
            self._look.add(row)
            self._look.table = True
            self._on_row = row.state == "listen" and not row.by_netstat
            if self._on_row:
                self._look.describe(sockets.detail(line))

    def _number(self, line: str) -> str | None:
        columns, self._names = self._names, None
        if (found := counters.cells(line)) is not None:
            if columns is not None and columns[0] == found[0]:
                self._count(counters.paired(columns[1], found[1]))
            else:
                self._names = found
            return None
        if (one := counters.counter(line)) is not None:
            self._count({one.name: one.value} if one.name else {})
            return None
        if (settings := sysctls.setting(line)) is not None:
            self._look.settings.update(settings)
            return None
        aside = counters.is_section(line) or sockets.is_aside(line) or _PROMPT.fullmatch(line)
        return None if aside else "no line of ss, netstat, nstat or sysctl"

    def _count(self, told: dict[str, int]) -> None:
        """A counter that comes again with another value begins the next look."""
        if any(self._look.counters.get(name, value) != value for name, value in told.items()):
            self._look = self._begin(None)
        if self._keep():
            self._look.counters.update(told)

    def _keep(self) -> bool:
        self._printed.kept += 1
        return self._printed.kept <= MAX_KEPT


NO_BACKLOG: Final = "netstat tells no backlog of a listener (`ss -ltn` does)"


def _input(one: _Printed, *, leads: bool) -> Input:
    times_s = [look.at_s for look in one.looks]
    notes = [Misread(Place(one.file.path), note) for note in one.notes]
    return Input(
        path=one.file.path,
        kind=KIND,
        source=Source.HOST if leads else None,
        records=one.records,
        not_understood=one.not_understood,
        first_not_understood=tuple((*one.first_not_understood, *notes)[:FIRST_MISREAD]),
        window=Window(min(times_s), max(times_s)) if times_s else None,
    )


READER: Final = Reader(KIND, fit, read, read_together=read_together)
