"""Connection tracking: how full its table is, and what was dropped for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.facts.surfaces.differences import called, grown, namespaces
from why502.facts.surfaces.interface import Finding, State, Surface

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.surfaces.interface import Answers
    from why502.model.host import Conntrack, HostRecord

NAME: Final = "conntrack"
NEARLY_FULL: Final = 0.8
"""The kernel begins to drop early what is not assured when the table is full; alarms are usually set here."""


def look(record: HostRecord) -> Answers:
    tracked = [(before.conntrack if before else None, now.conntrack, called(now)) for before, now in namespaces(record)]
    known = [(before, now, where) for before, now, where in tracked if now is not None]
    found = tuple(finding for before, now, where in known for finding in _of(before, now, where))
    if found:
        return found
    if not known:
        return (Finding(NAME, State.FINE, "the kernel tracks no connections, or does not tell"),)
    fullest = max(known, key=lambda one: one[1].entries / max(1, one[1].limit))[1]
    return (Finding(NAME, State.FINE, f"at most {fullest.entries} of {fullest.limit} entries, nothing dropped"),)


def _of(before: Conntrack | None, now: Conntrack, where: str) -> Iterator[Finding]:
    use = f"{now.entries} of {now.limit} entries"
    if dropped := grown(before, now, lambda one: one.drops):
        yield Finding(NAME, State.WRONG, f"{dropped:.0f} packets dropped while watched ({use})", where)
    elif now.entries >= now.limit:
        yield Finding(NAME, State.WRONG, f"the table is full: {use}", where)
    elif now.entries >= NEARLY_FULL * now.limit:
        yield Finding(NAME, State.AT_RISK, f"the table is nearly full: {use}", where)
    if early := grown(before, now, lambda one: one.early_drops):
        yield Finding(NAME, State.AT_RISK, f"{early:.0f} entries were dropped early to make room", where)
    if failed := grown(before, now, lambda one: one.insert_failed):
        text = f"{failed:.0f} connections could not be entered: two flows took the same ports (1 s delay each)"
        yield Finding(NAME, State.AT_RISK, text, where)


SURFACE = Surface(NAME, look)
