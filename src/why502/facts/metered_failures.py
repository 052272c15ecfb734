"""Failures that only metrics count, as clusters: how far they came is told by what else the proxy counts.

A load balancer's own 502 and 504 each have a dozen causes; beside its count of connects that failed they say where
the attempt ended. AWS "Troubleshoot your Application Load Balancers": a connect that is reset or answered by ICMP is a
502, one that takes longer than 10 s a 504; so is a target that was connected and did not answer in time. Envoy's
counters are those of "Cluster manager, Statistics"; Istio's label `response_flags` holds Envoy's own word for each
answer. HAProxy's, by server, were counted in runs of 2.6: `http_responses` are answers of the server itself,
`connection_errors` and `response_errors` requests that failed in that way after all retries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from why502.facts.scene import Basis, Cluster
from why502.model.case import Window
from why502.model.requests import Manner, Phase, Side

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from why502.model.case import Series

ELB_502, ELB_503, ELB_504 = (f"HTTPCode_ELB_{status}_Count" for status in (502, 503, 504))
ELB_5XX: Final = (ELB_502, ELB_503, ELB_504)
"""503 is what an ALB answers when a target group has no target (`load-balancer-troubleshooting`)."""
ELB_5XX_ALL: Final = "HTTPCode_ELB_5XX_Count"
TARGET_5XX: Final = "HTTPCode_Target_5XX_Count"
CONNECTS_FAILED: Final = "TargetConnectionErrorCount"
HANDSHAKES_FAILED: Final = "TargetTLSNegotiationErrorCount"

GATEWAY_5XX: Final = "gateway-5xx-count"
"""Counters of nginx, HAProxy, Envoy, Traefik: they count what clients got, whoever made it."""
GATEWAY_CONNECTS_FAILED: Final = "gateway-connects-failed"
GATEWAY_CONNECTS_TIMED_OUT: Final = "gateway-connects-timed-out"
"""Some of those that failed."""
GATEWAY_NO_TARGET: Final = "gateway-no-target"
GATEWAY_TURNED_AWAY: Final = "gateway-turned-away"
"""By a limit of the proxy's own on what waits for a connection."""
GATEWAY_ANSWERS_TIMED_OUT: Final = "gateway-answers-timed-out"
GATEWAY_CUT: Final = "gateway-connections-cut"
"""Connections that the target ended with a request in flight."""
GATEWAY_WAITS_FAILED: Final = "gateway-answers-failed"
"""Requests that were sent and got no usable answer, whether too late, cut or malformed."""
GATEWAY_PASSED_ON: Final = "gateway-target-5xx-count"
"""What the targets answered themselves."""

NEARLY_ALL: Final = 0.8
FEW: Final = 0.2
AGAIN: Final = 1.1
"""So many failed attempts for each failed request hold no retries: clocks of scrapes are a little apart."""


class _Way(NamedTuple):
    """One way to fail, by the counter that counts nothing else."""

    metric: str
    phase: Phase
    manner: Manner
    side: Side = Side.PROXY


WAYS: Final = (
    _Way(GATEWAY_CONNECTS_FAILED, Phase.CONNECT, Manner.UNKNOWN),
    _Way(GATEWAY_NO_TARGET, Phase.NO_TARGET, Manner.UNKNOWN),
    _Way(GATEWAY_TURNED_AWAY, Phase.NO_TARGET, Manner.EXHAUSTED),
    _Way(GATEWAY_ANSWERS_TIMED_OUT, Phase.WAIT, Manner.TIMEOUT),
    _Way(GATEWAY_CUT, Phase.WAIT, Manner.CUT),
    _Way(GATEWAY_WAITS_FAILED, Phase.WAIT, Manner.UNKNOWN),
    _Way(GATEWAY_PASSED_ON, Phase.DONE, Manner.ANSWERED, Side.TARGET),
)

Points = dict[float, float]
"""What was counted in the period that begins then; only what is more than 0."""


def of_metrics(metrics: Sequence[Series]) -> Iterator[Cluster]:
    """The balancer's own, its targets' own, and what other proxies count without saying whose it is."""
    own = [*_of_balancer(metrics)]
    answered = _points(metrics, TARGET_5XX)
    if answered:
        own.append(_cluster(Side.TARGET, Phase.DONE, Manner.ANSWERED, answered))
    yield from own or _of_gateway(metrics)


def told_at_once(metrics: Sequence[Series], cluster: Cluster) -> bool:
    """Whether no timer of the balancer made these answers: an ALB's timers, for connects and answers, make a 504."""
    unclear = cluster.basis is Basis.METRICS and cluster.manner is Manner.UNKNOWN
    return unclear and cluster.phase in (Phase.CONNECT, Phase.WAIT) and bool(_points(metrics, ELB_502))


def _of_balancer(metrics: Sequence[Series]) -> Iterator[Cluster]:
    empty = _points(metrics, ELB_503)
    bad, late = _points(metrics, ELB_502), _points(metrics, ELB_504)
    if bad or late:
        yield from _tried(metrics, bad, late)
    elif not empty and (all_ := _points(metrics, ELB_5XX_ALL)):
        yield _cluster(Side.PROXY, _phase(metrics, all_), Manner.UNKNOWN, all_)
    if empty:
        yield _cluster(Side.PROXY, Phase.NO_TARGET, Manner.UNKNOWN, empty)


def _tried(metrics: Sequence[Series], bad: Points, late: Points) -> Iterator[Cluster]:
    """502 and 504 apart, where what failed to connect is nearly all of them or hardly any."""
    both = _sum_of((bad, late))
    phase, failed = _phase(metrics, both), _points(metrics, CONNECTS_FAILED)
    # CloudWatch answers without a point where an ALB counted none; where nobody asked, nobody knows.
    asked = any(series.name == CONNECTS_FAILED for series in metrics)
    if phase is Phase.UNKNOWN and failed and not late:
        yield from _split(bad, failed, _connected(metrics))
        return
    few = asked and sum(failed.values()) <= FEW * sum(both.values())
    if phase is not Phase.CONNECT and not few:
        yield _cluster(Side.PROXY, phase, Manner.UNKNOWN, both)
        return
    connected = _connected(metrics) if few else phase
    for points, phase_, manner in (
        (bad, connected, Manner.UNKNOWN),
        (late, Phase.WAIT if few else phase, Manner.TIMEOUT),
    ):
        if points:
            yield _cluster(Side.PROXY, phase_, manner, points)


def _connected(metrics: Sequence[Series]) -> Phase:
    """Where a 502 came from whose connect did not fail: a handshake that failed is a 502 as well."""
    asked = any(series.name == HANDSHAKES_FAILED for series in metrics)
    return Phase.WAIT if asked and not _points(metrics, HANDSHAKES_FAILED) else Phase.UNKNOWN


def _split(bad: Points, failed: Points, rest: Phase) -> Iterator[Cluster]:
    """Period by period, those whose connect failed and the others."""
    connecting = {at_s: min(value, failed[at_s]) for at_s, value in bad.items() if failed.get(at_s)}
    others = {at_s: value - connecting.get(at_s, 0.0) for at_s, value in bad.items()}
    others = {at_s: value for at_s, value in others.items() if value > 0}
    if sum(connecting.values()) <= FEW * sum(bad.values()):
        yield _cluster(Side.PROXY, rest, Manner.UNKNOWN, bad)
        return
    yield _cluster(Side.PROXY, Phase.CONNECT, Manner.UNKNOWN, connecting)
    if others:
        yield _cluster(Side.PROXY, rest, Manner.UNKNOWN, others)


def _phase(metrics: Sequence[Series], failed: Points) -> Phase:
    """TLS or CONNECT if the balancer counted as many failures of that kind as answers of its own."""
    total = sum(failed.values())
    for name, phase in ((HANDSHAKES_FAILED, Phase.TLS), (CONNECTS_FAILED, Phase.CONNECT)):
        if total and sum(_points(metrics, name).values()) >= NEARLY_ALL * total:
            return phase
    return Phase.UNKNOWN


def _of_gateway(metrics: Sequence[Series]) -> Iterator[Cluster]:
    """By the ways in which attempts failed, if they account for the answers; else nothing tells how they failed."""
    answers = _points(metrics, GATEWAY_5XX)
    if not answers:
        return
    ways = [(way, points) for way in WAYS if (points := _points(metrics, way.metric))]
    total = sum(answers.values())
    attempts = sum(sum(points.values()) for _, points in ways)
    if ways and attempts <= AGAIN * total:
        told = [(way, points) for way, points in ways if sum(points.values()) > FEW * total]
        for way, points in told:
            yield _cluster(way.side, way.phase, _manner(metrics, way, points), points)
        rest = total - sum(sum(points.values()) for _, points in told)
        if not told or rest > FEW * total:
            yield _cluster(None, Phase.UNKNOWN, Manner.UNKNOWN, answers, round(rest))
        return
    # Attempts that were repeated hide how many requests they failed; which way it was is clear if there is but one.
    for way, points in ways:
        if sum(points.values()) >= NEARLY_ALL * attempts:
            yield _cluster(way.side, way.phase, _manner(metrics, way, points), answers)
            return
    yield _cluster(None, Phase.UNKNOWN, Manner.UNKNOWN, answers)


def _manner(metrics: Sequence[Series], way: _Way, points: Points) -> Manner:
    timed_out = sum(_points(metrics, GATEWAY_CONNECTS_TIMED_OUT).values())
    late = way.metric == GATEWAY_CONNECTS_FAILED and timed_out >= NEARLY_ALL * sum(points.values())
    return Manner.TIMEOUT if late else way.manner


def _points(metrics: Sequence[Series], name: str) -> Points:
    return _sum_of([dict(series.points) for series in metrics if series.name == name])


def _sum_of(parts: Sequence[Mapping[float, float]]) -> Points:
    found: Points = {}
    for part in parts:
        for at_s, value in part.items():
            if value > 0:
                found[at_s] = found.get(at_s, 0.0) + value
    return found


def _cluster(side: Side | None, phase: Phase, manner: Manner, points: Points, number: int | None = None) -> Cluster:
    return Cluster(
        basis=Basis.METRICS,
        target=None,
        side=side,
        phase=phase,
        manner=manner,
        outcome=None,
        count=round(sum(points.values())) if number is None else number,
        failures=(),
        window=Window(min(points), max(points)),
    )
