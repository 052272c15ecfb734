"""Whether a listener's backlog is a fault, or one that waits to happen. A pure question of numbers."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from why502.model.host import Listener, Namespace

SMALLEST_BACKLOG: Final = 16
"""A backlog below this is too small for a service behind a proxy.

One page that loads opens 5 to 12 connections at once when the proxy's pool is cold (after an idle spell or a
restart), all of them within a millisecond or two: sooner than an acceptor that has just been woken comes round.
The queue holds backlog + 1, so 11 would do for one such page and 16 is the next usual number. Two pages at once
overflow it still; but from here on an overflow speaks of a stalled acceptor rather than of the limit. Backlogs
that people chose on purpose begin at 50 (Java), 100 (asyncio, uWSGI) and 128; those that came about by accident
(`listen(1)`, `listen(5)`, the first digit of somaxconn) lie below 10.
"""


class Level(StrEnum):
    """How bad it is, worst first. A closed list."""

    DROPPING = "dropping"
    """It turned connections away while we watched, because its queue was full."""
    TOO_SMALL = "too small"
    """One page load can fill the queue."""
    FULL = "full"
    """The backlog is fair, but the queue was seen full: nobody accepts."""
    DROPPED = "dropped"
    """It dropped packets at some time; whether because of a full queue nobody saw."""
    FINE = "fine"

    @property
    def badness(self) -> int:
        """0 is fine."""
        return len(Level) - 1 - list(Level).index(self)


AT_RISK: Final = frozenset({Level.TOO_SMALL, Level.FULL})
"""Nothing was lost while we watched, yet the next burst will be (or is being) held up."""


class BacklogRisk(Struct, frozen=True):
    """The answer for one listener."""

    level: Level
    why: str
    """One sentence with the numbers."""
    first_digit: bool = False
    """The backlog is the first digit of somaxconn: the signature of a limit that was read one character short."""


def is_first_digit(backlog: int, somaxconn: int | None) -> bool:
    """Whether a backlog looks like a somaxconn of which only the first character was read.

    Dropwizard 1.3.0 - 1.3.6 did so (dropwizard issue 2430): 128 became 1, 4096 became 4.

    >>> is_first_digit(1, 128), is_first_digit(4, 4096), is_first_digit(5, 128), is_first_digit(1, 1)
    (True, True, False, False)
    """
    return somaxconn is not None and somaxconn >= 10 and str(backlog) == str(somaxconn)[0]


def judge_backlog(
    listener: Listener,
    namespace: Namespace | None = None,
    *,
    drops_grown: int | None = None,
    overflows_grown: int | None = None,
) -> BacklogRisk:
    """Judge one listener, with the growth of its drops and of its namespace's ListenOverflows if they are known.

    Growing drops alone are no proof of overflow: `sk_drops` counts stray segments to a listener as well.
    """
    first_digit = is_first_digit(listener.backlog, namespace.somaxconn if namespace else None)
    level = _level(listener, drops_grown or 0, overflows_grown or 0)
    return BacklogRisk(level, _why(level, listener, namespace, drops_grown or 0, first_digit), first_digit)


def _level(listener: Listener, drops_grown: int, overflows_grown: int) -> Level:
    if drops_grown > 0 and overflows_grown > 0:
        return Level.DROPPING
    if listener.backlog < SMALLEST_BACKLOG:
        return Level.TOO_SMALL
    if max(listener.queue_len, listener.queue_len_max or 0) > listener.backlog:
        return Level.FULL
    return Level.DROPPED if listener.drops else Level.FINE


def _why(level: Level, listener: Listener, namespace: Namespace | None, drops_grown: int, first_digit: bool) -> str:
    holds = f"its accept queue holds {listener.backlog + 1} (backlog {listener.backlog})"
    digit = f"; {listener.backlog} is the first digit of somaxconn {namespace.somaxconn}" if namespace else ""
    tail = digit if first_digit else ""
    match level:
        case Level.DROPPING:
            return f"turned connections away {drops_grown} times while watched: {holds}{tail}"
        case Level.TOO_SMALL:
            before = f", and it dropped {listener.drops} already" if listener.drops else ""
            return f"too small: {holds}, one page load opens 5 to 12 connections at once{before}{tail}"
        case Level.FULL:
            return f"its queue was full while watched ({holds}): connections are not accepted in time"
        case Level.DROPPED:
            return f"dropped {listener.drops} packets since it was opened, none by overflow while watched"
        case Level.FINE:
            return f"fine: {holds}, no drops"
