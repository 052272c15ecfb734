from __future__ import annotations

import pytest

from tests.making import log_input, request, served
from why502.facts.traffic import summarise
from why502.model.case import Case, Input
from why502.model.conversations import Outcome
from why502.model.details import End
from why502.model.evidence import Source
from why502.model.host import HOST_SCHEMA, HostRecord, Namespace, Snapshot
from why502.model.requests import Phase
from why502.model.wire import TargetWire, Wire
from why502.ranking.noticed import noticed, unlogged


def test_when_it_began_and_what_it_keeps_to() -> None:
    """From the middle on, one of three targets."""
    ok = [served(10.0 * i, target=f"10.0.0.{i % 3}:80") for i in range(300)]
    bad = [request(1500.0 + 50 * i, target="10.0.0.1:80") for i in range(30)]
    began, kept, *others = noticed(Case(traffic=summarise(ok + bad)))
    assert began.startswith("failures began 1970-01-01 00:2")
    assert "went on to the last line" in began
    assert kept.startswith("all 30 failures on target 10.0.0.1:80")
    assert others == []


def test_nothing_is_said_where_nothing_failed() -> None:
    """Nor without logs."""
    assert noticed(Case(traffic=summarise([served(1.0)]))) == ()
    assert noticed(Case()) == ()


def test_what_the_proxy_answered_by_a_rule_is_told() -> None:
    """Clients saw 503, and nothing failed: a reader who came for these must not wonder where they are."""
    meant = [request(float(n), status=503, phase=Phase.UNKNOWN, manner=None, target=None) for n in range(3)]
    (told,) = noticed(Case(traffic=summarise([served(1.0), *meant])))
    assert told.startswith("3 requests answered with 5xx by a rule of the proxy's own")


def test_overflows_of_a_listener_that_nobody_told_are_no_silence() -> None:
    """`netstat -s` before and after: the counter grew, and no request is there that failed."""
    looks = [
        Snapshot(at_s, namespaces=(Namespace(0, counters={"ListenOverflows": overflows}),))
        for at_s, overflows in ((100.0, 5), (160.0, 95))
    ]
    (told,) = noticed(Case(hosts=(HostRecord(HOST_SCHEMA, "web1", "", None, tuple(looks)),)))
    assert "turned away 90 packets" in told
    assert noticed(Case(hosts=(HostRecord(HOST_SCHEMA, "web1", "", None, (looks[1],)),))) == ()


@pytest.mark.parametrize(
    ("end", "told"),
    [
        (End.TARGET, "no packet from 10.0.0.7 was captured, only those to it"),
        (End.PROXY, "no packet to 10.0.0.7 was captured, only those from it"),
    ],
)
def test_a_capture_of_one_direction_is_no_all_clear(end: End, told: str) -> None:
    """Nothing failed as far as half of each conversation tells."""
    (said,) = noticed(Case(wire=Wire(3, (), one_sided={"10.0.0.7": end})))
    assert said.startswith(told)


@pytest.mark.parametrize(("statuses", "logs", "said"), [({}, (), 1), ({200: 3}, (), 0), ({}, (log_input(),), 0)])
def test_conversations_that_went_well_without_status_lines_are_no_all_clear(
    statuses: dict[int, int], logs: tuple[Input, ...], said: int
) -> None:
    """Headers only, or TLS: whether the target answered 5xx is told by nothing, unless a log was given."""
    target = TargetWire("10.0.0.7:8080", 3, {Outcome.ANSWERED: 3}, statuses=statuses)
    told = noticed(Case(inputs=logs, wire=Wire(3, (target,))))
    assert len(told) == said
    assert all("no status line of 3 conversations that the target answered" in text for text in told)


def test_of_many_targets_a_few_are_named() -> None:
    """A mirror port of half a link sees thousands."""
    many = {f"10.0.0.{n}": End.TARGET for n in range(9)}
    *_, last = told = noticed(Case(wire=Wire(30, (), one_sided=many)))
    assert (len(told), last) == (4, "and so it is with 6 other targets")


@pytest.mark.parametrize(("understood", "not_understood", "said"), [(7, 1, True), (9999, 1, False), (19, 1, True)])
def test_a_file_of_which_much_could_not_be_read_is_no_all_clear(
    understood: int, not_understood: int, said: bool
) -> None:
    """A capture that was cut after a few packets, against one odd line in a long log."""
    given = Input("cut.pcap", "capture", Source.CAPTURE, understood, not_understood)
    told = noticed(Case(inputs=(given,)))
    assert told == (
        (f"1 of {understood + 1} records of cut.pcap could not be read: what they held is not known",) * said
    )


def test_failures_that_no_log_tells_are_said_to_be_such() -> None:
    """A proxy that tries again hides them; without a log there is nothing to compare them with."""
    logged, wire = summarise([request(100.0), served(101.0)]), Wire(3, ())
    assert list(unlogged(Case(traffic=logged, wire=wire), 3)) == [
        "2 of 3 failures were seen on the wire alone: the proxy tried these requests again, or its log does not tell"
    ]
    assert list(unlogged(Case(traffic=summarise([served(1.0)]), wire=wire), 1)) == [
        "1 of 1 failure was seen on the wire alone: the proxy tried this request again, or its log does not tell"
    ]
    assert list(unlogged(Case(traffic=logged, wire=wire), 1)) == []
    assert list(unlogged(Case(wire=wire), 3)) == []
