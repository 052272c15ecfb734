"""Whether a target went step by step, by a log of whole seconds: connects refused before requests in flight ended.

Such a log tells no moment, but spans in which each lies, and writes its lines as requests end: nginx `$time_local` and
Apache `%t` with a duration in fractions, Traffic Server with whole seconds for both. Requests that one event ended
ended in what their spans have in common.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from why502.facts.coarse import SECOND_S
from why502.facts.deaths import AFTERWARDS_S, logs_to_the_second
from why502.model.requests import Manner, Phase, Request

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from why502.facts.scene import Scene

APART_S = 0.5
"""Between the middles of the spans: what dies and is refused right after lies in one span, or next to it."""
INSTANT_S = 0.05
"""A refusal takes one round trip."""


class Steps(Struct, frozen=True):
    """Connects that were refused while requests were at work that ended later."""

    requests: int
    refused: int
    ahead_s: float
    """From the middle of the span of the first refusal to that of the end."""


class _Ended(Struct, frozen=True):
    """Requests that one event may have ended."""

    at_s: float
    """The middle of what their spans have in common."""
    requests: tuple[Request, ...]


def steps_in_seconds(scene: Scene) -> Steps | None:
    """None if no log of whole seconds shows it, or if it is told better by other evidence."""
    rough = logs_to_the_second(scene)
    cut = [p.request for p in scene.cluster.logged if p.request.at.path in rough and _timed(p.request)]
    if scene.wire is not None or not cut or len(cut) < len(scene.cluster.failures) / 2:
        return None
    refused = [r for r in _refused(scene) if r.at.path in rough]
    found = (_step(ended, cut, refused) for ended in _groups(cut))
    return max((one for one in found if one is not None), key=lambda one: one.requests, default=None)


def _step(ended: _Ended, cut: Sequence[Request], refused: Sequence[Request]) -> Steps | None:
    path, line = ended.requests[0].at.path, min(_line(r) for r in ended.requests)
    ahead = [r for r in refused if r.at.path == path and _line(r) < line and ended.at_s - _when_s(r) <= AFTERWARDS_S]
    begun_s = max(ended.at_s - _lasted_s(r) for r in ended.requests)
    meanwhile = [r for r in ahead if begun_s <= _when_s(r)]
    if not meanwhile:
        return None
    first_s, first_line = min((_when_s(r), _line(r)) for r in meanwhile)
    # A service that dies again and again is refused after each time, and so before the next one.
    died_before = any(_line(r) < first_line and first_s - (r.end_s or 0.0) <= AFTERWARDS_S for r in cut)
    was_away = any(_when_s(r) + SECOND_S <= begun_s for r in ahead)
    if ended.at_s - first_s < APART_S or died_before or was_away:
        return None
    return Steps(len(ended.requests), len(meanwhile), ended.at_s - first_s)


def _groups(cut: Sequence[Request]) -> Iterator[_Ended]:
    """Those whose spans have something in common."""
    group: list[Request] = []
    from_s = to_s = 0.0
    for request in sorted(cut, key=lambda r: (_span(r), _line(r))):
        begin_s, end_s = _span(request)
        if group and begin_s > to_s:
            yield _Ended((from_s + to_s) / 2, tuple(group))
            group = []
        from_s, to_s = begin_s, min(to_s, end_s) if group else end_s
        group.append(request)
    if group:
        yield _Ended((from_s + to_s) / 2, tuple(group))


def _span(request: Request) -> tuple[float, float]:
    """In which it ended."""
    end_s = request.end_s or 0.0
    return end_s, end_s + (2 if _lasted_whole(request) else 1) * SECOND_S


def _lasted_s(request: Request) -> float:
    """On average, if what is beyond whole seconds was cut off."""
    return (request.total_s or 0.0) + (SECOND_S / 2 if _lasted_whole(request) else 0.0)


def _lasted_whole(request: Request) -> bool:
    begin_s, total_s = request.start_s or 0.0, request.total_s or 0.0
    return begin_s.is_integer() and total_s.is_integer() and total_s > 0


def _line(request: Request) -> int:
    return request.at.number or 0


def _when_s(refused: Request) -> float:
    """The middle of the second in which it was begun, and refused at once."""
    return (refused.start_s or 0.0) + SECOND_S / 2


def _refused(scene: Scene) -> Iterator[Request]:
    """Many logs do not say how a connect failed: one that failed at once was refused, or as good as that."""
    for cluster in scene.others:
        if cluster.phase is Phase.CONNECT and cluster.manner in (Manner.REFUSED, Manner.UNKNOWN):
            for place in cluster.logged:
                if _timed(place.request) and (place.request.total_s or 0.0) <= INSTANT_S:
                    yield place.request


def _timed(request: Request) -> bool:
    return request.start_s is not None and request.end_s is not None and request.total_s is not None
