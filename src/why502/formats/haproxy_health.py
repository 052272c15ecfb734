"""What HAProxy says about its servers: DOWN, UP, and a backend that has none left (`src/server.c`, `src/backend.c`).

Such a message has no time of its own: that of syslog around it counts (RFC 3164 without a year, in local time as
HAProxy's own lines are), else that of the request logged before it. The year is the one nearest to that request, or
the last one before the file was written.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from why502.formats.envelopes import content
from why502.formats.fields import iso_time
from why502.formats.yearless import before, in_year, moment
from why502.model.case import KernelEvent
from why502.model.expressions import expression

if TYPE_CHECKING:
    from why502.model.evidence import Place

SERVER_DOWN, SERVER_UP, BACKEND_EMPTY = "server-down", "server-up", "backend-empty"

_STATE = expression(
    r"(?:Backup )?[Ss]erver '?([^\s/']{1,256}/[^\s,']{1,256})'? is (DOWN|UP)\b[^,]{0,80}(?:, reason: (.{0,300}))?",
    re.ASCII,
)
_EMPTY = expression(r"(?:backend|listener|proxy) '?([^\s']{1,256})'? has no server available", re.ASCII)
_OWN = expression(
    r"(?:\[(?:WARNING|ALERT)\][^:]{0,64}: )?(?:(?:Backup )?[Ss]erver '?[^\s/']{1,256}/[^\s,']{1,256}'? is (?:DOWN|UP)\b"
    r"|(?:backend|listener|proxy) '?[^\s']{1,256}'? has no server available)",
    re.ASCII,
)
_AFTER_REASON = expression(r",? ?(?:check duration:|\d+ active and|\.? ?\d+ active).*$")
_ISO = expression(r"(?:<\d{1,3}>1? ?)?(\d{4}-\d\d-\d\dT[\d:.]{8,18}(?:Z|[+-]\d\d:?\d\d))")
_BSD = expression(r"(?:<\d{1,3}>)?([A-Z][a-z]{2} [ \d]\d) (?:(\d{4}) )?(\d\d:\d\d:\d\d)", re.ASCII)


def tell(line: str, at: Place, near_s: float | None, written_s: float | None = None) -> KernelEvent | None:
    """The event that a line tells of, at its time; None if it tells of none, or nothing tells the time.

    `near_s`: when the request before it was logged; `written_s`: when the file was written to last.
    """
    at_s = _time(line, near_s, written_s)
    message = content(line)
    if at_s is None:
        return None
    if found := _STATE.search(message):
        reason = _AFTER_REASON.sub("", found[3] or "").strip()
        text = f"HAProxy: server {found[1]} is {found[2]}" + (f" ({reason})" if reason else "")
        return KernelEvent(at_s, SERVER_DOWN if found[2] == "DOWN" else SERVER_UP, at, process=found[1], text=text)
    if found := _EMPTY.search(message):
        return KernelEvent(at_s, BACKEND_EMPTY, at, process=found[1], text=f"HAProxy: {found[1]} has no server left")
    return None


def tells_state(message: str) -> bool:
    """Whether it is such a message, with nothing in front."""
    return _OWN.match(message) is not None


def _time(line: str, near_s: float | None, written_s: float | None) -> float | None:
    if told := _ISO.match(line):
        return iso_time(told[1])
    told = _BSD.match(line)
    if told is None:
        return near_s
    text = f"{told[1]} {told[3]}"
    if told[2]:
        return moment(int(told[2]), text)
    return before(text, written_s) if near_s is None else in_year(text, near_s)
