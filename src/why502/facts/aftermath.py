"""Refused connects, and what had been going on at that address just before: the listener was there, and went away.

Wrong addresses and services that were never started refuse connects without ever having taken any. A target that cut
off requests in flight and refuses connects from then on has lost the process behind both.
"""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING

from msgspec import Struct

from why502.facts.deaths import AFTERWARDS_S, began_at
from why502.facts.scene import Cluster
from why502.model.conversations import Outcome
from why502.model.requests import Manner, Phase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.scene import Scene
    from why502.model.case import Window

ENDED = frozenset({Manner.CUT, Manner.RESET, Manner.CLOSED})
AT_WORK = (Phase.SEND, Phase.WAIT, Phase.BODY, Phase.UNKNOWN)
NOT_AT_WORK = frozenset({Outcome.RACED, Outcome.STALE, Outcome.GONE_AWAY})
"""Ends of connections that were idle, or of single streams: a target that lives on makes them all day."""
CLOCK_S = 1.0
"""Logs round to whole seconds."""
CHANCE = 0.05
"""Where requests are cut off all day, one just before the first refused connect tells nothing."""


class Cut(Struct, frozen=True):
    """Requests in flight that were ended just before the first connect was refused, or while connects were."""

    cluster: Cluster
    """That holds most of them."""
    requests: int
    """Those of other clusters included, and those that were begun before and ended while connects were refused: who is
    told to stop closes the listener first."""
    meanwhile: int = 0
    """How many of them are such."""

    @property
    def when(self) -> str:
        """'within 10 s before', or with those that ended meanwhile: to stand before 'the first refused connect'."""
        return f"within {AFTERWARDS_S:.0f} s before{' or some time after' if self.meanwhile else ''}"


def cut_before(scene: Scene) -> Cut | None:
    """None if the cluster's connects were not refused, or if nothing (or no more than by chance) was cut off before.

    Many access logs do not tell how a connect failed.
    """
    window, manner = scene.cluster.window, scene.cluster.manner
    vague = manner is Manner.UNKNOWN and scene.cluster.phase is Phase.CONNECT and scene.cluster.outcome is None
    if window is None or (manner is not Manner.REFUSED and not vague):
        return None
    from_s, to_s = window.from_s - AFTERWARDS_S, window.from_s + CLOCK_S
    found: list[tuple[int, Cluster]] = []
    elsewhere_s: list[float] = []
    meanwhile = 0
    for other in scene.others:
        if (
            other.manner in ENDED
            and other.phase in AT_WORK
            and other.outcome not in NOT_AT_WORK
            and not other.beside_deaths
        ):
            ends_s = [f.at_s for f in other.failures if f.at_s is not None]
            inside = [at_s for at_s in ends_s if from_s <= at_s <= to_s]
            late = [at_s for at_s in _begun_before(other, window) if to_s < at_s <= window.to_s + CLOCK_S]
            meanwhile += len(late)
            found += [(len(inside) + len(late), other)] if inside or late else []
            elsewhere_s += [at_s for at_s in ends_s if not from_s <= at_s <= window.to_s + AFTERWARDS_S]
    number = sum(inside for inside, _ in found)
    if not found or (number == 1 and _by_chance(elsewhere_s, to_s - from_s) > CHANCE):
        return None
    return Cut(max(found, key=lambda one: one[0])[1], number, meanwhile)


def _begun_before(other: Cluster, refused: Window) -> Iterator[float]:
    """When those requests ended that had been begun before the first connect was refused."""
    for failure in other.failures:
        begun_s = began_at(failure)
        if failure.at_s is not None and begun_s is not None and begun_s <= refused.from_s:
            yield failure.at_s


def _by_chance(times_s: list[float], within_s: float) -> float:
    """Chance that one more event of such a rate falls into a span of that width."""
    if len(times_s) < 2 or (span_s := max(times_s) - min(times_s)) <= 0:
        return 0.0
    return 1.0 - exp(-len(times_s) * within_s / span_s)


def was_there(scene: Scene) -> tuple[bool, bool]:
    """Whether requests to the target were served before the cluster's first failure, and after its last one.

    By the wire, or by a sample of the log: False means that nothing shows it. What comes back may do so at another
    address (a new pod has one of its own), on the same port.
    """
    window = scene.cluster.window
    if window is None:
        return False, False
    served_s = list(_served(scene))
    after = any(at_s > window.to_s for at_s in served_s) or any(at_s > window.to_s for at_s in _served_by_peers(scene))
    return any(at_s < window.from_s for at_s in served_s), after


def _served(scene: Scene) -> Iterator[float]:
    if scene.wire is not None:
        yield from (c.answer_s for c in (*scene.wire.ended, *scene.wire.failed) if c.answer_s is not None)
    traffic, target = scene.case.traffic, scene.cluster.target
    if traffic is None or target is None:
        return
    named = {t.target for t in traffic.targets if t.target}
    # Access logs of Caddy and Apache name no address: with one target in all logs it is that one.
    own = {target, None} if named == {target} else {target}
    yield from (one.at_s for one in traffic.sample.others if one.target in own and one.at_s is not None)


def _served_by_peers(scene: Scene) -> Iterator[float]:
    _, colon, port = (scene.cluster.target or "").rpartition(":")
    if not colon:
        return
    for target in scene.case.wire.targets if scene.case.wire else ():
        if target.target.endswith(f":{port}"):
            yield from (c.answer_s for c in target.ended if c.answer_s is not None)
    for one in scene.case.traffic.sample.others if scene.case.traffic else ():
        if one.target is not None and one.target.endswith(f":{port}") and one.at_s is not None:
            yield one.at_s
