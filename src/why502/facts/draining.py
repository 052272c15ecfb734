"""Requests that outlived the time for which the gateway waits for a target that was taken out of rotation.

AWS, "Deregistration delay": a deregistering target gets no new requests, and what is in flight has that long to end;
"Troubleshoot your Application Load Balancers" names the end of it among the causes of a 502. So such a request began
before the target was taken out, and ended when the delay had run out. How its line in the access log looks beyond
that is not documented.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from why502.facts.deaths import AFTERWARDS_S
from why502.facts.durations import spent_s
from why502.model.settings import Setting, Timer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.facts.scene import Scene
    from why502.model.case import Change

EARLY_S: Final = 1.0
"""Lists of changes tell whole seconds."""


class Drained(NamedTuple):
    """Requests cut when the delay had run out after a recorded change."""

    delay: Setting
    change: Change
    then: int
    known: int
    """Failures whose beginning and end are known."""


def drained(scene: Scene) -> Drained | None:
    """The change that most of them agree with; None if none does, or if no delay is told, or several are."""
    delays = [s for s in scene.case.settings if s.seconds and Timer.DRAIN in s.timers]
    proxies = {p.request.proxy for p in scene.cluster.logged}
    if len({s.seconds for s in delays}) != 1 or proxies != {delays[0].proxy}:
        return None
    spans = list(_spans(scene))
    found = [(_agreeing(change, delays[0], spans), change) for change in scene.case.changes]
    then, change = max(found, key=lambda each: each[0], default=(0, None))
    return Drained(delays[0], change, then, len(spans)) if change is not None and then else None


def _spans(scene: Scene) -> Sequence[tuple[float, float]]:
    requests = [(p.request.end_s, p.request.total_s or spent_s(p.request)) for p in scene.cluster.logged]
    """How long each took, and when it ended."""
    return [(lasted_s, end_s) for end_s, lasted_s in requests if end_s is not None and lasted_s is not None]


def _agreeing(change: Change, delay: Setting, spans: Sequence[tuple[float, float]]) -> int:
    """Ended a delay after the target was taken out, and had begun before; roll-outs take some seconds to begin."""
    delay_s = delay.seconds or 0.0
    return sum(
        lasted_s >= delay_s - EARLY_S and -EARLY_S <= end_s - delay_s - change.at_s <= AFTERWARDS_S
        for lasted_s, end_s in spans
    )
