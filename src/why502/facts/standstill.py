"""Times at which a target answered nobody: whatever holds up the whole application, new connections wait for it, too.

A process that is stopped (SIGSTOP, a debugger, the freezer of its control group), that collects garbage, whose machine
is paused, or whose one event loop is blocked, neither answers nor accepts. Its kernel goes on to acknowledge what comes
for connections that stand, and to fill the accept queue; what finds that full is dropped. Then the full queue is a
consequence. A queue that is merely too short touches nobody whose connection has been accepted.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from msgspec import Struct

from why502.facts.queueing import LEAVE_TAKEN_S
from why502.facts.scene import Basis
from why502.facts.turns import spans_of
from why502.model.conversations import Outcome
from why502.model.evidence import Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from why502.facts.scene import Failure, ListenerWindow, Scene
    from why502.model.conversations import Conversation
    from why502.model.patterns import Span
    from why502.model.wire import TargetWire

FEWEST = 3
"""Requests; two that wait in vain at one time may be slow by themselves."""
FEWEST_ACCEPTED = 2
"""...of those on connections that had served before."""
BEGUN_S = 0.3
"""What was asked just before may be answered by a part of the application that is held up a moment later."""
ALIVE = 0.1
"""Answers against requests given up meanwhile: more than that, and it was no standstill."""
AT_ONCE_S = 0.25
"""What had been at work, what waited to be read, and what waited to be accepted, one after the other."""
APART = 4.0
"""Requests that were begun so many times further apart than they were answered had one obstacle in common."""
LOOK_S = 1.0
"""Hosts are looked at once a second."""
MOST = 0.5


class Standstill(Struct, frozen=True):
    """No answer came, and requests were given up one after the other."""

    from_s: float
    to_s: float
    """First request in vain, and the first answer (or end) after the last one."""
    given_up: int
    accepted: int
    """Of these, on connections that had served before: they wait in no accept queue."""
    heard: int
    """Requests that came later than the first ones, and that the target's kernel acknowledged all the same..."""
    unheard: int
    """...and those on used connections that it did not: then packets are lost, or the whole machine is gone."""
    woke: int
    """Requests of different age that it answered, or ended, at one instant when it was over."""
    at: Place

    def covers(self, at_s: float) -> bool:
        return self.from_s - BEGUN_S <= at_s <= self.to_s + LOOK_S


def standstills(wire: TargetWire | None) -> tuple[Standstill, ...]:
    """By a capture; as far as conversations are told one by one."""
    if wire is None:
        return ()
    spans = sorted(span for c in (*wire.failed, *wire.ended) for span in spans_of(c))
    answers_s = sorted(span.until_s for span in spans if span.given_up_s is None)
    first = next((c.decided_at for c in wire.failed if c.outcome is Outcome.NOT_ANSWERED), None)
    if first is None:
        return ()
    blocks = (_standstill(block, answers_s, first, wire.failed) for block in _blocks(spans, answers_s))
    return tuple(found for found in blocks if found is not None)


def _blocks(spans: Sequence[Span], answers_s: Sequence[float]) -> Iterator[list[Span]]:
    """Requests given up that overlap, or between which nothing was answered."""
    block: list[Span] = []
    until_s = 0.0
    for span in spans:
        if span.given_up_s is None:
            continue
        if block and span.asked_s > until_s and bisect_left(answers_s, until_s) < bisect_left(answers_s, span.asked_s):
            yield block
            block = []
        block.append(span)
        until_s = max(until_s, span.given_up_s)
    if block:
        yield block


def _standstill(
    block: Sequence[Span], answers_s: Sequence[float], at: Place, failed: Sequence[Conversation]
) -> Standstill | None:
    from_s, to_s = block[0].asked_s, max(span.given_up_s or 0.0 for span in block)
    late = sorted((s.until_s, s.asked_s) for s in block if s.until_s > (s.given_up_s or 0.0) + LEAVE_TAKEN_S)
    meanwhile = bisect_left(answers_s, to_s) - bisect_right(answers_s, from_s + BEGUN_S)
    # What was given up is answered too late where it waits in a line, one after the other: so many did not stand still.
    meanwhile += max(0, _instants([until_s for until_s, _ in late if from_s + BEGUN_S < until_s < to_s]) - 1)
    if len(block) < FEWEST or meanwhile > ALIVE * len(block):
        return None
    after = answers_s[bisect_left(answers_s, to_s) :][:1]
    asked = [c.outcome for c in failed if from_s + BEGUN_S <= (c.request_s or from_s) <= to_s]
    return Standstill(
        from_s=from_s,
        to_s=after[0] if after else max(to_s, late[-1][0] if late else to_s),
        heard=asked.count(Outcome.NOT_ANSWERED),
        unheard=asked.count(Outcome.STALE),
        given_up=len(block),
        accepted=sum(not span.fresh for span in block),
        woke=max((_at_once(late, place) for place in range(len(late))), default=0),
        at=at,
    )


def _instants(times_s: Sequence[float]) -> int:
    """At how many different ones these were; ascending."""
    begun_s: float | None = None
    found = 0
    for at_s in times_s:
        if begun_s is None or at_s - begun_s > AT_ONCE_S:
            begun_s = at_s
            found += 1
    return found


def _at_once(late: Sequence[tuple[float, float]], place: int) -> int:
    """How many ended within that instant from this one on, if they were begun apart; else 0."""
    group = [one for one in late[place:] if one[0] - late[place][0] <= AT_ONCE_S]
    asked_s = [asked for _, asked in group]
    return len(group) if max(asked_s) - min(asked_s) >= APART * AT_ONCE_S else 0


def standstill(scene: Scene) -> Standstill | None:
    """The one in which most of the cluster's failures lie; None if most lie in none."""
    times_s = [f.at_s for f in scene.cluster.failures if f.at_s is not None]
    found = max(standstills(scene.wire), key=lambda s: sum(map(s.covers, times_s)), default=None)
    return found if found is not None and sum(map(found.covers, times_s)) > MOST * len(times_s) else None


def stopped(scene: Scene) -> tuple[ListenerWindow, int] | None:
    """The target's processes were seen held while most of the failures waited: its listener, and at how many looks."""
    window = next((w for w in scene.listeners if w.stopped_s), None)
    if window is None:
        return None
    if scene.cluster.basis is Basis.DROPS:
        return window, len(window.stopped_s)
    spans = [span for failure in scene.cluster.failures if (span := waited(failure)) is not None]
    met = sum(any(begin_s - LOOK_S <= at_s <= end_s for at_s in window.stopped_s) for begin_s, end_s in spans)
    return (window, len(window.stopped_s)) if spans and met > MOST * len(spans) else None


def waited(failure: Failure) -> tuple[float, float] | None:
    """From when to when; by the wire, or by the log."""
    seen, logged = failure.conversation, failure.logged
    if seen is not None:
        return seen.request_s or seen.first_s, seen.end_s or seen.last_s
    request = logged.request if logged else None
    if request is None or request.end_s is None:
        return None
    begun_s = request.start_s if request.start_s is not None else request.end_s - (request.total_s or 0.0)
    return begun_s, request.end_s
