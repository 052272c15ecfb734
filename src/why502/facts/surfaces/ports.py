"""Ephemeral ports: how many are taken towards one destination."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.facts.surfaces.differences import called
from why502.facts.surfaces.interface import Finding, State, Surface
from why502.model.host import Unseen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.surfaces.interface import Answers
    from why502.model.host import HostRecord, Namespace

NAME: Final = "ephemeral ports"
NONE_LEFT: Final = 0.98
NEARLY_NONE: Final = 0.8
"""Odd and even ports are given out apart (`__inet_hash_connect`): the search gets long well before the end."""


def look(record: HostRecord) -> Answers:
    spaces = record.snapshots[-1].namespaces
    counted = [space for space in spaces if space.destinations is not None and space.ephemeral_first is not None]
    if not counted:
        return (Unseen(NAME, "connections were not counted"),)
    found = tuple(finding for space in counted for finding in _of(space))
    most = max((one.ports_used for space in counted for one in space.destinations or ()), default=0)
    return found or (Finding(NAME, State.FINE, f"at most {most} taken towards one destination"),)


def _of(space: Namespace) -> Iterator[Finding]:
    ports = (space.ephemeral_last or 0) - (space.ephemeral_first or 0) + 1
    for one in space.destinations or ():
        if one.ports_used >= NEARLY_NONE * ports:
            state = State.WRONG if one.ports_used >= NONE_LEFT * ports else State.AT_RISK
            text = f"{one.ports_used} of {ports} taken towards {one.address} ({one.time_wait} of them in TIME_WAIT)"
            yield Finding(NAME, state, text, called(space))


SURFACE = Surface(NAME, look)
