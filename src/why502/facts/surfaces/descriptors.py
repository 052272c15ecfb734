"""Open files of the processes that listen, against their limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.facts.surfaces.differences import owner
from why502.facts.surfaces.interface import Finding, State, Surface
from why502.model.host import Unseen

if TYPE_CHECKING:
    from why502.facts.surfaces.interface import Answers
    from why502.model.host import HostRecord

NAME: Final = "descriptors"
NONE_LEFT: Final = 0.98
NEARLY_NONE: Final = 0.8


def look(record: HostRecord) -> Answers:
    processes = record.snapshots[-1].processes
    known = [
        (one, one.fds_open, one.fds_limit)
        for one in processes
        if one.fds_open is not None and one.fds_limit  # a limit of 0 belongs to a process that wants none
    ]
    if not known:
        return (Unseen(NAME, "not allowed: needs root"),) if processes else ()
    found = tuple(
        Finding(
            NAME,
            State.WRONG if used >= NONE_LEFT * limit else State.AT_RISK,
            f"{used} of {limit} open files: at the limit, accept() fails and connections wait",
            owner(process),
        )
        for process, used, limit in known
        if used >= NEARLY_NONE * limit
    )
    process, used, limit = max(known, key=lambda one: one[1] / one[2])
    return found or (Finding(NAME, State.FINE, f"at most {used} of {limit} open ({owner(process)})"),)


SURFACE = Surface(NAME, look)
