"""All that the logs alone yield, in one value: what `why502 logs` shows."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct

from why502.facts.change_links import Correlation, correlate
from why502.facts.change_points import Changes, change_points
from why502.facts.clusters import clusters
from why502.facts.concentration import Dimension, client, concentrations, edge, node, path
from why502.facts.deaths import Deaths, deaths
from why502.facts.durations import SameDuration, same_durations
from why502.facts.health import unhealthy
from why502.facts.idle_gaps import IdleGap, idle_gap
from why502.facts.scene import Cluster, Scene
from why502.facts.silences import by_gateway
from why502.facts.timers import pool_timers
from why502.facts.told_limits import closes_after, told_of
from why502.facts.unread import unread
from why502.model.case import KernelEvent
from why502.model.evidence import Source
from why502.model.requests import Manner, Phase, Side
from why502.model.settings import Limit, Setting, TargetSetting
from why502.model.traffic import SYN_STEP_SLACK_S, SYN_STEPS_S, Traffic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from why502.model.case import Case
    from why502.model.patterns import Traits
    from why502.model.traffic import TargetTraffic


class Slow(Struct, frozen=True):
    """Connects that waited for a SYN to be sent again."""

    target: str
    delayed: int
    served: int
    """Of those that are kept one by one, did not fail: clients were only delayed."""
    kept: int
    timed: int
    """Requests to that target whose time to connect is known."""
    steps: dict[str, int]
    """'1 s' -> how many of the kept ones."""


class DiedTogether(Struct, frozen=True):
    """Requests that one target lost in flight, and connects that it refused right after."""

    target: str | None
    at_s: float
    lost: int
    together: int
    """Of those: began at different times and ended at one instant; 0: they began together as well."""
    refused_after: int


class Silence(Struct, frozen=True):
    """One length of silence that failures of a target keep to, and what configurations say closes connections then."""

    gap: IdleGap
    targets: TargetSetting | None = None
    """Of the server behind the gateway..."""
    gateways: Setting | None = None
    """...and of the gateway's own pool."""

    @property
    def closed_by(self) -> Iterator[str]:
        """Each with its place."""
        if self.targets is not None:
            yield f"{self.targets} [{self.targets.at}]"
        if self.gateways is not None:
            yield f"{self.gateways.proxy}'s {self.gateways}"

    def __str__(self) -> str:
        equal = " and ".join(self.closed_by)
        return f"{self.gap}; that is {equal}" if equal else str(self.gap)


class Tally(Struct, frozen=True):
    """How often one value occurs among failures."""

    value: str
    by_gateway: int
    by_target: int
    others: int
    """Among the requests that did not fail, of a sample if there are many."""


class LogSummary(Struct, frozen=True):
    """What the logs say; times are epoch seconds."""

    traffic: Traffic
    hidden: int
    """Failures that no client saw (`facts.attempts`), as far as failures are kept one by one."""
    gateway: Changes
    answered: Changes
    """When targets answered with errors of their own."""
    clients: tuple[Tally, ...]
    paths: tuple[Tally, ...]
    nodes: tuple[Tally, ...]
    """Edge locations, or nodes of a balancer."""
    dimensions: tuple[Dimension, ...]
    idle_gaps: tuple[Silence, ...]
    slow_connects: tuple[Slow, ...]
    durations: tuple[SameDuration, ...]
    deaths: tuple[DiedTogether, ...]
    changes: Correlation | None
    unhealthy: tuple[KernelEvent, ...]
    """Health checks that failed, servers taken out."""
    settings: tuple[Setting, ...] = ()
    """Timers of the gateway that configurations among the evidence set."""
    target_settings: tuple[TargetSetting, ...] = ()
    """Limits of targets that configurations and command lines among the evidence set."""
    unread: tuple[str, ...] = ()
    """What is to be said of files of which much was not understood."""


MOST_TALLIED = 20
POOL_SPREAD_S = 1.0
"""Logs tell silences to the second, and a pool looks for what is idle now and then."""
IN_FLIGHT = frozenset({Phase.SEND, Phase.WAIT, Phase.BODY})
LOST = frozenset({Manner.CUT, Manner.RESET, Manner.CLOSED})


def summarise_logs(case: Case) -> LogSummary | None:
    """None if the case has no logs of requests."""
    traffic = case.traffic
    if traffic is None:
        return None
    gateway = change_points(traffic.intervals, traffic.interval_s)
    answered = change_points(traffic.intervals, traffic.interval_s, lambda i: i.by_target)
    return LogSummary(
        traffic=traffic,
        hidden=_hidden(case, traffic),
        gateway=gateway,
        answered=answered,
        clients=_tally(traffic, client),
        paths=_tally(traffic, path),
        nodes=_tally(traffic, edge) or _tally(traffic, node),
        dimensions=concentrations(traffic),
        idle_gaps=tuple(_silence(case, gap) for t in traffic.targets if (gap := idle_gap(traffic, t)) is not None),
        slow_connects=tuple(_slow(t) for t in traffic.targets if t.delayed_connects_total),
        durations=same_durations(traffic.failures, case.settings, told_of(case.target_settings, traffic)),
        deaths=tuple(_deaths(case)),
        changes=_changes(case, traffic, gateway, answered),
        unhealthy=unhealthy(case),
        settings=case.settings,
        target_settings=tuple(dict.fromkeys(case.target_settings)),
        unread=tuple(unread(case.inputs)),
    )


def _silence(case: Case, gap: IdleGap) -> Silence:
    theirs = told_of(case.target_settings, case.traffic).of(gap.target, Limit.KEEPALIVE)
    proxies = {f.request.proxy for f in case.traffic.failures} if case.traffic else set()
    pools = [s for s in pool_timers(case.settings, proxies, None) if s.seconds]
    ours = pools[0] if len({s.seconds for s in pools}) == 1 else None
    return Silence(
        gap,
        theirs if theirs is not None and closes_after(theirs, gap.idle_s) else None,
        ours if ours is not None and abs(gap.idle_s - (ours.seconds or 0.0)) <= POOL_SPREAD_S else None,
    )


def _changes(case: Case, traffic: Traffic, gateway: Changes, answered: Changes) -> Correlation | None:
    """Against the failures of which there are more: what the gateway made, or what targets answered."""
    side, found = ("target", answered) if answered.failures > gateway.failures else ("gateway", gateway)
    requests = [f.request for f in traffic.failures]
    ours = [r for r in requests if (r.side is Side.TARGET if side == "target" else by_gateway(r))]
    return correlate(case.changes, traffic.intervals, found, [r.end_s for r in ours if r.end_s is not None], side)


def _hidden(case: Case, traffic: Traffic) -> int:
    """Without a status although an access log tells of them; what an error log alone tells, a client may have seen.

    Where both write into one file (a container's output) only an attempt of a request tells when that began.
    """
    access = {i.path for i in case.inputs if i.source is Source.ACCESS_LOG}
    mixed = {i.path for i in case.inputs if {Source.ACCESS_LOG, Source.ERROR_LOG} <= {i.source, *i.also}}
    told = [f.request for f in traffic.failures if f.request.status is None and f.request.at.path in access | mixed]
    return sum(r.at.path not in mixed or r.reason is None or r.start_s is not None for r in told)


def _tally(traffic: Traffic, take: Callable[[Traits], str | None]) -> tuple[Tally, ...]:
    """Values with most failures first."""
    sample = traffic.sample
    ours, own = (
        _counted(take, (t for t in sample.failed if t.side is not Side.CLIENT and (t.side is Side.TARGET) is answered))
        for answered in (False, True)
    )
    others = _counted(take, sample.others)
    found = [Tally(value, ours[value], own[value], others[value]) for value in ours.keys() | own.keys()]
    return tuple(sorted(found, key=lambda t: (-t.by_gateway, -t.by_target, t.value))[:MOST_TALLIED])


def _counted(take: Callable[[Traits], str | None], traits: Iterable[Traits]) -> Counter[str]:
    return Counter(value for t in traits if (value := take(t)) is not None)


def _slow(target: TargetTraffic) -> Slow:
    steps = Counter(_step(request.connect_s or 0.0) for request in target.delayed_connects)
    return Slow(
        target=target.target,
        delayed=target.delayed_connects_total,
        served=sum(not request.failed for request in target.delayed_connects),
        kept=len(target.delayed_connects),
        timed=target.timed_connects,
        steps={f"{step_s:g} s": steps[step_s] for step_s in sorted(steps)},
    )


def _step(connect_s: float) -> float:
    """The retransmission that it waited for."""
    return max((step_s for step_s in SYN_STEPS_S if step_s <= connect_s + SYN_STEP_SLACK_S / 1e3), default=0.0)


def _deaths(case: Case) -> Iterator[DiedTogether]:
    found = [cluster for cluster in clusters(case, ()) if cluster.side not in (Side.TARGET, Side.CLIENT)]
    for cluster in (c for c in found if c.phase in IN_FLIGHT and c.manner in LOST):
        died = _died(case, cluster, found)
        at_s = cluster.window.from_s if died.at_s is None and cluster.window else died.at_s
        if at_s is not None and (died.together or died.refused_after):
            yield DiedTogether(cluster.target, at_s, cluster.count, died.together, died.refused_after)


def _died(case: Case, cluster: Cluster, found: Iterable[Cluster]) -> Deaths:
    others = tuple(o for o in found if o is not cluster and cluster.target and o.target == cluster.target)
    return deaths(Scene(case, cluster, None, None, (), others))
