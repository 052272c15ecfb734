"""Whether requests waited because others were in front of them: read off a capture or a log, request by request.

A target that serves so many requests at once, and no more, answers those that find a free place as fast as ever and
lets the others wait in line (a queue with c servers, first come, first served). What is slow by itself is overtaken
meanwhile by others that came later; who waits in a line is not.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from heapq import heappop, heappush
from itertools import pairwise
from math import inf
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from why502.facts.coarse import coarse_logs
from why502.facts.places import CLEAR, LEAST_S, Division, divided
from why502.facts.turns import is_known, spans_of
from why502.model.evidence import Place
from why502.model.patterns import Span
from why502.model.requests import Manner, Phase

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from why502.model.conversations import Conversation
    from why502.model.requests import Request
    from why502.model.wire import TargetWire

SLOW = 1.5
"""Times what is usual. Who waits for a place waits for half a service time on average; and paths differ."""
FEWEST = 3
"""Requests that came while none, or the fewest, were in flight, to tell what is usual."""
KNOWN = 0.9
"""Share of the conversations that have to be known request by request: who is not seen is not counted as in front."""
MOVED = 0.9
FEW = 0.05
"""Of those given up: in a line that moves nearly all see it move, and nearly none is overtaken."""
ALONE = 0.02
"""One place is taken for less: it only keeps two explanations apart that nobody can tell apart by this."""
LATER_S = 0.002
"""Two requests that came closer together than that may have been taken up in another order."""
LEAVE_TAKEN_S = 0.2
"""The target's kernel may take so long to acknowledge the FIN that gives a request up (TCP_DELACK_MAX, net/tcp.h):
nobody answered with that."""
MAX_SPANS = 5000
MAX_GIVEN_UP = 200
MAX_BEFORE = 1000


class Queueing(Struct, frozen=True):
    """How the requests at one target stood in each other's way."""

    division: Division
    crowds: int
    """Those in which some had to wait. One stall that begins in the middle of a crowd looks like a lack of places; two
    do not begin at the same place of theirs."""
    usual_s: float | None
    """For requests that came while none, or the fewest, were in flight; None: there are too few."""
    given_up: int
    """Those that others followed while they waited."""
    overtaken: int
    """Of these: one that had come later was answered before..."""
    advanced: int
    """...or only such as had come before were answered meanwhile: it stood in a line that moved."""
    at: Place

    @property
    def has_places(self) -> bool:
        """So many at once, and more than one, are served in the usual time, and nobody else is."""
        return self.division.places > 1 and self.division.p < CLEAR and self.division.is_sharp

    @property
    def grows_slower(self) -> bool:
        """With each request in flight, as where all share a processor or a database."""
        return self.division.p < CLEAR and self.division.is_gradual

    @property
    def one_by_one(self) -> bool:
        """One is served at a time: a single worker, or a program that does one thing at a time."""
        return self.division.places == 1 and self.division.p < ALONE

    @property
    def is_overtaken(self) -> bool:
        """Most of those given up stood in no line."""
        return not self.has_places and self.overtaken > 0 and 2 * self.overtaken >= self.given_up

    @property
    def in_line(self) -> bool:
        """Those given up waited until those before them were served; of two at work the later may be done first."""
        moved = self.advanced >= MOVED * self.given_up
        return moved and self.given_up >= FEWEST and self.overtaken <= FEW * self.given_up


def queueing(wire: TargetWire | None) -> Queueing | None:
    """None if no capture tells of nearly all requests one by one."""
    own = _known(wire)
    return queueing_of(spans_of_wire(wire), own[0].at) if own else None


def spans_of_wire(wire: TargetWire | None) -> Sequence[Span]:
    """Empty if no capture tells of nearly all requests one by one."""
    return _around(sorted((span for c in _known(wire) for span in spans_of(c)), key=lambda span: span[:2]))


def _known(wire: TargetWire | None) -> Sequence[Conversation]:
    known = [c for c in (*wire.failed, *wire.ended) if is_known(c)] if wire is not None else []
    if wire is None or len(known) < max(KNOWN * wire.conversations, 1):
        return ()
    return _of_one_recorder(known)


def _of_one_recorder(known: Sequence[Conversation]) -> Sequence[Conversation]:
    """Those of the capture in which most failed, if several captures are of the same time.

    What two ends recorded is one by now (`facts.both_ends`): these saw different traffic, perhaps of two machines that
    have one address in networks of their own, and who was first between them tells nothing.
    """
    groups: dict[str, list[Conversation]] = defaultdict(list)
    for conversation in known:
        groups[conversation.at.path].append(conversation)
    begun = sorted((min(c.first_s for c in group), max(c.first_s for c in group)) for group in groups.values())
    if all(last_s <= first_s for (_, last_s), (first_s, _) in pairwise(begun)):
        return known  # the files of a ring: in each began what its packets say
    return max(groups.values(), key=lambda group: sum(c.failed for c in group))


def queueing_of(spans: Sequence[Span], at: Place) -> Queueing:
    """Of all requests at one target, in the order in which they came."""
    crowds = list(_crowds(spans))
    first = _least_crowded([one for crowd in crowds for one in crowd])
    rough_s = _quick_s(first)
    unsure = _behind_given_up(spans, rough_s)
    usual_s = _usual_s([span for span in first if span not in unsure or _lasted_s(span) <= _limit_s(rough_s)])
    limit_s = _limit_s(usual_s)
    told = [[(ahead, _lasted_s(span)) for span, ahead in crowd if span not in unsure] for crowd in crowds]
    slow = [crowd for crowd in told if any(lasted_s > limit_s for _, lasted_s in crowd)]
    gone = [place for place, one in enumerate(spans) if one.given_up_s is not None]
    waits = [_passed(place, spans) for place in gone[:MAX_GIVEN_UP]]
    followed = [wait for wait in waits if wait.followed]
    return Queueing(
        division=divided([one for crowd in slow for one in crowd], limit_s),
        crowds=len(slow),
        usual_s=usual_s,
        given_up=len(followed),
        overtaken=sum(wait.overtaken for wait in followed),
        advanced=sum(wait.advanced and not wait.overtaken for wait in followed),
        at=at,
    )


def _least_crowded(came: Sequence[tuple[Span, int]]) -> list[Span]:
    """Requests that came while none was in flight; where a line never ended, those with the fewest before them."""
    ahead = sorted(ahead for _, ahead in came)
    most = ahead[FEWEST - 1] if len(ahead) >= FEWEST else 0
    return [span for span, before in came if before <= most]


def _usual_s(alone: Sequence[Span]) -> float | None:
    return median(map(_lasted_s, alone)) if len(alone) >= FEWEST else None


def _quick_s(alone: Sequence[Span]) -> float | None:
    """The lower quartile: what the target is still at work on makes others later, and none sooner."""
    return sorted(map(_lasted_s, alone))[(len(alone) - 1) // 4] if len(alone) >= FEWEST else None


def _limit_s(usual_s: float | None) -> float:
    return max(SLOW * usual_s, usual_s + LEAST_S) if usual_s is not None else inf


def _behind_given_up(spans: Sequence[Span], usual_s: float | None) -> set[Span]:
    """Requests that came while the target may still have been at work on what had been given up.

    Many programs do not notice that a proxy has closed: who comes then finds fewer in flight than the target has. It
    lasts until one is answered as fast as ever, or as if one worker had to do it all.
    """
    unsure, waiting = set[Span](), list[float]()
    left, last_s = 0, 0.0
    for span in spans:
        while waiting and waiting[0] <= span.asked_s:
            left, last_s = left + 1, heappop(waiting)
        if usual_s is None or span.asked_s > last_s + left * usual_s:
            left = 0
        if left:
            unsure.add(span)
            left *= _lasted_s(span) > _limit_s(usual_s)
        if span.given_up_s is not None and span.until_s <= span.given_up_s + LEAVE_TAKEN_S:
            heappush(waiting, span.given_up_s)
    return unsure


def spans_of_logs(requests: Sequence[Request]) -> dict[str, tuple[Span, ...]]:
    """By target ('' where the log names none), of logs that tell fractions of a second; only where one was given up."""
    targets = {r.target for r in requests if _given_up(r)}
    told = [r for r in requests if r.target in targets and r.status is not None] if targets else []
    coarse = coarse_logs(told)
    found: dict[str, list[Span]] = defaultdict(list)
    for r in told:
        if r.start_s is not None and r.end_s is not None and r.at.path not in coarse:
            timed = not r.failed and r.wait_s is not None
            until_s = r.start_s + (r.connect_s or 0.0) + (r.wait_s or 0.0) if timed else r.end_s
            found[r.target or ""].append(Span(r.start_s, until_s, r.end_s if _given_up(r) else None))
    return {target: tuple(_around(sorted(spans, key=lambda span: span[:2]))) for target, spans in found.items()}


def _given_up(request: Request) -> bool:
    return (request.phase, request.manner) == (Phase.WAIT, Manner.TIMEOUT) and request.status is not None


def _around(spans: Sequence[Span]) -> Sequence[Span]:
    """Enough of them, from some time before the first that was given up."""
    first = next((place for place, span in enumerate(spans) if span.given_up_s is not None), 0)
    begin = max(0, first - MAX_SPANS // 4)
    return spans[begin : begin + MAX_SPANS]


def _lasted_s(span: Span) -> float:
    return span.until_s - span.asked_s


def _crowds(spans: Sequence[Span]) -> Iterator[list[tuple[Span, int]]]:
    """Requests with how many were in flight as they came; a crowd ends where none is in flight."""
    crowd: list[tuple[Span, int]] = []
    in_flight: list[float] = []
    for span in spans:
        while in_flight and in_flight[0] <= span.asked_s:
            heappop(in_flight)
        if crowd and not in_flight:
            yield crowd
            crowd = []
        crowd.append((span, len(in_flight)))
        heappush(in_flight, span.until_s)
    if crowd:
        yield crowd


class _Wait(NamedTuple):
    """What went on while one request waited in vain."""

    followed: bool
    overtaken: bool
    advanced: bool


def _passed(place: int, spans: Sequence[Span]) -> _Wait:
    """Of the one at that place.

    Who has a connection needs not wait to be accepted: a new one is overtaken only by another new one, and only by one
    that was connected later, whichever of the two sent its request first.
    """
    one = spans[place]
    given_up_s = one.until_s if one.given_up_s is None else one.given_up_s
    followers = spans[bisect_right(spans, (one.asked_s + LATER_S,)) : bisect_left(spans, (given_up_s,))]
    before = spans[max(0, place - MAX_BEFORE) : place]
    return _Wait(
        followed=bool(followers),
        overtaken=any(_answered(other, given_up_s) and _came_later(other, one) for other in followers),
        advanced=any(_answered(other, given_up_s) and other.until_s > one.asked_s for other in before),
    )


def _came_later(follower: Span, one: Span) -> bool:
    """Of two requests, the first sent earlier: whether the other one was behind it in the line as well."""
    if not one.fresh:
        return True
    if one.connected_s is None or follower.connected_s is None:
        return follower.fresh
    return follower.connected_s > one.connected_s


def _answered(other: Span, before_s: float) -> bool:
    """Answered before then: in time, or so late that the proxy had given it up. It was its turn all the same."""
    answered = other.given_up_s is None or other.until_s > other.given_up_s + LEAVE_TAKEN_S
    return answered and other.until_s < before_s
