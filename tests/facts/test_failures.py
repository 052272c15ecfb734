from __future__ import annotations

from tests.making import HERE, conversation, request, served
from why502.facts.clusters import clusters
from why502.facts.failures import failures
from why502.facts.traffic import summarise as traffic_of
from why502.facts.wire import summarise as wire_of
from why502.model.case import Case
from why502.model.conversations import Conversation, Outcome
from why502.model.details import ConversationDetail, Protocol
from why502.model.requests import Manner, Phase


def test_a_log_without_addresses_is_joined_by_time() -> None:
    """HAProxy logs the name of a server: the conversation tells which one it was."""
    case = Case(traffic=traffic_of([request(100.0, target=None)]), wire=wire_of([conversation(100.001)]))
    (only,) = clusters(case, [])
    assert (only.count, only.target, only.outcome) == (1, "10.0.0.7:8080", Outcome.RESET_UNACKNOWLEDGED)


def test_what_was_logged_alike_goes_with_its_siblings() -> None:
    """Two of three have their conversation; the third, within the capture's time, is of their kind."""
    wire = wire_of([conversation(100.0), conversation(110.0), conversation(130.0, Outcome.ANSWERED)])
    case = Case(traffic=traffic_of([request(100.0), request(110.0), request(120.0)]), wire=wire)
    assert [(c.count, len(c.conversations)) for c in clusters(case, [])] == [(3, 2)]


def test_outside_of_the_capture_a_failure_stays_alone() -> None:
    """Nobody saw its packets."""
    wire = wire_of([conversation(100.0), conversation(110.0)])
    case = Case(traffic=traffic_of([request(100.0), request(110.0), request(500.0)]), wire=wire)
    assert sorted((c.count, c.outcome is None) for c in clusters(case, [])) == [(1, True), (2, False)]


def test_a_request_given_up_while_it_was_still_repeated_is_one_failure() -> None:
    """A dead connection shows no end: the kernel repeats the request long after the proxy's timer fired."""
    dead = conversation(
        120.0,
        Outcome.STALE,
        request_s=98.0,
        first_s=90.0,
        last_s=120.0,
        end_s=None,
        retransmissions_sent=8,
        exchanges=3,
    )
    given_up = request(101.0, start_s=None, manner=Manner.TIMEOUT, connect_s=None, wait_s=None, total_s=None)
    (only,) = failures(traffic_of([given_up]), wire_of([dead]))
    assert only.conversation is not None
    assert only.conversation.outcome is Outcome.STALE
    before = request(97.0, start_s=None, manner=Manner.TIMEOUT, connect_s=None, wait_s=None, total_s=None)
    assert len(failures(traffic_of([before]), wire_of([dead]))) == 2


def test_a_refused_answer_is_found() -> None:
    """The target answered, the proxy failed the request and hung up at that instant: it did not like the answer."""
    answered = conversation(100.0, Outcome.ANSWERED, answer_s=99.999, fin_by_opener_s=100.0, bytes_received=60)
    case = Case(traffic=traffic_of([request(100.0)]), wire=wire_of([answered]))
    (only,) = clusters(case, [])
    assert (only.outcome, only.phase, only.manner) == (Outcome.ANSWERED, Phase.WAIT, Manner.CUT)


def test_one_that_fits_by_chance_is_not_believed() -> None:
    """Of four failures logged alike, an answered conversation ended near one."""
    answered = conversation(100.0, Outcome.ANSWERED, answer_s=99.999, fin_by_opener_s=100.0)
    traffic = traffic_of([request(at_s) for at_s in (100.0, 200.0, 300.0, 400.0)])
    assert all(f.conversation is None for f in failures(traffic, wire_of([answered])))


def test_a_request_that_was_sent_had_a_connection() -> None:
    """A refused connect next to it in time is another request's."""
    case = Case(traffic=traffic_of([request(100.0)]), wire=wire_of([conversation(100.2, Outcome.REFUSED)]))
    assert sorted((c.phase, c.count) for c in clusters(case, [])) == [(Phase.CONNECT, 1), (Phase.WAIT, 1)]


def test_bytes_before_any_request_are_a_handshake() -> None:
    """The proxy says that it never was connected; the wire shows a connection that took bytes: TLS."""
    failed = request(100.0, phase=Phase.CONNECT, manner=Manner.UNKNOWN, connect_s=None, wait_s=None)
    mute = conversation(100.0, Outcome.NOT_ANSWERED, established_s=99.99, bytes_acknowledged=517)
    (only,) = clusters(Case(traffic=traffic_of([failed]), wire=wire_of([mute])), [])
    assert (only.phase, only.manner) == (Phase.TLS, Manner.TIMEOUT)


def test_an_answer_after_the_proxy_had_left_is_none() -> None:
    """It closed, the answer came later and met a reset: the request was not answered."""
    late = conversation(
        100.0, Outcome.ANSWERED, request_s=99.0, fin_by_opener_s=100.0, answer_s=101.0, reset_by_opener=True
    )
    (target,) = wire_of([late]).targets
    assert target.outcomes == {Outcome.NOT_ANSWERED: 1}


def test_without_a_log_one_that_left_before_a_late_answer_may_be_anybody() -> None:
    """Two that left after the same time were left by a timer."""

    def late(at_s: float, waited_s: float) -> Conversation:
        return conversation(
            at_s,
            Outcome.ANSWERED,
            request_s=at_s - waited_s,
            fin_by_opener_s=at_s,
            answer_s=at_s + 1.0,
            reset_by_opener=True,
        )

    assert len(failures(None, wire_of([late(100.0, 2.0)]))) == 0
    assert len(failures(None, wire_of([late(100.0, 2.0), late(200.0, 2.01)]))) == 2
    assert len(failures(None, wire_of([late(100.0, 2.0), late(200.0, 7.0)]))) == 0


def test_requests_by_the_size_of_their_burst() -> None:
    """Three at once and one alone; requests without an address are summed up as well."""
    found = traffic_of([served(1.0), served(1.01), request(1.02), served(50.0), served(60.0, target=None)])
    sizes = [(size.least, size.requests, size.failed) for size in found.targets[0].by_burst]
    assert sizes == [(1, 1, 0), (3, 3, 1)]
    assert found.unnamed is not None
    assert found.unnamed.requests == 1


def test_plain_http_is_no_handshake() -> None:
    """A connect that timed out beside a conversation in which a request was seen: no TLS is spoken there."""
    failed = request(100.0, phase=Phase.CONNECT, manner=Manner.UNKNOWN, connect_s=None, wait_s=None)
    detail = ConversationDetail(protocol=Protocol.HTTP1)
    mute = conversation(100.0, Outcome.NOT_ANSWERED, established_s=99.99, bytes_acknowledged=517, detail=detail)
    found = clusters(Case(traffic=traffic_of([failed]), wire=wire_of([mute])), [])
    assert Phase.TLS not in {c.phase for c in found}


def test_a_proxy_that_says_connecting_was_not_connected() -> None:
    """nginx's error log tells a connect from a handshake: a conversation that stood is another request's."""
    failed = request(100.0, phase=Phase.CONNECT, manner=Manner.TIMEOUT, connect_s=None, wait_s=None, reason_at=HERE)
    mute = conversation(100.0, Outcome.NOT_ANSWERED, established_s=99.99, bytes_acknowledged=517)
    found = clusters(Case(traffic=traffic_of([failed]), wire=wire_of([mute])), [])
    assert [(c.phase, c.outcome) for c in found] == [(Phase.CONNECT, None)]


def test_a_request_taken_after_many_repetitions_came_too_late() -> None:
    """Its kernel acknowledges at once what comes for a socket that stands: until then there was none."""
    timed_out = request(100.0, manner=Manner.TIMEOUT, status=504)
    times = {"segments_sent": 1, "established_s": 98.0, "bytes_acknowledged": 80, "exchanges": 1}
    late = conversation(100.0, Outcome.NOT_ANSWERED, retransmissions_sent=4, **times)
    (only,) = clusters(Case(traffic=traffic_of([timed_out]), wire=wire_of([late])), [])
    assert only.outcome is Outcome.NEVER_ACKNOWLEDGED


def test_a_request_sent_twice_was_taken() -> None:
    """One lost packet is everyday: the target has the request, and is slow."""
    timed_out = request(100.0, manner=Manner.TIMEOUT, status=504)
    times = {"segments_sent": 1, "established_s": 98.0, "bytes_acknowledged": 80, "exchanges": 1}
    slow = conversation(100.0, Outcome.NOT_ANSWERED, retransmissions_sent=1, **times)
    (only,) = clusters(Case(traffic=traffic_of([timed_out]), wire=wire_of([slow])), [])
    assert only.outcome is Outcome.NOT_ANSWERED


def test_a_log_of_whole_seconds_tells_times_that_are_cut_off() -> None:
    """Ended at 100.75 and 101.85, logged as 100 and 101: each goes with its own, not 101 with what lies nearest."""
    seen = [conversation(at_s, Outcome.REFUSED, syn_s=(at_s,), end_s=at_s) for at_s in (100.75, 101.85)]
    words = {"phase": Phase.CONNECT, "manner": Manner.REFUSED, "wait_s": None, "start_s": None}
    traffic = traffic_of([request(100.0, **words), request(101.0, **words)])
    joined = failures(traffic, wire_of(seen))
    assert [(f.at_s, f.conversation.end_s if f.conversation else None) for f in joined] == [
        (100.0, 100.75),
        (101.0, 101.85),
    ]


def test_what_traffic_server_calls_a_failed_connect_may_have_been_sent() -> None:
    """ERR_CONNECT_FAIL covers connections that were closed as well: the wire shows that this one was, after it took
    the request. No handshake of TLS follows from that."""
    failed = request(
        100.0, proxy="trafficserver", phase=Phase.CONNECT, manner=Manner.UNKNOWN, connect_s=None, wait_s=None
    )
    closed = conversation(100.0, Outcome.CLOSED_BEFORE_ANSWER, established_s=99.99, bytes_acknowledged=517)
    (only,) = clusters(Case(traffic=traffic_of([failed]), wire=wire_of([closed])), [])
    assert (only.phase, only.manner) == (Phase.WAIT, Manner.CLOSED)


def test_log_and_wire_agree_about_the_connect_where_they_can() -> None:
    """In one second a request is cut off and a connect refused: the log's whole seconds lie as near to either."""
    cut = conversation(100.6, Outcome.CLOSED_BEFORE_ANSWER, request_s=100.2, end_s=100.6)
    refused = conversation(100.9, Outcome.REFUSED, syn_s=(100.9,), end_s=100.9)
    told = request(100.0, phase=Phase.CONNECT, manner=Manner.UNKNOWN, wait_s=None, start_s=None)
    traffic = traffic_of([told, request(100.0, start_s=None)])
    joined = {f.logged.request.phase: f.conversation for f in failures(traffic, wire_of([cut, refused])) if f.logged}
    assert {phase: c.outcome for phase, c in joined.items() if c} == {
        Phase.CONNECT: Outcome.REFUSED,
        Phase.WAIT: Outcome.CLOSED_BEFORE_ANSWER,
    }
