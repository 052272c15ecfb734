"""Lines of HAProxy's httplog, httpslog and tcplog in columns, bare or behind a logger's prefix, retries included.

The plan is read off the lines of the file: which kind of session is the more frequent, what stands in front, and how
many blocks of captured headers there are. Lines with `+` in front of times (logged before their end) go to the parser.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from why502.formats.columns import ABSENT_US, MAX_NAMES, UNSURE, Columns, Plan, Planner, Step, Take, Times, packed
from why502.formats.envelopes import content
from why502.formats.haproxy import is_http, is_tcp
from why502.formats.haproxy_around import SURELY, around
from why502.formats.haproxy_state import AT_ONCE_S, MAX_RETRIES, NO_SERVER
from why502.model.expressions import expression

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from why502.formats.columns import Numbers

_CAPTURED = expression(r" \{[^}]*\}")
_COUNTS_END = expression(r" \S{4} (?:\d+/){4}\+?\d+ \d+/\d+")
_RETRIES = expression(r"(\+?)(\d{1,6})", re.ASCII)

HEAD = (
    Step(Take.PLAIN_WORD, most=300),
    Step(Take.LITERAL, text="[", until=""),
    Step(Take.UNZONED_TIME, "begun_at", until="]"),
    Step(Take.LITERAL, text=" ", until=""),
    Step(Take.WORD, most=256),
    Step(Take.WORD, "group", least=3, most=513),
)
COUNTS = (
    Step(Take.NUMBER, until="/", most=9),
    Step(Take.NUMBER, until="/", most=9),
    Step(Take.NUMBER, until="/", most=9),
    Step(Take.NUMBER, until="/", most=9),
    Step(Take.WORD, "retries", most=7),
    Step(Take.NUMBER, until="/", most=9),
    Step(Take.NUMBER, until="", most=9),
)
SESSION = (
    *HEAD,
    Step(Take.NUMBER_OR_MINUS_ONE, "begun", until="/", most=9),
    Step(Take.NUMBER_OR_MINUS_ONE, until="/", most=9),
    Step(Take.NUMBER_OR_MINUS_ONE, "connect", until="/", most=9),
    Step(Take.NUMBER_OR_MINUS_ONE, "header", until="/", most=9),
    Step(Take.NUMBER_OR_MINUS_ONE, "total", most=9),
    Step(Take.NUMBER_OR_MINUS_ONE, "status", most=3),
    Step(Take.NUMBER, most=18),
    Step(Take.WORD, most=4096),
    Step(Take.WORD, most=4096),
    Step(Take.WORD, "state", least=4, most=4),
    *COUNTS,
)
TCP_SESSION = (
    *HEAD,
    Step(Take.NUMBER_OR_MINUS_ONE, until="/", most=9),
    Step(Take.NUMBER_OR_MINUS_ONE, "connect", until="/", most=9),
    Step(Take.NUMBER_OR_MINUS_ONE, "total", most=9),
    Step(Take.NUMBER, most=18),
    Step(Take.WORD, "state", least=2, most=2),
    *COUNTS,
)
CAPTURED = (Step(Take.LITERAL, text=" {", until=""), Step(Take.TEXT, until="}", least=0, most=8192))
REQUEST = (Step(Take.LITERAL, text=' "', until=""),)


def plan(lines: Sequence[str]) -> Plan | None:
    """From the last line (the first may be of another making) of the more frequent kind of session."""
    bare = [content(line) for line in lines]
    kinds = [1 if is_http(each) else 2 if is_tcp(each) else 0 for each in bare]
    most = max((1, 2), key=kinds.count)
    if most not in kinds:
        return None
    last = len(kinds) - 1 - kinds[::-1].index(most)
    line, own = lines[last], bare[last]
    before = around(line[: len(line) - len(own)])
    if before is None:
        return None
    if most == 2:
        return _plan((*before, *TCP_SESSION))
    counts = _COUNTS_END.search(own)
    if counts is None:
        return None
    captured, behind = 0, counts.end()
    while found := _CAPTURED.match(own, behind):
        captured, behind = captured + 1, found.end()
    return _plan((*before, *SESSION, *CAPTURED * min(captured, 2), *REQUEST))


def _plan(steps: tuple[Step, ...]) -> Plan:
    there = frozenset(step.name for step in steps if step.name)
    return Plan(steps, partial(_shape, there), partial(_times, there), lambda _: None, _group)


def _group(name: str) -> str:
    return name.removesuffix(f"/{NO_SERVER}")


def _server(name: str) -> int:
    """0: no backend and server, 1: both, 2: no server could be chosen."""
    backend, _, server = name.partition("/")
    if not (1 <= len(backend) <= 256 and 1 <= len(server) <= 256):
        return 0
    return 2 if server == NO_SERVER else 1


def _is_state(name: str) -> int:
    return int(name.isascii() and len(name) in (2, 4))


def _tried_again(name: str) -> int:
    """0: not at all; else twice the number of retries (as many as are kept), and 1 more if the last went elsewhere."""
    found = _RETRIES.fullmatch(name)
    return -1 if found is None else 2 * min(int(found[2]), MAX_RETRIES) + bool(found[1])


def _is_whole(pattern: re.Pattern[str], name: str) -> int:
    return int(pattern.fullmatch(name) is not None)


def _shape(there: frozenset[str], columns: Columns) -> Numbers:
    """Everything that `haproxy_state.fate` and `haproxy_state.attempts` look at."""
    import numpy as np

    server, retries = columns.by_name("group", _server), columns.by_name("retries", _tried_again)
    sure = (server > 0) & (retries >= 0) & (columns.by_name("state", _is_state) == 1)
    for column, pattern in SURELY.items():
        if column in there:
            sure &= columns.by_name(column, partial(_is_whole, pattern)) == 1
    over_tcp = "status" not in there
    at_once = columns.told("total") & (columns["total"] < AT_ONCE_S * 1000)
    key = packed(
        [
            (np.zeros_like(server) if over_tcp else columns["status"] + 1, 1001),
            (columns["state"], MAX_NAMES),
            (np.maximum(0, server - 1), 2),
            (np.maximum(0, retries), 2 * MAX_RETRIES + 2),
            (at_once.astype(np.int64), 2),
            (columns.told("connect").astype(np.int64), 2),
            (np.zeros_like(server) if over_tcp else columns.told("header").astype(np.int64), 2),
            (columns.told("total").astype(np.int64), 2),
        ]
    )
    return np.where(sure, key, UNSURE)


def _times(there: frozenset[str], columns: Columns, waiting: NDArray[np.bool_]) -> Times:
    """As `haproxy.request`: HAProxy tells whole milliseconds, each from the previous stage, and the total."""
    import numpy as np

    absent = np.full_like(columns["total"], ABSENT_US)
    begun_us, connect_us, header_us, total_us = (
        np.where(columns.told(name), columns[name] * 1000, ABSENT_US) if name in there else absent
        for name in ("begun", "connect", "header", "total")
    )
    until_failed = waiting & (connect_us != ABSENT_US) & (total_us != ABSENT_US)
    waited_us = np.maximum(0, total_us - connect_us - np.maximum(0, begun_us))
    return Times(
        start_us=columns["begun_at"],
        end_us=columns["begun_at"] + np.maximum(0, total_us),
        connect_us=np.where(columns.by_name("retries", _tried_again) > 1, ABSENT_US, connect_us),
        wait_us=np.where(header_us != ABSENT_US, header_us, np.where(until_failed, waited_us, ABSENT_US)),
        total_us=total_us,
    )


COLUMNS = Planner("haproxy-log", plan)
