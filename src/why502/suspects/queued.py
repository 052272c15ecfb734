"""Whether requests that were given up had waited in a line, as the suspects weigh it: a lack of workers makes one, what
is slow by itself is slow to single requests as well.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING

from why502.facts.coarse import coarse_logs
from why502.facts.crowding import CLEAR, crowding, crowding_of
from why502.facts.not_taken import not_taken
from why502.facts.queueing import SLOW, queueing, queueing_of, spans_of_wire
from why502.facts.standstill import MOST, standstills
from why502.facts.turns import spans_of
from why502.model.conversations import Outcome
from why502.model.evidence import Evidence, Place, Source
from why502.model.requests import Manner, Phase
from why502.model.traffic import BURST_GAP_S
from why502.suspects.throttled import in_step, throttled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from why502.facts.not_taken import NotTaken
    from why502.facts.queueing import Queueing
    from why502.facts.scene import Scene
    from why502.model.conversations import Conversation
    from why502.model.patterns import Span


LOG_PLACES = 0.6
"""By a log alone: what the kernel kept from a full accept queue lasts longer as well, and in crowds only."""


def queued(
    scene: Scene, *, places: float, in_line: float, overtaken: float, spared: float, not_spared: float
) -> Iterator[Evidence]:
    """One of the following, the clearest first; `spared` and `not_spared` are for the sizes of bursts (`_crowded`).

    `places`: so many at once were served as fast as ever, and only those beyond that number waited; or only new
    connections waited, and used ones did not. `overtaken`: others
    came later and were answered before. `in_line`: nobody was, and those before were served meanwhile. Where one is
    served at a time, a single worker and a program that does one thing at a time (an event loop, a lock, a processor
    that is used up) make the same line, and the sizes of bursts tell no more. Nor do they where all grow slower with
    each that is in flight, where answers keep step with each other, or where its control group is known to have stood
    still; then its quota may grant no more places.
    """
    found, source = _found(scene)
    stood_still = bool(throttled(scene, 1.0))
    if (left := _left_waiting(scene)) is not None and found is not None:
        text = (
            f"{left.new_given_up} of {left.new} requests on new connections waited in vain, and none of {left.used} on "
            f"connections that had been accepted before (p = {left.p:.1g})"
        )
        yield Evidence(places, text, Source.CAPTURE, found.at)
    elif found is not None and found.has_places:
        # A single stall that began in the middle of a crowd would look the same.
        bits = (places if found.crowds > 1 else places / 2) * (1.0 if source is Source.CAPTURE else LOG_PLACES)
        bits = bits / 2 if stood_still else bits
        yield Evidence(bits, _divided(found), source, found.at)
    elif found is not None and (found.one_by_one or found.grows_slower):
        return
    elif found is not None and found.is_overtaken:
        overtaken_of = f"{found.overtaken} of {found.given_up} given up were overtaken"
        text = f"{overtaken_of}: requests that came later were answered before"
        # On a dead connection, or with packets lost, a request is overtaken as well: a log says only what it was not.
        yield Evidence(overtaken if source is Source.CAPTURE else min(overtaken, 0.0), text, source, found.at)
    elif not stood_still and not in_step(scene):
        by_size = (*_crowded(scene, spared=spared, not_spared=not_spared),)
        yield from by_size
        if found is not None and found.in_line and not by_size and source is Source.CAPTURE:
            text = f"{found.given_up} given up had waited in a line: only those before them were answered meanwhile"
            yield Evidence(in_line, text, source, found.at)


def _left_waiting(scene: Scene) -> NotTaken | None:
    return not_taken(spans_of_wire(scene.wire)) if scene.cluster.outcome is Outcome.NOT_ANSWERED else None


def _found(scene: Scene) -> tuple[Queueing | None, Source]:
    """By the capture, which sees late answers as well; else by a log."""
    cluster = scene.cluster
    found = queueing(scene.wire) if cluster.outcome is Outcome.NOT_ANSWERED else None
    if found is not None or not cluster.logged or (cluster.phase, cluster.manner) != (Phase.WAIT, Manner.TIMEOUT):
        return found, Source.CAPTURE
    spans = scene.case.spans.get(cluster.target or "", scene.case.spans.get("", ()))
    if cluster.outcome in (None, Outcome.NOT_ANSWERED) and spans:
        found = queueing_of(spans, Place(cluster.logged[0].request.at.path))
    return found, Source.ACCESS_LOG


def _crowded(scene: Scene, *, spared: float, not_spared: float) -> Iterator[Evidence]:
    """Whether requests had to come in crowds to be given up: bits if small bursts were spared, and if they were not.

    A program that is slow by itself is slow to single requests as well.
    """
    cluster = scene.cluster
    if scene.traffic is None or not cluster.logged or (cluster.phase, cluster.manner) != (Phase.WAIT, Manner.TIMEOUT):
        return
    source, at = Source.ACCESS_LOG, Place(cluster.logged[0].request.at.path)
    found = crowding(scene.traffic)
    if found is not None and cluster.outcome is Outcome.NOT_ANSWERED and coarse_logs(p.request for p in cluster.logged):
        # In whole seconds bursts run together, and what stopped a whole one seems to have hit a part; the wire knows.
        if spans := spans_of_wire(scene.wire):
            found, source, at = crowding_of(spans), Source.CAPTURE, cluster.conversations[0].decided_at
        elif _stood_still(scene):
            found = found.as_often(_times_hit(cluster.conversations))
    # Bursts are counted with all their failures: where most are of another kind, they say nothing of this one.
    if found is None or cluster.count <= scene.traffic.failed / 2:
        return
    if found.spares_small:
        yield Evidence(spared if found.p < CLEAR else spared * 0.7, str(found), source, at)
    elif found.spares_none and not_spared:
        yield Evidence(not_spared, str(found), source, at)


def _stood_still(scene: Scene) -> bool:
    """Whether nobody was answered while most of these waited, be it at several times, nor anybody who had asked with
    them: a limit spares those who came first.
    """
    if scene.wire is None:
        return False
    asked_s = sorted(c.request_s for c in scene.cluster.conversations if c.request_s is not None)
    spans = (span for c in (*scene.wire.failed, *scene.wire.ended) for span in spans_of(c) if span.given_up_s is None)
    with_them = sum(_asked_meanwhile(span, asked_s) for span in spans)
    if with_them > MOST * len(asked_s):
        return False
    found = standstills(scene.wire)
    times_s = [f.at_s for f in scene.cluster.failures if f.at_s is not None]
    return sum(any(stall.covers(at_s) for stall in found) for at_s in times_s) > MOST * len(times_s)


def _asked_meanwhile(served: Span, asked_s: Sequence[float]) -> bool:
    """Whether it was asked in a burst with one of those (ascending), and answered after that one had been asked."""
    place = bisect_right(asked_s, served.asked_s - BURST_GAP_S)
    return place < len(asked_s) and asked_s[place] < min(served.until_s, served.asked_s + BURST_GAP_S)


def _times_hit(failed: Sequence[Conversation]) -> int:
    """Bursts in which these were asked."""
    asked_s = sorted(c.request_s for c in failed if c.request_s is not None)
    return 1 + sum(after_s - before_s > BURST_GAP_S for before_s, after_s in pairwise(asked_s))


def _divided(found: Queueing) -> str:
    d = found.division
    usual_s = (found.usual_s or 0.0) * SLOW
    return (
        f"{d.places} at once were served: {d.found - d.found_slow} of {d.found} requests that came while fewer were in "
        f"flight were answered within {usual_s:.2g} s, {d.waited - d.waited_slow} of {d.waited} others (p = {d.p:.1g})"
    )
