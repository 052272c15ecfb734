"""Which of the limits told by configurations and command lines can be those of a cluster's target."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final, NamedTuple

from why502.facts.durations import spent_s
from why502.facts.listeners import split_address
from why502.facts.server_commands import of_command
from why502.model.evidence import Place
from why502.model.requests import Manner
from why502.model.settings import Limit, TargetSetting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from why502.facts.scene import Scene
    from why502.model.patterns import Span

EARLY_S: Final = 0.05
"""A timer never fires early; logs round, and the proxy's clock begins a little sooner."""
LATE_S: Final = 0.5
LOST: Final = frozenset({Manner.CUT, Manner.RESET, Manner.CLOSED})


def limit_of(scene: Scene, limit: Limit) -> TargetSetting | None:
    """What limits the target; None if nothing tells, or if it is told in different ways.

    Command lines at the target's own address go first, for they outrank files. A setting that tells another port, or
    another socket, is another server's; one that tells none is the target's only if all requests went to one port.
    """
    host = [s for s in _of_listeners(scene) if s.limit is limit]
    told = [s for s in scene.case.target_settings if s.limit is limit]
    target = scene.cluster.target
    files = [s for s in told if target is None or not s.hosts]
    own = [*host, *(s for s in told if target is not None and _is_at(s, target))]
    if not own:
        own = [s for s in files if target is not None and s.address and s.address == _address(target)]
    if not own and (target is None or len(_addresses(scene)) <= 1):
        own = [s for s in files if target is None or not s.address]
    return own[0] if len({s.value for s in own}) == 1 else None


def _is_at(setting: TargetSetting, target: str) -> bool:
    """Whether its container is the one that the proxy talked to."""
    host, port = split_address(target)
    return host.strip("[]") in setting.hosts and (not setting.address or not port or setting.address == port)


def _of_listeners(scene: Scene) -> Iterator[TargetSetting]:
    """The command lines of processes that were seen to listen there; their kernel tells the backlog itself."""
    for window in scene.listeners:
        words = window.process.command.split() if window.process else []
        at = Place(window.at.path, name=f"{window.listener.address} command line", mark="#")
        for option in of_command(words):
            if option.limit is not Limit.BACKLOG:
                yield TargetSetting(option.server, option.name, option.limit, option.value, at, late_s=option.late_s)


def _address(target: str) -> str:
    """As `TargetSetting.address` tells it."""
    return target if target.startswith("unix:") else split_address(target)[1]


def _addresses(scene: Scene) -> set[str]:
    traffic = scene.case.traffic
    named = [t.target for t in traffic.targets] if traffic else []
    return {_address(name) for name in (*named, scene.cluster.target or "") if name}


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
    low_s, high_s = due.value - EARLY_S, due.value + due.late_s + LATE_S
    return Killed(due, sum(low_s <= seen_s <= high_s for seen_s in lasted_s), len(lasted_s)) if lasted_s else None


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
