"""Targets of one group that were cut off one after the other, each once: what a roll-out looks like from outside.

Targets that fail by themselves are drawn anew each time. That n of n instants fall on n different targets has then the
chance n!/n^n (2 in 9 for three, 1 in 26 for five), and that they come at even distances is chance once more; a roll-out
takes one target after the other, and waits about as long for each.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from math import factorial, log2
from typing import TYPE_CHECKING

from msgspec import Struct

from why502.facts.asked_again import asked_again
from why502.facts.coarse import SECOND_S
from why502.facts.deaths import TOGETHER_S
from why502.model.conversations import Outcome
from why502.model.requests import Manner, Phase, Side

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.scene import Scene
    from why502.model.case import Case
    from why502.model.requests import Request
    from why502.model.traffic import Traffic
    from why502.model.wire import Wire

CUT = frozenset({Outcome.CLOSED_BEFORE_ANSWER, Outcome.RESET_BEFORE_ANSWER, Outcome.ANSWER_CUT})
CUT_MANNERS = frozenset({Manner.CUT, Manner.RESET, Manner.CLOSED})
FEWEST = 3
"""Targets; that two fail one after the other says nothing."""
APART_S = 0.5
"""Nearer ones are one event: a retry that takes what kills it from target to target, a fault that all share."""
EVEN = 1.5
"""The longest distance against the shortest: of two random ones, one pair in five is as even
(for exponential distances the ratio is below k either way with the chance (k - 1)/(k + 1))."""
MOST_BITS = 3.5
"""A request that kills, and that its client repeats until no target is left, goes from one to the next as well: at
least one case in twelve."""


class Rollout(Struct, frozen=True):
    """All targets of the group, each cut off at one instant."""

    targets: int
    requests: int
    apart_s: float
    """Mean distance of the instants."""
    even: bool
    bits: float
    """How much likelier this is of a roll-out than of targets that fail by themselves."""


def rollout(scene: Scene) -> Rollout | None:
    """None if the cluster's target has no peers, or if they do not come one after the other."""
    if scene.cluster.target is None:
        return None
    peers = _by_port(scene.case).get(_port(scene.cluster.target), [])
    if (
        scene.cluster.target not in _instants(scene.case)
        or len(peers) < FEWEST
        or any(len(times) != 1 for times in peers)
    ):
        return None
    ordered = sorted((at_s, number) for ((at_s, number),) in peers)
    gaps_s = [after - before for (before, _), (after, _) in pairwise(ordered)]
    # One request at a time may be one client who comes now and then, given to each target in turn.
    several = sum(number > 1 for _, number in ordered)
    if min(gaps_s) < APART_S or 2 * several < len(ordered):
        return None
    even = max(gaps_s) <= EVEN * min(gaps_s)
    n = len(ordered)
    chance = factorial(n) / n**n * (((EVEN - 1) / (EVEN + 1)) if even else 1.0)
    requests = sum(number for _, number in ordered)
    return Rollout(n, requests, sum(gaps_s) / len(gaps_s), even, min(MOST_BITS, -log2(chance)))


Instants = dict[str, list[tuple[float, int]]]
"""Target -> when requests on it were cut off, and how many; empty for one that served all."""


@asked_again
def _instants(case: Case) -> Instants:
    return _of_wire(case.wire) or _of_logs(case.traffic)


@asked_again
def _by_port(case: Case) -> dict[str, list[list[tuple[float, int]]]]:
    """The targets that listen at a port, most likely replicas of one service."""
    found: dict[str, list[list[tuple[float, int]]]] = defaultdict(list)
    for target, times in _instants(case).items():
        found[_port(target)].append(times)
    return found


def _of_wire(wire: Wire | None) -> Instants:
    if wire is None:
        return {}
    return {
        target.target: _gathered([c.end_s for c in target.failed if c.outcome in CUT and c.end_s], TOGETHER_S)
        for target in wire.targets
    }


def _of_logs(traffic: Traffic | None) -> Instants:
    if traffic is None:
        return {}
    times_s: dict[str, list[float]] = defaultdict(list)
    for target, end_s in _cut(place.request for place in traffic.failures):
        times_s[target].append(end_s)
    # Where all times are whole seconds, one instant may show as two of them.
    whole = all(end_s.is_integer() for ends_s in times_s.values() for end_s in ends_s)
    width_s = TOGETHER_S + (SECOND_S if whole else 0.0)
    return {served.target: _gathered(times_s[served.target], width_s) for served in traffic.targets if served.target}


def _cut(requests: Iterator[Request]) -> Iterator[tuple[str, float]]:
    for request in requests:
        cut = request.manner in CUT_MANNERS and request.phase in (Phase.SEND, Phase.WAIT, Phase.BODY)
        if cut and request.side in (Side.PROXY, None) and request.target and request.end_s is not None:
            yield request.target, request.end_s


def _gathered(times_s: list[float], width_s: float) -> list[tuple[float, int]]:
    found: list[tuple[float, int]] = []
    for at_s in sorted(times_s):
        if found and at_s - found[-1][0] <= width_s:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        else:
            found.append((at_s, 1))
    return found


def _port(target: str) -> str:
    return target.rpartition(":")[2]
