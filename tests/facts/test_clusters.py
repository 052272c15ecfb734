from __future__ import annotations

from tests.making import conversation, host, listener, log_input, request, served, snapshot
from why502.facts.clusters import clusters
from why502.facts.listeners import listener_windows
from why502.facts.scene import Basis
from why502.facts.traffic import summarise as traffic_of
from why502.facts.wire import summarise as wire_of
from why502.model.case import Case, Series
from why502.model.conversations import Outcome
from why502.model.evidence import Place
from why502.model.requests import Manner, Phase, Side


def test_a_request_and_its_conversation_are_one_failure() -> None:
    """The wire's fate overrides the log's words, and nothing is counted twice."""
    case = Case(traffic=traffic_of([request(100.0)]), wire=wire_of([conversation(100.003)]))
    (only,) = clusters(case, [])
    assert (only.count, only.outcome, only.manner) == (1, Outcome.RESET_UNACKNOWLEDGED, Manner.RESET)


def test_one_second_log_times_still_find_their_conversation() -> None:
    """A log that rounds to 1 s joins loosely."""
    case = Case(traffic=traffic_of([request(100.0)]), wire=wire_of([conversation(100.9)]))
    assert [c.count for c in clusters(case, [])] == [1]


def test_each_conversation_serves_one_request() -> None:
    """Two failed requests and one conversation: one of them stays without."""
    case = Case(traffic=traffic_of([request(100.0), request(100.01)]), wire=wire_of([conversation(100.0)]))
    assert sorted((c.outcome is None, c.count) for c in clusters(case, [])) == [(False, 1), (True, 1)]


def test_failed_conversations_of_which_no_log_tells_count() -> None:
    """A retry or a lost log line hides a failure from the log, not from the capture."""
    case = Case(traffic=traffic_of([served(10.0)]), wire=wire_of([conversation(100.0, Outcome.RACED)]))
    (only,) = clusters(case, [])
    assert (only.basis, only.count) == (Basis.CONVERSATIONS, 1)


def test_a_probe_that_the_proxy_gave_up_is_no_failed_request() -> None:
    """Health checks are in no access log; without any log the same conversation counts."""
    wire = wire_of([conversation(100.0, Outcome.NOT_ANSWERED)])
    assert clusters(Case(traffic=traffic_of([served(10.0)]), wire=wire), []) == []
    assert [c.count for c in clusters(Case(wire=wire), [])] == [1]


def test_other_targets_are_other_clusters() -> None:
    """Two targets, two clusters, the larger first."""
    case = Case(traffic=traffic_of([request(1.0), request(2.0, target="b:1"), request(3.0, target="b:1")]))
    assert [(c.target, c.count) for c in clusters(case, [])] == [("b:1", 2), ("10.0.0.7:8080", 1)]


def test_drops_count_only_where_nothing_shows_what_the_proxy_saw() -> None:
    """A host alone gives a cluster of drops; with a log it does not add to the failures."""
    record = host(snapshot(0.0, listener()), snapshot(60.0, listener(drops=5), overflows=5))
    listeners = list(listener_windows(record, "host.json"))
    (alone,) = clusters(Case(hosts=(record,)), listeners)
    assert (alone.basis, alone.count, alone.target) == (Basis.DROPS, 5, "0.0.0.0:8080")
    with_log = clusters(Case(inputs=(log_input(),), traffic=traffic_of([request(30.0)])), listeners)
    assert [c.basis for c in with_log] == [Basis.REQUESTS]


def test_drops_without_overflow_are_no_failure() -> None:
    """`sk_drops` counts stray segments too; only together with ListenOverflows it is an overflow."""
    record = host(snapshot(0.0, listener()), snapshot(60.0, listener(drops=5), overflows=0))
    assert clusters(Case(hosts=(record,)), list(listener_windows(record, "host.json"))) == []


def test_metrics_alone_give_counts_by_side() -> None:
    """The balancer's own 5xx and the targets'; the phase is not told."""
    place = Place("metrics.json")
    metrics = (
        Series("HTTPCode_ELB_502_Count", place, ((0.0, 3.0), (60.0, 2.0)), 60.0, sparse=True),
        Series("HTTPCode_ELB_5XX_Count", place, ((0.0, 3.0), (60.0, 2.0)), 60.0, sparse=True),
        Series("HTTPCode_Target_5XX_Count", place, ((0.0, 1.0),), 60.0, sparse=True),
    )
    found = clusters(Case(metrics=metrics), [])
    assert [(c.side, c.count, c.phase) for c in found] == [(Side.PROXY, 5, Phase.UNKNOWN), (Side.TARGET, 1, Phase.DONE)]


def test_a_connect_without_an_address_went_to_the_only_target_there_is() -> None:
    """Varnish names the backend of a connect that failed, and the address where one came about."""
    words = {"target": None, "group": "target0", "phase": Phase.CONNECT, "manner": Manner.UNKNOWN}
    failed = [request(100.0, group="target0"), request(101.0, **words)]
    wire = wire_of([conversation(100.0)])
    assert {c.target for c in clusters(Case(traffic=traffic_of(failed), wire=wire), [])} == {"10.0.0.7:8080"}
    another = wire_of([conversation(100.0), conversation(90.0, Outcome.ANSWERED, target="10.0.0.8:8080")])
    found = clusters(Case(traffic=traffic_of(failed), wire=another), [])
    assert {c.target for c in found} == {"10.0.0.7:8080", None}


def test_a_refused_second_attempt_makes_no_handshake_of_the_first() -> None:
    """Traffic Server logs a connect that failed: the target took the request, died, and refused the repetition."""
    cut = conversation(
        100.0,
        Outcome.CLOSED_BEFORE_ANSWER,
        opened=True,
        established_s=99.9,
        bytes_acknowledged=300,
        request_s=99.9,
        end_s=100.0,
        last_s=100.0,
    )
    refused = conversation(100.3, Outcome.REFUSED, syn_s=(100.3,), end_s=100.3, last_s=100.3)
    words = {"phase": Phase.CONNECT, "manner": Manner.UNKNOWN, "wait_s": None}
    traffic = traffic_of([request(100.0, **words), request(100.3, **words)])
    found = clusters(Case(traffic=traffic, wire=wire_of([cut, refused])), [])
    assert {c.phase for c in found} == {Phase.CONNECT, Phase.WAIT}
    alone = clusters(Case(traffic=traffic_of([request(100.0, **words)]), wire=wire_of([cut])), [])
    assert [c.phase for c in alone] == [Phase.TLS]


def counted(name: str, value: float) -> Series:
    return Series(name, Place("metrics.json"), ((60.0, value), (120.0, value)))


def test_a_refused_connect_was_answered_though_the_capture_lacks_it() -> None:
    """The errno is the answer; a SYN without one is another's, or its answer was lost by the recorder."""
    refused = request(100.0, phase=Phase.CONNECT, manner=Manner.REFUSED, target="10.0.0.7:8080")
    silent = conversation(100.0, Outcome.SYN_UNANSWERED)
    wire = wire_of((silent,))
    (found,) = clusters(Case(inputs=(log_input(),), traffic=traffic_of((refused,)), wire=wire), ())
    assert (found.manner, found.outcome) == (Manner.REFUSED, None)


def test_what_else_the_balancer_counts_tells_how_far_it_came() -> None:
    """As many failed connects as answers of its own; 503 stands for a group without targets."""
    metrics = (
        counted("HTTPCode_ELB_502_Count", 5),
        counted("TargetConnectionErrorCount", 5),
        counted("HTTPCode_ELB_503_Count", 2),
    )
    found = {c.phase: c.count for c in clusters(Case(metrics=metrics), [])}
    assert found == {Phase.CONNECT: 10, Phase.NO_TARGET: 4}


def test_a_few_failed_connects_explain_no_flood() -> None:
    """One in ten: the others failed in another way."""
    metrics = (counted("HTTPCode_ELB_502_Count", 50), counted("TargetConnectionErrorCount", 5))
    assert [c.phase for c in clusters(Case(metrics=metrics), [])] == [Phase.UNKNOWN]
