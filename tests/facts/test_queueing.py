from __future__ import annotations

from msgspec.structs import replace

from tests.making import conversation, served
from why502.facts.queueing import Queueing, queueing, queueing_of, spans_of_logs
from why502.facts.turns import spans_of
from why502.facts.wire import summarise
from why502.model.conversations import Conversation, Outcome
from why502.model.details import ConversationDetail, End, Packet, Protocol
from why502.model.evidence import Place
from why502.model.patterns import Span
from why502.model.requests import Manner, Phase, Request, Side

AT = Place("capture.pcap", 1, mark="#")
PATIENCE_S = 1.2


def pages(workers: int, sizes: list[int], work_s: float = 0.4) -> list[Span]:
    """A page every 10 s, its requests 10 ms apart; each takes a worker, in the order in which they came."""
    spans: list[Span] = []
    for number, size in enumerate(sizes):
        free = [0.0] * workers
        for place in range(size):
            asked_s = number * 10.0 + place * 0.01
            begin_s = max(asked_s, min(free))
            free[free.index(min(free))] = begin_s + work_s
            late = begin_s + work_s - asked_s > PATIENCE_S
            spans.append(Span(asked_s, begin_s + work_s, asked_s + PATIENCE_S if late else None))
    return spans


def found(spans: list[Span]) -> Queueing:
    return queueing_of(sorted(spans), AT)


def test_two_workers_are_counted_from_the_answers_of_a_few_pages() -> None:
    """Two at a time are served in the usual time; all others of a page wait, and those given up stood in a line."""
    told = found(pages(2, [4, 8, 6, 9, 3]))
    assert told.has_places
    assert (told.division.places, told.division.found_slow, told.crowds) == (2, 0, 5)
    assert told.division.waited == told.division.waited_slow == 20
    assert told.in_line
    assert not told.is_overtaken
    assert not told.one_by_one


def test_a_line_moves_where_only_what_was_given_up_is_answered() -> None:
    """Steady overload: nobody is answered in time any more, and all in the order in which they came."""
    line = [Span(n / 10, n / 10 + 2.3, n / 10 + 2.0) for n in range(80)]
    assert found(line).in_line
    silent = [span._replace(until_s=span.asked_s + 2.04) for span in line]  # only the FIN was acknowledged
    assert not found(silent).in_line


def test_one_worker_is_no_pool_that_a_capture_could_tell_from_a_busy_loop() -> None:
    """Every request but the first of a page waits."""
    told = found(pages(1, [4, 3, 5, 2, 4, 3]))
    assert told.one_by_one
    assert not told.has_places


def overloaded(sizes: list[int], every_s: float, work_s: float, *, closed: bool) -> list[Span]:
    """Two workers and pages that come faster than they are served. `closed`: of what was given up no answer is seen,
    and the target works on it all the same.
    """
    spans, free = list[Span](), [0.0, 0.0]
    for number, size in enumerate(sizes):
        for place in range(size):
            asked_s = number * every_s + place * 0.01
            begin_s = max(asked_s, min(free))
            free[free.index(min(free))] = until_s = begin_s + work_s
            given_up_s = asked_s + PATIENCE_S if until_s - asked_s > PATIENCE_S else None
            spans.append(Span(asked_s, given_up_s if given_up_s and closed else until_s, given_up_s))
    return spans


def test_places_are_counted_where_the_line_never_ends() -> None:
    """Hardly any request finds the target idle; those with the fewest before them tell what is usual."""
    told = found(overloaded([4, 9, 12, 7, 9, 11, 8], 1.8, 0.38, closed=False))
    assert told.has_places
    assert told.usual_s is not None
    assert told.usual_s < 0.6


def test_what_the_target_is_still_at_work_on_does_not_count_as_usual() -> None:
    """The first of most pages are late for that alone; the quickest of them tell what is usual."""
    told = found(overloaded([4, 9, 12, 12, 10, 12, 9], 2.0, 0.38, closed=True))
    assert told.has_places
    assert (told.division.places, round(told.usual_s or 0, 2)) == (2, 0.38)


def test_what_grows_slower_with_each_request_in_flight_has_no_places() -> None:
    """A database that all share: a third longer for each that is ahead, the last of the "places" included."""
    spans, free_s = list[Span](), list[float]()
    for number, size in enumerate([5, 9, 12, 8, 11, 10, 9, 12]):
        for asked_s in (number * 0.9 + place * 0.01 for place in range(size)):
            lasted_s = 0.38 * (1 + 0.3 * sum(until_s > asked_s for until_s in free_s))
            free_s.append(asked_s + lasted_s)
            late = lasted_s > PATIENCE_S
            spans.append(Span(asked_s, asked_s + lasted_s, asked_s + PATIENCE_S if late else None))
    told = found(spans)
    assert told.grows_slower
    assert not told.has_places


def test_a_slow_request_is_overtaken() -> None:
    """Workers enough; one request of each page hangs, and those after it are answered."""
    spans = [s if s.asked_s % 10.0 else Span(s.asked_s, s.asked_s + 5, s.asked_s + 1) for s in pages(50, [5, 6, 4])]
    told = found(spans)
    assert told.is_overtaken
    assert (told.overtaken, told.given_up) == (3, 3)
    assert not told.has_places
    assert not told.in_line


def test_a_stall_of_everything_is_neither() -> None:
    """All requests of one page hang, from the first on: no number in flight divides them."""
    told = found([*pages(50, [5, 6, 4]), *(Span(40 + n / 100, 45.0, 41.2 + n / 100) for n in range(8))])
    assert not told.has_places
    assert not told.is_overtaken
    assert not told.in_line
    assert not told.one_by_one


def test_everything_slower_under_load_is_no_lack_of_places() -> None:
    """A processor that is shared by all makes the first ones of a crowd as slow as the last ones."""
    sizes = [1, 8, 1, 9, 1, 7, 1, 10]
    spans = [Span(10.0 * n + i / 100, 10.0 * n + 0.1 * size, None) for n, size in enumerate(sizes) for i in range(size)]
    assert not found(spans).has_places


def test_a_new_connection_is_overtaken_by_another_new_one_only() -> None:
    """Who has a connection needs not wait to be accepted."""
    waiting = Span(10.0, 20.0, 15.0, fresh=True)
    used = [Span(10.0 + n, 10.1 + n, None, fresh=False) for n in (1, 2, 3)]
    assert not found([waiting, *used]).overtaken
    assert found([waiting, *used, Span(12.5, 12.6, None, fresh=True)]).overtaken == 1


def packet(at_s: float, sender: End, payload_bytes: int = 100, flags: str = "PSH, ACK") -> Packet:
    return Packet(1, at_s, sender, flags, payload_bytes)


def talked(*packets: Packet, outcome: Outcome = Outcome.ANSWERED, left_out: int = 0, **fields: object) -> Conversation:
    detail = ConversationDetail(packets=packets, packets_left_out=left_out)
    last_s = packets[-1].at_s
    made = {"detail": detail, "exchanges": 2, "last_s": last_s, "end_s": last_s, "request_s": packets[0].at_s}
    return conversation(last_s, outcome, **{**made, **fields})


def test_the_turns_of_a_conversation_are_its_requests() -> None:
    """A request in two segments, its answer, and one that the proxy left before the answer came."""
    proxy, target = End.PROXY, End.TARGET
    told = talked(
        *(packet(1.0, proxy), packet(1.1, proxy), packet(1.5, target), packet(1.6, target)),
        *(packet(3.0, proxy), packet(4.0, proxy, 0, "FIN, ACK"), packet(4.5, target)),
        fin_by_opener_s=4.0,
    )
    assert list(spans_of(told)) == [Span(1.0, 1.5, None, fresh=True), Span(3.0, 4.5, 4.0, fresh=False)]


def test_what_a_capture_does_not_tell_of_every_request_tells_nothing() -> None:
    """Packets that were left out, TLS, connections that never ended: others may have been in front."""
    told = [talked(packet(1.0, End.PROXY), packet(1.5, End.TARGET))]
    assert queueing(None) is None
    assert queueing(summarise(told).targets[0]) is not None
    long = talked(packet(1.0, End.PROXY), packet(1.5, End.TARGET), left_out=9)
    assert queueing(summarise([*told, long]).targets[0]) is None
    hidden = conversation(2.0, Outcome.ANSWERED, detail=ConversationDetail(protocol=Protocol.TLS))
    assert queueing(summarise([hidden]).targets[0]) is None
    standing = conversation(2.0, Outcome.ANSWERED, end_s=None)
    assert queueing(summarise([*told, standing]).targets[0]) is None


def test_who_was_first_between_two_captures_of_one_time_tells_nothing() -> None:
    """Another machine with the same address; the files of a ring follow each other, and belong together."""
    proxy, target = End.PROXY, End.TARGET
    left = talked(
        packet(1.0, proxy), packet(3.0, proxy, 0, "FIN, ACK"), outcome=Outcome.NOT_ANSWERED, fin_by_opener_s=3.0
    )
    others = [talked(packet(1.0 + n, proxy), packet(1.1 + n, target), opener=f"10.0.0.1:{n}") for n in range(2)]
    first, *rest = (replace(c, first_s=c.request_s, opened=True) for c in (left, *others))
    own = queueing(summarise([first, *rest]).targets[0])
    assert own is not None
    assert own.overtaken == 1
    elsewhere = [
        replace(c, at=Place("other.pcap", 1, mark="#"), first_s=c.first_s - 0.5 + n) for n, c in enumerate(rest)
    ]
    strange = queueing(summarise([first, *elsewhere]).targets[0])
    assert strange is not None
    assert strange.overtaken == 0
    ring = [replace(c, at=Place("ring2.pcap", 1, mark="#")) for c in rest]
    following = queueing(summarise([first, *ring]).targets[0])
    assert following is not None
    assert following.overtaken == 1


def logged(asked_s: float, lasted_s: float, **fields: object) -> Request:
    told = {"start_s": asked_s, "connect_s": 0.0, "wait_s": lasted_s, "total_s": lasted_s, **fields}
    return served(asked_s + lasted_s, **told)


def timed_out(asked_s: float) -> Request:
    return logged(asked_s, 1.2, status=504, side=Side.PROXY, phase=Phase.WAIT, manner=Manner.TIMEOUT)


def test_a_log_with_fractions_of_a_second_tells_it_too() -> None:
    """One that timed out, and one that was answered meanwhile, of the target that both went to."""
    told = spans_of_logs([logged(10.25, 0.5), timed_out(10.125)])
    assert told == {"10.0.0.7:8080": (Span(10.125, 11.325, 11.325), Span(10.25, 10.75, None))}


def test_a_log_of_whole_seconds_or_without_timeouts_tells_nothing() -> None:
    """Who came before whom within a second is not known there."""
    assert spans_of_logs([logged(10.25, 0.5)]) == {}
    coarse = [replace(timed_out(10.0), end_s=11.0), replace(logged(12.0, 0.5), end_s=12.0)]
    assert spans_of_logs(coarse) == {}


def test_a_turn_that_the_recorder_lost_is_not_known() -> None:
    """What the capture does not show may have been an answer."""
    whole = talked(packet(1.0, End.PROXY), packet(1.5, End.TARGET))
    assert whole.detail is not None
    assert queueing(summarise([replace(whole, detail=replace(whole.detail, gaps=1))]).targets[0]) is None


def test_of_very_many_requests_those_around_the_first_given_up_are_kept() -> None:
    """Also where it comes late."""
    many = [logged(n / 8, 0.0625) for n in range(6000)]
    (spans,) = spans_of_logs([*many, timed_out(700.0625)]).values()
    assert len(spans) < len(many)
    assert [span.asked_s for span in spans if span.given_up_s] == [700.0625]
    assert spans[0].asked_s < 700 < spans[-1].asked_s


def test_who_connected_first_is_accepted_first_whenever_its_request_came() -> None:
    """A proxy that opens several side by side sends a request 20 ms after the handshake: it has overtaken nobody."""
    late = [Span(10.0, 12.0, 11.2, connected_s=9.990 + n / 1000) for n in range(3)]
    earlier = Span(10.011, 10.2, None, connected_s=9.98)
    assert not found([*late, earlier]).overtaken
    assert found([*late, earlier._replace(connected_s=10.01)]).is_overtaken
    assert found([*late, earlier._replace(connected_s=None)]).is_overtaken
    assert not found([*late, earlier._replace(connected_s=None, fresh=False)]).overtaken


def test_who_comes_while_given_up_requests_may_be_served_tells_no_places() -> None:
    """Two workers that go on with what the proxy has closed: the next page waits from its first request on."""
    paged = pages(2, [8, 3, 2, 4, 3, 2, 4])
    closed = [s if s.given_up_s is None else s._replace(until_s=s.given_up_s) for s in paged]
    soon = [Span(1.3 + n / 100, 2.2 + n / 100, None) for n in range(2)]
    told = found([*closed, *soon])
    assert told.division.places == 2
    assert told.division.found_slow == 0
    assert told.has_places


def test_a_request_answered_as_fast_as_ever_ends_that_doubt() -> None:
    """A target that noticed the close: what comes next is served at once, and what waits later counts."""
    page = [Span(0.0, 0.4, None), *(Span(0.1, 1.3, 1.3) for _ in range(4))]
    later = [Span(1.9, 2.9, None), Span(13.0, 13.4, None), Span(15.0, 15.4, None)]
    assert found([*page, *later]).crowds == 1
    assert found([*page, Span(1.4, 1.8, None), *later]).crowds == 2
