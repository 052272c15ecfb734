"""Which of the limits told by configurations and command lines can be those of a cluster's target."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final, NamedTuple

from why502.facts.durations import spent_s
from why502.facts.server_commands import of_command
from why502.facts.told_limits import kills_after, told_of
from why502.model.evidence import Place
from why502.model.requests import Manner
from why502.model.settings import Limit, TargetSetting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from why502.facts.scene import Scene
    from why502.model.patterns import Span

LOST: Final = frozenset({Manner.CUT, Manner.RESET, Manner.CLOSED})


def limit_of(scene: Scene, limit: Limit) -> TargetSetting | None:
    """What limits the target of that cluster, as `Told.of` finds it."""
    seen, told = tuple(_of_listeners(scene)), scene.case.target_settings
    return told_of(told, scene.case.traffic).of(scene.cluster.target, limit, seen) if seen or told else None


def _of_listeners(scene: Scene) -> Iterator[TargetSetting]:
    """The command lines of processes that were seen to listen there; their kernel tells the backlog itself."""
    for window in scene.listeners:
        words = window.process.command.split() if window.process else []
        at = Place(window.at.path, name=f"{window.listener.address} command line", mark="#")
        for option in of_command(words):
            if option.limit is not Limit.BACKLOG:
                yield TargetSetting(option.server, option.name, option.limit, option.value, at, late_s=option.late_s)


class Killed(NamedTuple):
    """Requests that ended just when the server kills a worker for the length of its request."""

    setting: TargetSetting
    then: int
    known: int
    """Failures whose length is known."""


def killed(scene: Scene) -> Killed | None:
    """None if nothing tells when it does, or if the proxy does not say that the target ended them."""
    due = limit_of(scene, Limit.WORK)
    if due is None or scene.cluster.manner not in LOST:
        return None
    lasted_s = [seen_s for p in scene.cluster.logged if (seen_s := spent_s(p.request)) is not None]
    return Killed(due, sum(kills_after(due, seen_s) for seen_s in lasted_s), len(lasted_s)) if lasted_s else None


class Crowd(NamedTuple):
    """How many others were at work as requests came that were given up, against the workers that there are."""

    setting: TargetSetting
    given_up: int
    all_busy: int
    """Of those: as many others were in flight as there are workers, or more."""
    most: int
    """Others in flight, at most."""


def crowd(scene: Scene) -> Crowd | None:
    """By logs that tell fractions of a second; None if nothing tells, or too few were given up."""
    workers = limit_of(scene, Limit.WORKERS)
    spans = scene.case.spans.get(scene.cluster.target or "", scene.case.spans.get("", ()))
    if workers is None or not spans:
        return None
    ahead = [others for span, others in _with_others(spans) if span.given_up_s is not None]
    if not ahead:
        return None
    return Crowd(workers, len(ahead), sum(others >= workers.value for others in ahead), max(ahead))


def _with_others(spans: Sequence[Span]) -> Iterator[tuple[Span, int]]:
    in_flight: list[float] = []
    for span in spans:
        while in_flight and in_flight[0] <= span.asked_s:
            heappop(in_flight)
        yield span, len(in_flight)
        heappush(in_flight, span.until_s)
