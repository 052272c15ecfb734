"""Whether requests that were given up had waited in a line, as the suspects weigh it: a lack of workers makes one, what
is slow by itself is slow to single requests as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.facts.queueing import SLOW, queueing
from why502.model.conversations import Outcome
from why502.model.evidence import Evidence, Source
from why502.suspects.weighing import crowded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.queueing import Queueing
    from why502.facts.scene import Scene


def queued(
    scene: Scene, *, places: float, in_line: float, overtaken: float, spared: float, not_spared: float
) -> Iterator[Evidence]:
    """One of the following, the clearest first; `spared` and `not_spared` are for the sizes of bursts (`crowded`).

    `places`: so many at once were served as fast as ever, and only those beyond that number waited. `overtaken`: others
    came later and were answered before. `in_line`: nobody was, and those before were served meanwhile. Where one is
    served at a time, a single worker and a program that does one thing at a time (an event loop, a lock, a processor
    that is used up) make the same line, and the sizes of bursts tell no more.
    """
    found = queueing(scene.wire) if scene.cluster.outcome is Outcome.NOT_ANSWERED else None
    if found is not None and found.has_places:
        # A single stall that began in the middle of a crowd would look the same.
        yield _evidence(found, places if found.crowds > 1 else places / 2, _divided(found))
    elif found is not None and found.one_by_one:
        return
    elif found is not None and found.is_overtaken:
        overtaken_of = f"{found.overtaken} of {found.given_up} given up were overtaken"
        text = f"{overtaken_of}: requests that came later were answered before"
        yield _evidence(found, overtaken, text)
    else:
        by_size = (*crowded(scene, spared=spared, not_spared=not_spared),)
        yield from by_size
        if found is not None and found.in_line and not by_size:
            text = f"{found.given_up} given up had waited in a line: only those before them were answered meanwhile"
            yield _evidence(found, in_line, text)


def _evidence(found: Queueing, bits: float, text: str) -> Evidence:
    return Evidence(bits, text, Source.CAPTURE, found.at)


def _divided(found: Queueing) -> str:
    d = found.division
    usual_s = (found.usual_s or 0.0) * SLOW
    return (
        f"{d.places} at once were served: {d.found - d.found_slow} of {d.found} requests that came while fewer were in "
        f"flight were answered within {usual_s:.2g} s, {d.waited - d.waited_slow} of {d.waited} others (p = {d.p:.1g})"
    )
