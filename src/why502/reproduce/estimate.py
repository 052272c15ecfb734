"""What bursts tell about the target: its effective backlog, and the cause that was reproduced. Pure arithmetic.

The accept queue holds backlog + 1 connections (`sk_acceptq_is_full`). A burst of which `through` connections were
taken in at once, and others not, was larger than the queue: backlog + 1 <= through. How much smaller the queue is
than `through` depends on how many the target accepted meanwhile: at least none, and an acceptor that waited takes
one at once; each connection answered before the burst was out was accepted too.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from why502.model.probe import GOOD, TURNED_AWAY, BacklogEstimate, Burst, Fate
from why502.model.words import count

if TYPE_CHECKING:
    from collections.abc import Sequence

FAST: Final = (
    "an acceptor that is fast enough hides a small backlog: it empties the queue while the burst arrives; the fault "
    "shows when it is late (start, garbage collection, all threads busy)"
)
OTHERS: Final = "other clients' connections in the same queue make the backlog look smaller"
BETWEEN: Final = "what was measured is the first listener behind this address: a load balancer has a queue of its own"
LOSS: Final = "loss on the way looks the same; it would also hit connections made alone"
UNSEEN: Final = (
    "without a request it cannot be seen whether the target's kernel kept a connection that it answered by SYN cookie"
)


def estimate(bursts: Sequence[Burst], lone: Burst, *, connection_test_only: bool) -> BacklogEstimate:
    """The interval of the backlog, from every burst that began with an empty queue."""
    cannot = (FAST, OTHERS, BETWEEN, *([UNSEEN] if connection_test_only else []))
    if lone.overflowed:
        sentence = (
            f"no estimate: even alone, {lone.size - lone.through} of {count(lone.size, 'connection')} had to wait"
        )
        return BacklogEstimate(sentence, None, None, cannot)
    passed = max((one.size for one in bursts if not one.overflowed), default=1)
    full = [one for one in bursts if one.overflowed]
    if not bursts:
        return BacklogEstimate("no estimate: no burst was sent", None, None, ())
    if not full:
        return BacklogEstimate(_all_through(passed), None, None, cannot)
    smallest = min(full, key=lambda one: one.through)
    at_most = max(0, smallest.through - 1)
    at_least = max(0, at_most - 1 - _answered_meanwhile(smallest))
    return BacklogEstimate(_some_wait(smallest, at_least, at_most), at_least, at_most, (*cannot, LOSS))


def shown(bursts: Sequence[Burst], lone: Burst) -> tuple[str | None, str]:
    """The cause that the bursts reproduced, if it can be told from outside, and one sentence."""
    attempts = [attempt for one in bursts for attempt in one.attempts]
    fates = Counter(attempt.fate for attempt in attempts)
    failed = sum(fates[fate] for fate in Fate if fate not in GOOD)
    answered_5xx = sum((attempt.status or 0) >= 500 for attempt in attempts)
    if fates[Fate.REFUSED] and fates[Fate.REFUSED] == failed:
        return "connection-refused", f"{fates[Fate.REFUSED]} of {len(attempts)} connections were refused."
    if fates[Fate.TLS_FAILED] and fates[Fate.TLS_FAILED] == failed:
        return "tls-handshake-failed", f"the TLS handshake failed on {fates[Fate.TLS_FAILED]} of {len(attempts)}."
    if turned := sum(fates[fate] for fate in TURNED_AWAY):
        if lone.overflowed:
            return None, "connections wait or are lost even alone: packets are dropped, or nobody accepts at all."
        return "accept-queue-overflow", _overflow(fates, turned, len(attempts))
    if failed:
        listed = ", ".join(f"{number} {fate.value}" for fate, number in fates.items() if fate not in GOOD)
        return None, f"{failed} of {len(attempts)} connections failed: {listed}."
    if answered_5xx:
        return "target-answered-5xx", f"the target answered {answered_5xx} of {len(attempts)} requests with 5xx."
    return None, f"all {count(len(attempts), 'connection')} got through at once."


def _overflow(fates: Counter[Fate], turned: int, total: int) -> str:
    words = {
        Fate.LATE: "got through late",
        Fate.SYN_UNANSWERED: "were never answered",
        Fate.UNACKNOWLEDGED: "believed themselves connected, and nothing they sent was acknowledged",
        Fate.RESET_UNKNOWN: "were reset by a kernel that did not know them",
    }
    listed = ", ".join(f"{fates[fate]} {text}" for fate, text in words.items() if fates[fate])
    return f"{turned} of {total} connections were turned away although one alone gets through: {listed}."


def _answered_meanwhile(one: Burst) -> int:
    last_s = max(attempt.begun_s for attempt in one.attempts)
    return sum(attempt.first_byte_s is not None and attempt.first_byte_s < last_s for attempt in one.attempts)


def _all_through(passed: int) -> str:
    many = f"{count(passed, 'connection')} at once {'gets' if passed == 1 else 'get'} through"
    return f"{many}: backlog {passed - 1} or more, or an acceptor that is fast enough to hide a smaller one"


def _some_wait(one: Burst, at_least: int, at_most: int) -> str:
    many = one.through
    get = f"{count(many, 'connection')} at once {'gets' if many == 1 else 'get'} through"
    less = f" ({at_least} if the acceptor took {at_most - at_least} meanwhile)" if at_least < at_most else ""
    return f"{get}, the {_ordinal(many + 1)} {_waits(one)}: backlog {at_most}{less}"


def _waits(one: Burst) -> str:
    """What happens to those that do not get through, by the first of them."""
    first = next(attempt for attempt in one.attempts if attempt.fate in TURNED_AWAY)
    if first.fate is Fate.LATE and first.connect_s is not None:
        waited_s = max(first.connect_s, (first.first_byte_s or 0) - first.begun_s if first.retransmits else 0)
        return f"waits {waited_s:.1f} s" if waited_s < 1 else f"waits {waited_s:.0f} s"
    return {Fate.RESET_UNKNOWN: "is reset", Fate.UNACKNOWLEDGED: "is not acknowledged"}.get(
        first.fate, "is not answered"
    )


def _ordinal(number: int) -> str:
    """As people count.

    >>> _ordinal(3), _ordinal(21), _ordinal(12)
    ('third', '21st', '12th')
    """
    words = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth"}
    ending = "th" if number % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return words.get(number, f"{number}{ending}")
