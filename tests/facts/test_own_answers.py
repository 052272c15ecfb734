"""Answers of 5xx in captures: whose they are."""

from __future__ import annotations

import pytest
from msgspec import structs

from tests.making import conversation, log_input, request
from why502.diagnosis import exit_status
from why502.errors import Exit
from why502.facts.clusters import clusters
from why502.facts.own_answers import of_answers, passed_on, said_of
from why502.facts.traffic import summarise
from why502.facts.wire import summarise as summarise_wire
from why502.model.case import Case, Input, Series
from why502.model.conversations import Conversation, Outcome
from why502.model.evidence import Place, Source
from why502.model.requests import Manner, Phase, Side
from why502.model.wire import Answered, StatusLine, Wire
from why502.ranking import judge_case

GATEWAY, TARGET = "10.0.0.1:80", "10.0.0.7:8080"


def line(at_s: float, status: int = 503, opener: str = "10.0.0.1:40000", page: str | None = None) -> StatusLine:
    return StatusLine(Place("capture.pcap", round(at_s * 10), mark="#"), at_s, opener, status, page)


def answers(target: str, *lines: StatusLine, ok: int = 50, more: int = 0) -> Answered:
    """`more`: 503s that are counted only."""
    return Answered(target, {200: ok, 503: len(lines) + more}, lines, "capture.pcap")


def wire(*answered: Answered, conversations: tuple[Conversation, ...] = ()) -> Wire:
    well = [conversation(200.0, Outcome.ANSWERED, target=part.target) for part in answered]
    return summarise_wire([*conversations, *well], (), answered)


def told(found: Wire) -> list[tuple[str | None, Side | None, int]]:
    return [(c.target, c.side, c.count) for c in of_answers(found)]


def test_a_target_answered_itself() -> None:
    """All that were counted, the ones told one by one being a sample."""
    (cluster,) = of_answers(wire(answers(TARGET, line(100.0), line(101.0), more=8)))
    assert (cluster.target, cluster.side, cluster.phase, cluster.manner) == (
        TARGET, Side.TARGET, Phase.DONE, Manner.ANSWERED,
    )  # fmt: skip
    assert cluster.count == 10
    assert [failure.at_s for failure in cluster.failures] == [100.0, 101.0]


def test_no_answer_of_5xx_is_no_failure() -> None:
    assert told(wire(answers(TARGET))) == []
    assert [*of_answers(None)] == []


def test_what_a_gateway_passes_on_counts_once() -> None:
    """A recording of both of its sides."""
    behind, before = line(100.0), line(100.002, opener="192.0.2.9:5000")
    assert told(wire(answers(TARGET, behind), answers(GATEWAY, before))) == [(TARGET, Side.TARGET, 1)]


def test_that_it_was_passed_on_is_known() -> None:
    """With the same status and at once; an earlier answer of the gateway, or another, is something else."""
    behind, before = line(100.0), line(100.002, opener="192.0.2.9:5000")
    found = wire(answers(TARGET, behind), answers(GATEWAY, before))
    assert passed_on(found, [behind]) == {GATEWAY: 1}
    for other in (line(99.9, opener="192.0.2.9:5000"), line(100.002, 500, opener="192.0.2.9:5000")):
        assert passed_on(wire(answers(TARGET, behind), answers(GATEWAY, other)), [behind]) == {}


def test_what_a_gateway_says_of_an_attempt_that_failed_is_no_second_failure() -> None:
    refused = conversation(100.0, Outcome.REFUSED, opener="10.0.0.1:40001")
    before = line(100.001, 502, opener="192.0.2.9:5000")
    assert told(wire(answers(GATEWAY, before), conversations=(refused,))) == []


def test_a_server_that_opens_connections_to_others_may_be_a_gateway() -> None:
    """Nothing tells what it met: its 503 is nobody's yet."""
    inside = conversation(150.0, Outcome.ANSWERED, opener="10.0.0.1:40001")
    found = wire(answers(GATEWAY, line(100.0, opener="192.0.2.9:5000")), conversations=(inside,))
    assert told(found) == [(GATEWAY, None, 1)]


def test_pages_of_gateways_are_nobodys() -> None:
    """And judged so: not determined."""
    found = wire(answers(TARGET, line(100.0, 502, page="nginx"), line(101.0, 502, page="nginx")))
    assert told(found) == [(TARGET, None, 2)]
    diagnosis = judge_case(case(found), 0.0)
    assert diagnosis.defects == ()
    assert diagnosis.document.verdicts == ()
    assert exit_status(diagnosis) is Exit.NOT_DETERMINED


def test_an_answer_that_broke_off_counts_as_that() -> None:
    broken = conversation(100.2, Outcome.TRUNCATED, opener="10.0.0.1:40000", answer_s=100.0)
    assert told(wire(answers(TARGET, line(100.0), line(90.0)), conversations=(broken,))) == [(TARGET, Side.TARGET, 1)]


def case(found: Wire, *more: Input, metrics: tuple[Series, ...] = ()) -> Case:
    return Case(inputs=(Input("capture.pcap", "capture", Source.CAPTURE, 9), *more), wire=found, metrics=metrics)


@pytest.mark.parametrize(
    ("status", "page", "least", "most"),
    [(500, None, 0.95, 1.0), (503, None, 0.8, 0.95), (502, None, 0.6, 0.8), (502, "", 0.9, 0.97), (503, "", 0.97, 1.0)],
)
def test_the_more_it_may_be_a_gateways_word_the_less_it_weighs(
    status: int, page: str | None, least: float, most: float
) -> None:
    """A page that is of no known gateway is no proof either."""
    diagnosis = judge_case(case(wire(answers(TARGET, line(100.0, status, page=page)))), 0.0)
    (verdict,) = diagnosis.document.verdicts
    assert verdict.cause == "target-answered-5xx"
    assert least <= verdict.probability <= most
    assert [e.at for e in verdict.evidence] == ["capture.pcap#1000"]
    seen = diagnosis.chains[0][1]
    assert (seen.at, seen.text) == ("capture.pcap#1000", f"10.0.0.1:40000 -> {TARGET}: answered, with {status}")


@pytest.mark.parametrize(("counted", "named"), [(3.0, True), (0.0, False)])
def test_the_balancers_count_of_its_targets_answers_weighs(counted: float, named: bool) -> None:
    """Counted, and not one of a target: what the capture shows was answered to somebody else (a health check)."""
    points = ((60.0, counted),) if counted else ()
    series = Series("HTTPCode_Target_5XX_Count", Place("metrics.json"), points, 60.0, sparse=True)
    diagnosis = judge_case(case(wire(answers(TARGET, line(100.0))), metrics=(series,)), 0.0)
    assert [v.cause for v in diagnosis.document.verdicts] == ["target-answered-5xx"] * named


def test_where_an_access_log_tells_of_requests_the_capture_adds_none() -> None:
    found = case(wire(answers(TARGET, line(100.0))), log_input())
    assert clusters(found, ()) == []


def test_a_logged_status_of_nobody_is_the_targets_where_it_sent_it_just_then() -> None:
    """A log that does not tell who made the status."""
    nobodys = [request(100.0 + n, status=503, side=None, phase=Phase.UNKNOWN, manner=Manner.UNKNOWN) for n in range(4)]
    lines = [line(99.999 + n) for n in range(4)]
    both = structs.replace(case(wire(answers(TARGET, *lines)), log_input()), traffic=summarise(nobodys))
    (cluster,) = clusters(both, ())
    assert said_of(both, cluster) == lines
    (verdict,) = judge_case(both, 0.0).document.verdicts
    assert (verdict.cause, verdict.failures) == ("target-answered-5xx", 4)
    other = structs.replace(case(wire(answers(TARGET, *(line(109.0 + n) for n in range(4)))), log_input()),
                            traffic=summarise(nobodys))  # fmt: skip
    assert judge_case(other, 0.0).document.verdicts == ()
