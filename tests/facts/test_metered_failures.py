"""How far failures came that only metrics count."""

from __future__ import annotations

import pytest

from why502.diagnosis import exit_status
from why502.errors import Exit
from why502.facts.metered_failures import of_metrics
from why502.model.case import Case, Input, Series
from why502.model.evidence import Place, Source
from why502.model.requests import Manner, Phase, Side
from why502.ranking import judge_case

CONNECTS, HANDSHAKES = "TargetConnectionErrorCount", "TargetTLSNegotiationErrorCount"
PROXY_5XX = "gateway-5xx-count"
Told = tuple[Side | None, Phase, Manner, int]


def counted(name: str, *values: float) -> Series:
    """A value a minute; no value: it was asked for, and nothing was counted."""
    points = tuple((60.0 * number, value) for number, value in enumerate(values))
    return Series(name, Place("metrics.json", mark="#", name=name), points, 60.0, sparse=True)


def elb(status: int, *values: float) -> Series:
    return counted(f"HTTPCode_ELB_{status}_Count", *values)


def found(*metrics: Series) -> list[Told]:
    return [(c.side, c.phase, c.manner, c.count) for c in of_metrics(metrics)]


def test_a_504_beside_as_many_failed_connects_is_a_connect_that_timed_out() -> None:
    assert found(elb(504, 4, 0, 3), counted(CONNECTS, 4, 0, 3)) == [(Side.PROXY, Phase.CONNECT, Manner.TIMEOUT, 7)]


def test_a_502_beside_as_many_failed_connects_was_refused_or_told_off() -> None:
    assert found(elb(502, 4), counted(CONNECTS, 4)) == [(Side.PROXY, Phase.CONNECT, Manner.UNKNOWN, 4)]


def test_where_no_connect_failed_the_target_was_reached() -> None:
    """Asked for, nothing counted: the ALB connected. A handshake that failed is a 502 too, so it must be asked for."""
    late = (Side.PROXY, Phase.WAIT, Manner.TIMEOUT, 2)
    none, unshaken = counted(CONNECTS), counted(HANDSHAKES)
    assert found(elb(504, 2), none) == [late]
    assert found(elb(502, 5), none) == [(Side.PROXY, Phase.UNKNOWN, Manner.UNKNOWN, 5)]
    assert found(elb(502, 5), elb(504, 2), none, unshaken) == [(Side.PROXY, Phase.WAIT, Manner.UNKNOWN, 5), late]


def test_where_nobody_asked_nothing_is_said() -> None:
    assert found(elb(504, 2)) == [(Side.PROXY, Phase.UNKNOWN, Manner.UNKNOWN, 2)]


def test_requests_cut_first_and_connects_refused_afterwards_are_two() -> None:
    """As a crash makes them; period by period."""
    metrics = elb(502, 14, 20, 0, 5), counted(CONNECTS, 0, 17, 0, 5), counted(HANDSHAKES)
    assert found(*metrics) == [
        (Side.PROXY, Phase.CONNECT, Manner.UNKNOWN, 22),
        (Side.PROXY, Phase.WAIT, Manner.UNKNOWN, 17),
    ]


@pytest.mark.parametrize(
    ("metric", "phase", "manner"),
    [
        ("gateway-connects-failed", Phase.CONNECT, Manner.UNKNOWN),
        ("gateway-no-target", Phase.NO_TARGET, Manner.UNKNOWN),
        ("gateway-turned-away", Phase.NO_TARGET, Manner.EXHAUSTED),
        ("gateway-answers-timed-out", Phase.WAIT, Manner.TIMEOUT),
        ("gateway-connections-cut", Phase.WAIT, Manner.CUT),
        ("gateway-answers-failed", Phase.WAIT, Manner.UNKNOWN),
    ],
)
def test_a_proxy_that_counts_ways_to_fail_tells_how(metric: str, phase: Phase, manner: Manner) -> None:
    """As many as answers, or more because attempts were repeated."""
    way = (Side.PROXY, phase, manner, 10)
    assert found(counted(PROXY_5XX, 4, 6), counted(metric, 4, 6)) == [way]
    assert found(counted(PROXY_5XX, 4, 6), counted(metric, 8, 12)) == [way]


def test_connects_that_failed_because_they_timed_out() -> None:
    metrics = counted(PROXY_5XX, 10), counted("gateway-connects-failed", 10), counted("gateway-connects-timed-out", 10)
    assert found(*metrics) == [(Side.PROXY, Phase.CONNECT, Manner.TIMEOUT, 10)]


def test_several_ways_are_several_and_the_rest_is_unknown() -> None:
    metrics = counted(PROXY_5XX, 30), counted("gateway-connections-cut", 10), counted("gateway-no-target", 9)
    assert found(*metrics) == [
        (Side.PROXY, Phase.NO_TARGET, Manner.UNKNOWN, 9),
        (Side.PROXY, Phase.WAIT, Manner.CUT, 10),
        (None, Phase.UNKNOWN, Manner.UNKNOWN, 11),
    ]


def test_repeated_attempts_of_several_kinds_tell_nothing() -> None:
    metrics = counted(PROXY_5XX, 10), counted("gateway-connections-cut", 20), counted("gateway-connects-failed", 20)
    assert found(*metrics) == [(None, Phase.UNKNOWN, Manner.UNKNOWN, 10)]


def test_what_the_targets_answered_themselves_is_theirs() -> None:
    """HAProxy: three answers of 503 passed on, three of its own after refused connects, three 504."""
    metrics = (
        counted(PROXY_5XX, 9),
        counted("gateway-target-5xx-count", 3),
        counted("gateway-connects-failed", 3),
        counted("gateway-answers-failed", 3),
    )
    assert sorted(found(*metrics), key=str) == [
        (Side.PROXY, Phase.CONNECT, Manner.UNKNOWN, 3),
        (Side.PROXY, Phase.WAIT, Manner.UNKNOWN, 3),
        (Side.TARGET, Phase.DONE, Manner.ANSWERED, 3),
    ]


def answers_of(*metrics: Series) -> dict[str, str]:
    line = Input("m.json", "cloudwatch-metrics", Source.METRICS, 3)
    return {s.cause: s.status for s in judge_case(Case(inputs=(line,), metrics=metrics), 0.0).document.suspects}


def test_a_502_of_an_alb_was_made_by_no_timer() -> None:
    """Its own timers answer 504, so neither slowness nor lost SYNs can be it."""
    bad, late = (answers_of(elb(status, 10), counted(CONNECTS), counted(HANDSHAKES)) for status in (502, 504))
    assert (bad["target-too-slow"], bad["worker-pool-exhausted"]) == ("not-applicable", "not-applicable")
    assert "not-applicable" not in (late["target-too-slow"], late["worker-pool-exhausted"])
    bad, late = (answers_of(elb(status, 10), counted(CONNECTS, 10)) for status in (502, 504))
    assert (bad["packets-dropped"], bad["accept-queue-overflow"]) == ("not-applicable", "not-applicable")
    assert "not-applicable" not in (late["packets-dropped"], late["accept-queue-overflow"])


def test_the_articles_502_may_still_be_a_full_queue() -> None:
    """Its third face resets what was sent."""
    assert answers_of(elb(502, 10), counted(CONNECTS), counted(HANDSHAKES))["accept-queue-overflow"] != "not-applicable"


def test_attempts_that_failed_no_request_are_no_failures() -> None:
    assert found(counted("gateway-connects-failed", 20)) == []


@pytest.mark.parametrize(
    "way",
    [
        "connects-failed", "no-target", "turned-away", "answers-timed-out", "connections-cut", "answers-failed",
        "target-5xx-count",
    ],
)  # fmt: skip
def test_every_way_is_judged_without_a_defect(way: str) -> None:
    metrics = counted(PROXY_5XX, 10), counted(f"gateway-{way}", 10)
    line = Input("m.json", "prometheus-metrics", Source.METRICS, 2)
    diagnosis = judge_case(Case(inputs=(line,), metrics=metrics), 0.0)
    assert diagnosis.defects == ()
    named = [v.cause for v in diagnosis.document.verdicts]
    certain = {"no-target": ["no-usable-target"], "target-5xx-count": ["target-answered-5xx"]}
    assert named == certain.get(way, named[:1])
    assert exit_status(diagnosis) in (Exit.EXPLAINED, Exit.NOT_DETERMINED)


@pytest.mark.parametrize("status", [502, 504])
@pytest.mark.parametrize("connects", [(), (5,), (10,)])
def test_every_count_of_a_balancer_is_judged_without_a_defect_and_convicts_nobody(
    status: int, connects: tuple[float, ...]
) -> None:
    metrics = elb(status, 10), counted(CONNECTS, *connects), counted(HANDSHAKES)
    line = Input("m.json", "cloudwatch-metrics", Source.METRICS, 3)
    diagnosis = judge_case(Case(inputs=(line,), metrics=metrics), 0.0)
    assert diagnosis.defects == ()
    assert diagnosis.document.verdicts == ()
