"""The intact line of an ALB access log in columns (fields by position, see `formats.alb`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.formats.alb import group_name
from why502.formats.alb_fate import CONNECT_TIMEOUT_S
from why502.formats.columns import ABSENT_US, MAX_NAMES, UNSURE, Columns, Plan, Planner, Step, Take, Times, packed
from why502.formats.fields import present

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from why502.formats.columns import Numbers

TYPES = ("http", "https", "h2", "grpc", "grpcs", "ws", "wss")

STEPS = (
    Step(Take.WORD, "type"),
    Step(Take.ISO_TIME, "end"),
    Step(Take.WORD),
    Step(Take.WORD),
    Step(Take.WORD, "target"),
    Step(Take.SECONDS, "connect", most=9),
    Step(Take.SECONDS, "wait", most=9),
    Step(Take.SECONDS, "rest", most=9),
    Step(Take.NUMBER_OR_DASH, "status", least=3, most=3),
    Step(Take.NUMBER_OR_DASH, "target_status", least=3, most=3),
    Step(Take.NUMBER_OR_DASH, most=18),
    Step(Take.NUMBER_OR_DASH, most=18),
    Step(Take.QUOTED),  # request
    Step(Take.QUOTED),  # user agent
    Step(Take.WORD),
    Step(Take.WORD),
    Step(Take.WORD, "group"),
    Step(Take.QUOTED),  # trace id
    Step(Take.QUOTED),  # domain
    Step(Take.QUOTED),  # certificate
    Step(Take.WORD),
    Step(Take.ISO_TIME, "created"),
    Step(Take.QUOTED, "actions"),
    Step(Take.QUOTED_OR_DASH),
    Step(Take.QUOTED_OR_DASH, "reason", until=""),
)


def _shape(columns: Columns) -> Numbers:
    """Everything that `alb_fate.fate` and `_reason` look at."""
    import numpy as np

    low_us, high_us = (round(limit_s * 1e6) for limit_s in CONNECT_TIMEOUT_S)
    total_us = _total(columns)
    timed_out = (total_us >= low_us) & (total_us <= high_us)
    known = columns.by_name("type", lambda name: name in TYPES)
    key = packed(
        [
            (columns["status"] + 1, 1001),
            (columns["target_status"] + 1, 1001),
            (columns.told("connect").astype(np.int64), 2),
            (columns.told("wait").astype(np.int64), 2),
            (columns.told("rest").astype(np.int64), 2),
            (timed_out.astype(np.int64), 2),
            (columns.by_name("target", lambda name: name == "-"), 2),
            (columns["actions"], MAX_NAMES),
            (columns["reason"], MAX_NAMES),
        ]
    )
    return np.where(known == 1, key, UNSURE)


def _total(columns: Columns) -> Numbers:
    import numpy as np

    total_us: Numbers = np.maximum(0, columns["end"] - columns["created"])
    return total_us


def _times(columns: Columns, waiting: NDArray[np.bool_]) -> Times:
    """What is not told of the wait is the rest of the total, as in `alb._request`."""
    import numpy as np

    total_us, connect_us, wait_us = _total(columns), columns["connect"], columns["wait"]
    untold = waiting & ~columns.told("wait") & columns.told("connect")
    return Times(
        start_us=columns["created"],
        end_us=columns["end"],
        connect_us=connect_us,
        wait_us=np.where(untold, np.maximum(0, total_us - connect_us), wait_us),
        total_us=total_us,
    )


PLAN = Plan(STEPS, _shape, _times, present, group_name)
COLUMNS = Planner("alb-access-log", lambda _: PLAN)

assert ABSENT_US == UNSURE == -1  # `told` and `+ 1` above rely on it
