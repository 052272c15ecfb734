from __future__ import annotations

from msgspec import structs

from tests.making import case, conversation, host, listener, request, snapshot
from why502.facts.clusters import clusters
from why502.facts.listeners import listener_windows
from why502.facts.losses import Losses, losses
from why502.facts.scene import Scene
from why502.facts.wire import summarise
from why502.model.conversations import Conversation, Outcome
from why502.model.details import ConversationDetail, End, Packet


def on_wire(*told: Conversation) -> Losses:
    whole = case(request(100.0))
    wire = summarise(told).target("10.0.0.7:8080")
    return losses(Scene(whole, clusters(whole, ())[0], None, wire, ()))


def answered(number: int, **fields: int) -> list[Conversation]:
    return [conversation(100.0 + n, Outcome.ANSWERED, opener=f"10.0.0.1:{40000 + n}", **fields) for n in range(number)]


def on_host(**grown: int) -> Losses:
    """What the counters grew by between two looks."""
    before, after = snapshot(90.0, listener()), snapshot(110.0, listener())
    first = structs.replace(before.namespaces[0], counters=dict.fromkeys(grown, 5))
    last = structs.replace(first, counters={name: 5 + number for name, number in grown.items()})
    record = host(structs.replace(before, namespaces=(first,)), structs.replace(after, namespaces=(last,)))
    whole = case(request(100.0))
    windows = tuple(listener_windows(record, "host.json"))
    return losses(Scene(whole, clusters(whole, ())[0], None, None, windows))


def test_data_sent_again_in_conversations_that_went_well_is_loss() -> None:
    found = on_wire(*answered(20), *(structs.replace(c, retransmissions_received=2) for c in answered(3)))
    assert (found.conversations, found.again) == (23, 3)
    assert found.on_wire


def test_one_or_two_of_many_are_what_any_network_loses() -> None:
    found = on_wire(*answered(20), *answered(2, retransmissions_received=1))
    assert not found.on_wire
    assert not found.none_on_wire


def test_a_final_ack_that_a_full_accept_queue_dropped_is_none() -> None:
    """The request is sent again until the queue has room; nothing was lost on the way."""
    assert on_wire(*answered(12, retransmissions_sent=3, synacks_after_ack=1)).none_on_wire


def test_the_first_request_of_a_new_connection_sent_again_is_none_either() -> None:
    """SYN cookies: the queue drops the final ACK, and no SYN-ACK is repeated. What the target sends again was lost."""
    assert on_wire(*answered(12, retransmissions_sent=3)).none_on_wire
    assert on_wire(*answered(12, retransmissions_received=1)).on_wire


def test_a_later_request_sent_again_is_loss() -> None:
    """The connection had served: it waits in no queue."""

    def packet(seq: int, number: int) -> Packet:
        return Packet(number, 100.0 + number / 10, End.PROXY, "PSH, ACK", 80, seq=seq)

    detail = ConversationDetail(packets=(packet(1, 1), packet(81, 2), packet(81, 3)))
    lossy = [structs.replace(c, retransmissions_sent=1, detail=detail) for c in answered(3)]
    assert on_wire(*answered(12), *lossy).again == 3


def given_up(number: int, *after: str, **fields: int) -> list[Conversation]:
    """Requests that were acknowledged and given up; `after`: who sent what from the proxy's close on."""
    ends = {"proxy": End.PROXY, "target": End.TARGET}
    steps = [("proxy", "PSH, ACK"), ("target", "ACK"), ("proxy", "FIN, ACK"), *(tuple(a.split(": ")) for a in after)]
    packets = tuple(Packet(n, 100.0 + n, ends[who], flags, 0) for n, (who, flags) in enumerate(steps))
    detail = ConversationDetail(packets=packets)
    failed = [conversation(100.0 + n, Outcome.NOT_ANSWERED, opener=f"10.0.0.1:{50000 + n}") for n in range(number)]
    return [structs.replace(c, detail=detail, **fields) for c in failed]


def beside(*failed: Conversation) -> Losses:
    """Three of twenty conversations that went well had something sent again."""
    told = (*failed, *answered(17), *(structs.replace(c, retransmissions_received=1) for c in answered(3)))
    wire = summarise(told)
    whole = structs.replace(case(), wire=wire)
    (found,) = clusters(whole, ())
    return losses(Scene(whole, found, None, wire.target("10.0.0.7:8080"), ()))


def test_a_way_that_carried_every_request_and_every_close_lost_no_answers() -> None:
    """A tail loss probe is no loss."""
    found = beside(*given_up(5, "target: ACK"))
    assert found.way_carries
    assert found.again_on_wire
    assert not found.on_wire


def test_a_way_that_lost_one_of_them_may_have_lost_the_answers() -> None:
    for failed in (
        given_up(5),  # the close was never acknowledged
        given_up(5, "proxy: FIN, ACK", "target: ACK"),
        given_up(5, "target: ACK", retransmissions_sent=1),
        given_up(5, "target: ACK", retransmissions_received=1),
        given_up(2, "target: ACK"),  # two may be chance
    ):
        assert beside(*failed).on_wire


def test_what_failed_tells_nothing_of_the_path() -> None:
    """A target that is gone leaves every segment unheard."""
    dead = [conversation(100.0 + n, Outcome.STALE, retransmissions_sent=4) for n in range(5)]
    assert not on_wire(*dead, *answered(12)).on_wire


def test_segments_that_the_host_sent_again_count_without_handshakes() -> None:
    """SYN-ACKs are repeated wherever a listener's queue is full."""
    assert on_host(OutSegs=500, RetransSegs=40, TCPSynRetrans=2).on_host
    assert not on_host(OutSegs=500, RetransSegs=40, TCPSynRetrans=40).on_host
    assert not on_host(OutSegs=50_000, RetransSegs=40, TCPSynRetrans=0).on_host


def test_a_host_that_sent_nothing_again_lost_nothing() -> None:
    assert on_host(OutSegs=500, RetransSegs=0, TCPSynRetrans=0, TCPRetransFail=0).none_on_host
    assert not on_host(OutSegs=500, RetransSegs=0, TCPSynRetrans=0, TCPRetransFail=4).none_on_host


def test_an_answer_that_nobody_waited_for_any_more_did_not_go_well() -> None:
    """A black hole that was mended lets old answers through; the proxy's kernel meets them with a reset."""
    late = [structs.replace(c, retransmissions_sent=7, reset_by_opener=True) for c in answered(4)]
    found = on_wire(*answered(12), *late)
    assert (found.conversations, found.again) == (12, 0)
