"""Lines of HAProxy's httplog and httpslog without retries in columns, bare or behind a syslog prefix.

The plan is read off a line of the file: what stands in front, and how many blocks of captured headers there are.
Sessions with retries, over TCP, or with `+` (logged before their end) go to the parser.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from why502.formats.columns import ABSENT_US, MAX_NAMES, UNSURE, Columns, Plan, Planner, Step, Take, Times, packed
from why502.formats.envelopes import content
from why502.formats.haproxy import is_http
from why502.formats.haproxy_state import NO_SERVER

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from why502.formats.columns import Numbers

_CAPTURED = re.compile(r" \{[^}]*\}")
_COUNTS_END = re.compile(r" \S{4} (?:\d+/){4}\+?\d+ \d+/\d+")
_HOUR = re.compile(r"(?:<\d{1,3}>)?[A-Z][a-z]{2} [ \d]\d \d\d|\d{4}-\d\d-\d\dT\d\d", re.ASCII)
_SENDER = re.compile(r' (?:[^\s\[\]"{}]{1,255} )?[^\s:\[\]"{}]{1,64}(?:\[\d{1,10}\])?', re.ASCII)
_ZONE = re.compile(r"[+-]\d\d", re.ASCII)

TRADITIONAL = (
    Step(Take.TEXT, "hour", until=":", least=9, most=14),
    Step(Take.NUMBER, until=":", least=2, most=2),
    Step(Take.NUMBER, until="", least=2, most=2),
    Step(Take.TEXT, "sender", until=":", most=340),
    Step(Take.LITERAL, text=" ", until=""),
)
"""Nov 22 20:35:08 gateway haproxy[41]: (RFC 3164)"""

MODERN = (
    Step(Take.TEXT, "hour", until=":", least=13, most=13),
    Step(Take.NUMBER, until=":", least=2, most=2),
    Step(Take.SECONDS, until="", most=2),
)
"""2026-11-22T20:35:08.123456, up to the zone"""

ZULU = (
    *MODERN,
    Step(Take.LITERAL, text="Z", until=""),
    Step(Take.TEXT, "sender", until=":", most=340),
    Step(Take.LITERAL, text=" ", until=""),
)
ZONED = (
    *MODERN,
    Step(Take.TEXT, "zone", until=":", least=3, most=3),
    Step(Take.NUMBER, until="", least=2, most=2),
    Step(Take.TEXT, "sender", until=":", most=340),
    Step(Take.LITERAL, text=" ", until=""),
)

SESSION = (
    Step(Take.PLAIN_WORD, most=300),
    Step(Take.LITERAL, text="[", until=""),
    Step(Take.UNZONED_TIME, "begun_at", until="]"),
    Step(Take.LITERAL, text=" ", until=""),
    Step(Take.WORD, most=256),
    Step(Take.WORD, "group", least=3, most=513),
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
    Step(Take.NUMBER, until="/", most=9),
    Step(Take.NUMBER, until="/", most=9),
    Step(Take.NUMBER, until="/", most=9),
    Step(Take.NUMBER, until="/", most=9),
    Step(Take.NUMBER, "retries", most=6),
    Step(Take.NUMBER, until="/", most=9),
    Step(Take.NUMBER, until="", most=9),
)
CAPTURED = (Step(Take.LITERAL, text=" {", until=""), Step(Take.TEXT, until="}", least=0, most=8192))
REQUEST = (Step(Take.LITERAL, text=' "', until=""),)


def plan(lines: Sequence[str]) -> Plan | None:
    """From the last line (the first may be of another making) of a session over HTTP."""
    for line in reversed(lines):
        bare = content(line)
        if not is_http(bare):
            continue
        around = _around(line[: len(line) - len(bare)])
        counts = _COUNTS_END.search(bare)
        if around is None or counts is None:
            return None
        captured = 0
        behind = counts.end()
        while found := _CAPTURED.match(bare, behind):
            captured, behind = captured + 1, found.end()
        return _plan((*around, *SESSION, *CAPTURED * min(captured, 2), *REQUEST))
    return None


def _around(prefix: str) -> tuple[Step, ...] | None:
    """The steps for what stands in front; None if it is of another kind (a container engine's)."""
    if not prefix:
        return ()
    hour, _, rest = prefix.partition(":")
    if not _HOUR.fullmatch(hour):
        return None
    if "T" not in hour:
        return TRADITIONAL if "." not in rest.split(" ")[0] else None
    clock = rest.split(" ")[0]
    return ZULU if clock.endswith("Z") else ZONED if ":" in clock else None


def _plan(steps: tuple[Step, ...]) -> Plan:
    there = frozenset(step.name for step in steps if step.name)
    return Plan(steps, partial(_shape, there), _times, lambda _: None, _group)


def _group(name: str) -> str:
    return name.removesuffix(f"/{NO_SERVER}")


def _server(name: str) -> int:
    """0: no backend and server, 1: both, 2: no server could be chosen."""
    backend, _, server = name.partition("/")
    if not (1 <= len(backend) <= 256 and 1 <= len(server) <= 256):
        return 0
    return 2 if server == NO_SERVER else 1


def _is_state(name: str) -> int:
    return int(name.isascii() and len(name) == 4)


def _is_whole(expression: re.Pattern[str], name: str) -> int:
    return int(expression.fullmatch(name) is not None)


_SURELY = {"hour": _HOUR, "sender": _SENDER, "zone": _ZONE}
"""What the envelope's expressions ask of a part (`formats.envelopes`)."""


def _shape(there: frozenset[str], columns: Columns) -> Numbers:
    """Everything that `haproxy_state.fate` looks at where nothing was tried again."""
    import numpy as np

    server = columns.by_name("group", _server)
    sure = (server > 0) & (columns["retries"] == 0) & (columns.by_name("state", _is_state) == 1)
    for column, expression in _SURELY.items():
        if column in there:
            sure &= columns.by_name(column, partial(_is_whole, expression)) == 1
    key = packed(
        [
            (columns["status"] + 1, 1001),
            (columns["state"], MAX_NAMES),
            (np.maximum(0, server - 1), 2),
            (columns.told("connect").astype(np.int64), 2),
            (columns.told("header").astype(np.int64), 2),
            (columns.told("total").astype(np.int64), 2),
        ]
    )
    return np.where(sure, key, UNSURE)


def _times(columns: Columns, waiting: NDArray[np.bool_]) -> Times:
    """As `haproxy.request`: HAProxy tells whole milliseconds, each from the previous stage, and the total."""
    import numpy as np

    begun_us, connect_us, header_us, total_us = (
        np.where(columns.told(name), columns[name] * 1000, ABSENT_US)
        for name in ("begun", "connect", "header", "total")
    )
    until_failed = waiting & columns.told("connect") & columns.told("total")
    waited_us = np.maximum(0, total_us - connect_us - np.maximum(0, begun_us))
    return Times(
        start_us=columns["begun_at"],
        end_us=columns["begun_at"] + np.maximum(0, total_us),
        connect_us=connect_us,
        wait_us=np.where(columns.told("header"), header_us, np.where(until_failed, waited_us, ABSENT_US)),
        total_us=total_us,
    )


COLUMNS = Planner("haproxy-log", plan)
