"""Lines of an nginx access log with a single attempt in columns, in whatever order its `log_format` has them.

The plan is read off a line of the file: `combined`, what follows it as key=value pairs (`formats.nginx_access`), and
the text between them. Lists of attempts, and lines of any other make, go to the parser.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from why502.formats.columns import ABSENT_US, UNSURE, Columns, Plan, Planner, Step, Take, Times, packed
from why502.formats.fields import present
from why502.formats.nginx_access import KEYS_OF_OURS, is_combined, is_ingress
from why502.model.expressions import expression

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from why502.formats.columns import Numbers

_HEAD = expression(
    r'\S+ - \S+ \[[^\]]{1,40}\] "(?:[^"\\]|\\.)*" \d{3} (?:\d{1,18}|-)( "(?:[^"\\]|\\.)*" "(?:[^"\\]|\\.)*")?'
)
_PAIR = expression(r'(?P<key>\b\w{1,40})=(?:"(?P<quoted>[^"]*)"|(?P<plain>[^\s,;|"\[\]=]+))', re.ASCII)
_ADDRESS = expression(r"(?:\[[0-9a-fA-F:.%]+\]|[^\s:/\[\],]+):\d{1,5}", re.ASCII)

BETWEEN = ' ,;|"[]'
"""What may stand between one value and the next key (`nginx_access._pairs`)."""

MILLISECONDS = {"request_time", "connect_time", "header_time", "response_time", "msec"}
LATEST_US = 1 << 52
"""In the year 2112: what the parser has as seconds is too coarse for microseconds later."""

NUMBERS = {"status", "response_length", "request_length"}

COMBINED = (
    Step(Take.PLAIN_WORD),
    Step(Take.LITERAL, text="- ", until=""),
    Step(Take.PLAIN_WORD, most=256),
    Step(Take.LITERAL, text="[", until=""),
    Step(Take.LOCAL_TIME, "logged", until="]"),
    Step(Take.LITERAL, text=" ", until=""),
    Step(Take.ESCAPED),
    Step(Take.NUMBER, "client_status", least=3, most=3),
    Step(Take.NUMBER_OR_DASH, "sent", most=18, until=""),
)
REFERER_AND_AGENT = (
    Step(Take.LITERAL, text=" ", until=""),
    Step(Take.ESCAPED),
    Step(Take.ESCAPED, until=""),
)
INGRESS = (
    Step(Take.LITERAL, text=" ", until=""),
    Step(Take.NUMBER_OR_DASH, "request_length", most=9),
    Step(Take.MILLISECONDS, "request_time", most=9),
    Step(Take.LITERAL, text="[", until=""),
    Step(Take.TEXT, "group", until="]", least=0, most=256),
    Step(Take.LITERAL, text=" [", until=""),
    Step(Take.TEXT, until="]", least=0, most=256),
    Step(Take.LITERAL, text=" ", until=""),
    Step(Take.PLAIN_WORD, "target", most=256),
    Step(Take.NUMBER_OR_DASH, "response_length", most=9),
    Step(Take.MILLISECONDS, "response_time", most=9),
    Step(Take.NUMBER_OR_DASH, "status", most=9),
    Step(Take.PLAIN_WORD, until=""),
)
"""What ingress-nginx's `upstreaminfo` adds."""


def plan(lines: Sequence[str]) -> Plan | None:
    """From the last line (the first may be of another making) that is combined, with or without pairs behind it."""
    for line in reversed(lines):
        head = _HEAD.match(line)
        if head and is_combined(line):
            steps = _pair_steps(line[head.end() :])
            if steps is not None:
                return _plan((*COMBINED, *(REFERER_AND_AGENT if head[1] else ()), *steps, Step(Take.END, until="")))
    return None


def _pair_steps(rest: str) -> tuple[Step, ...] | None:
    """Text between values is taken as it is; None if a value is of no kind that is known, or comes twice."""
    steps: list[Step] = []
    if is_ingress(rest):
        return INGRESS
    at = 0
    seen: set[str] = set()
    for pair in _PAIR.finditer(rest):
        ours = KEYS_OF_OURS.get(pair["key"], "")
        quoted = pair["quoted"] is not None
        value_at = pair.start("quoted" if quoted else "plain")
        if ours in seen or (quoted and not ours) or rest[at : pair.start()].strip(BETWEEN):
            return None
        behind = pair.end("quoted" if quoted else "plain")
        if rest[behind : behind + 1].strip(BETWEEN):
            return None
        seen.update({ours} - {""})
        steps.append(Step(Take.LITERAL, text=rest[at:value_at], until=""))
        steps.append(_value(ours, rest[behind : behind + 1]))
        at = behind + (0 if behind == len(rest) else 1)
    if rest[at:].strip(BETWEEN) or (rest and not steps):
        return None
    return (*steps, *((Step(Take.LITERAL, text=rest[at:], until=""),) if rest[at:] else ()))


def _value(ours: str, until: str) -> Step:
    if ours in MILLISECONDS:
        return Step(Take.MILLISECONDS, ours, most=10 if ours == "msec" else 9, until=until)
    if ours in NUMBERS:
        return Step(Take.NUMBER_OR_DASH, ours, most=9, until=until)
    return Step(Take.PLAIN_WORD, "target" if ours == "address" else "", most=256, until=until)


def _plan(steps: tuple[Step, ...]) -> Plan:
    there = frozenset(step.name for step in steps if step.name)
    return Plan(steps, partial(_shape, there), partial(_times, there), _target, present)


def _target(name: str) -> str | None:
    return present(name) if _ADDRESS.fullmatch(name) else None


def _kind(name: str) -> int:
    """0: no target, 1: its address, 2: anything else (a list, a group's name, a socket)."""
    return 0 if name == "-" else 1 if _ADDRESS.fullmatch(name) else 2


def _shape(there: frozenset[str], columns: Columns) -> Numbers:
    """Everything that `nginx_upstream` looks at."""
    import numpy as np

    def told(name: str) -> Numbers:
        return columns.told(name).astype(np.int64) if name in there else np.zeros_like(columns["client_status"])

    def number(name: str) -> Numbers:
        return columns[name] + 1 if name in there else np.zeros_like(columns["client_status"])

    kind = columns.by_name("target", _kind) if "target" in there else np.zeros_like(columns["client_status"])
    length = number("response_length")
    key = packed(
        [
            (columns["client_status"], 1000),
            (np.minimum(number("status"), 1000), 1001),
            (told("connect_time"), 2),
            (told("header_time"), 2),
            (told("response_time"), 2),
            (np.minimum(length, 2), 3),
            ((columns["sent"] > 0).astype(np.int64), 2),
            (told("msec"), 2),
            (kind, 3),
        ]
    )
    sure = (kind < 2) & (number("status") <= 1000)
    if "msec" in there:
        sure &= (columns["msec"] != 0) & (columns["msec"] < LATEST_US)
    if "group" in there:
        sure &= (kind != 0) | (columns["client_status"] != 503)  # what it means depends on the service's name
    return np.where(sure, key, UNSURE)


def _times(there: frozenset[str], columns: Columns, _: NDArray[np.bool_]) -> Times:
    """As `nginx_access.parse` and `nginx_upstream._wait_s`: the times of an attempt all count from its beginning."""
    import numpy as np

    none = np.full_like(columns["logged"], ABSENT_US)
    end_us = (
        np.where(columns.told("msec"), columns["msec"], columns["logged"]) if "msec" in there else columns["logged"]
    )
    total_us = columns["request_time"] if "request_time" in there else none
    connect_us = columns["connect_time"] if "connect_time" in there else none
    header_us = columns["header_time"] if "header_time" in there else none
    response_us = columns["response_time"] if "response_time" in there else none
    until_us = np.where(header_us != ABSENT_US, header_us, response_us)
    waited = (until_us != ABSENT_US) & (connect_us != ABSENT_US) & ("header_time" in there)
    return Times(
        start_us=np.where(total_us != ABSENT_US, end_us - total_us, ABSENT_US),
        end_us=end_us,
        connect_us=connect_us,
        wait_us=np.where(waited, np.maximum(0, until_us - connect_us), ABSENT_US),
        total_us=total_us,
    )


COLUMNS = Planner("nginx-access-log", plan)
