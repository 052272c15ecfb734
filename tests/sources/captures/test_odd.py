from __future__ import annotations

import io
import random

import pytest
from msgspec import structs

from tests.sources.captures.making import ACK, FIN, FOUND, PSH, RST, SYN, Talk, conversations, packet, pcap, read
from tests.sources.captures.odd import WRAPPINGS, fragmented, in_fragments, odd_captures, over_ipv6, plain, wrapped
from why502.model.case import Window
from why502.model.conversations import Conversation, Outcome
from why502.sources.captures import read_captures
from why502.sources.captures.kernels.layout import (
    RECENT_SETS,
    RECENT_WAYS,
    RECENT_WORDS,
    S_ACK,
    S_HASH,
    S_IP_ID,
    S_NS,
    S_SEQ,
    S_TAG,
    SEGMENT_WORDS,
)
from why502.sources.captures.kernels.recent import hashed, saw
from why502.sources.interface import EvidenceFile, Reading

SIZES = {"wire_bytes_sent": 0, "wire_bytes_received": 0}


def only(content: bytes) -> Conversation:
    reading = read(content)
    assert reading.input.not_understood == 0
    (conversation,) = conversations(reading)
    return conversation


def together(*contents: bytes, window: Window | None = None) -> list[Reading]:
    def file(index: int) -> EvidenceFile:
        return EvidenceFile(f"{index}.pcap", lambda: io.BytesIO(contents[index]), window)

    return read_captures([file(index) for index in range(len(contents))])


@pytest.mark.parametrize("name", WRAPPINGS)
def test_what_comes_in_a_tunnel_is_the_same_conversation(name: str) -> None:
    """VXLAN, GENEVE, GRE, ERSPAN, IP in IP and double VLAN tags: only the sizes on the wire differ."""
    inside, bare = only(wrapped(name)), plain().only()
    assert inside.wire_bytes_sent > bare.wire_bytes_sent
    assert structs.replace(inside, **SIZES) == structs.replace(bare, **SIZES)


def test_fragments_are_one_packet() -> None:
    """Payload of later fragments counts, the packets are those that were sent, and nothing is retransmitted."""
    conversation, bare = only(in_fragments()), plain().only()
    assert (conversation.packets, conversation.bytes_sent, conversation.bytes_received) == (9, 200, 400)
    assert (conversation.outcome, conversation.exchanges) == (bare.outcome, bare.exchanges)
    assert (conversation.retransmissions_sent, conversation.retransmissions_received) == (0, 0)


def test_fragments_of_ipv6() -> None:
    """The fragment header tells where the rest belongs."""
    conversation = only(over_ipv6())
    assert (conversation.packets, conversation.bytes_sent, conversation.retransmissions_sent) == (4, 100, 0)


def test_a_later_fragment_alone_is_not_understood() -> None:
    """Without its first fragment nobody knows whose it is."""
    request = plain().packets[3][1]
    reading = read(pcap([(1.0, piece) for piece in fragmented(request)[1:]]))
    assert (reading.input.records, reading.input.not_understood) == (0, 1)
    assert "not reassembled" in reading.input.first_not_understood[0].why


def test_64_captured_bytes_are_enough() -> None:
    """`tcpdump -s 64`: payload lengths come from the IP header."""
    cut, whole = only(pcap(plain().packets, snap=64)), plain().only()
    assert cut == whole


def test_a_capture_that_sees_only_one_side() -> None:
    """Asymmetric routing: what the proxy sent, and never an answer; no verdict is pretended from silence."""
    talk = plain()
    one_side = pcap([(at_s, frame) for at_s, frame in talk.packets if frame[26:30] == b"\x0a\0\0\x05"])
    conversation = only(one_side)
    assert conversation.outcome is Outcome.PARTIAL
    assert (conversation.opener, conversation.bytes_sent) == ("10.0.0.5:40000", 200)


def test_a_clock_that_steps_back_ends_no_conversation() -> None:
    """NTP turned the clock back by an hour in the middle: the same conversation, no negative duration."""
    talk = Talk().handshake(4000.0).exchange(4001.0).exchange(401.0)
    talk.send(402.0, True, FIN | ACK)
    talk.send(402.001, False, FIN | ACK)
    conversation = talk.only()
    assert (conversation.exchanges, conversation.outcome) == (2, Outcome.ANSWERED)
    assert conversation.idle_before_request_s == 0


def test_closed_conversations_do_not_wait_for_a_clock_to_catch_up() -> None:
    """A lone SYN after the step proves as little as it would without one."""
    old, new = Talk().handshake(4000.0).exchange(4001.0), Talk(isn=77)
    old.send(4002.0, False, RST | ACK)
    new.send(100.0, True, SYN)
    first, second = conversations(read(pcap([*old.packets, *new.packets])))
    assert (first.outcome, second.outcome) == (Outcome.ANSWER_CUT, Outcome.PARTIAL)


def test_conversations_span_the_files_of_a_ring() -> None:
    """Named in any order: the conversation is a fact of the file where it begins, packets are counted per file."""
    packets = Talk().handshake().exchange(1.0).exchange(2.0).packets
    late, early = together(pcap(packets[5:]), pcap(packets[:5]))
    assert (early.input.records, late.input.records) == (5, 4)
    assert conversations(late) == []
    (conversation,) = conversations(early)
    assert (conversation.packets, conversation.exchanges, conversation.outcome) == (9, 2, Outcome.ANSWERED)
    assert (str(conversation.at), str(conversation.decided_at)) == ("1.pcap#1", "0.pcap#3")


def test_captures_of_the_same_time_are_not_one_ring() -> None:
    """Both ends of the same traffic: each is a capture of its own."""
    packets = plain().packets
    both = together(pcap(packets), pcap([(at_s + 0.0001, frame) for at_s, frame in packets]))
    assert [[c.packets for c in conversations(reading)] for reading in both] == [[9], [9]]


def test_a_window_leaves_out_what_does_not_overlap_it() -> None:
    """`--since` and `--until` reach the reader, which may only count."""
    first, second = Talk().handshake(0.0).exchange(1.0), Talk(isn=9).handshake(100.0)
    content = pcap([*first.packets, *second.packets])
    kept = [conversations(together(content, window=Window(*span))[0]) for span in ((50.0, 200.0), (0.0, 50.0))]
    assert [[c.first_s for c in found] for found in kept] == [[100.0], [0.0]]


def test_copies_that_come_later_than_others() -> None:
    """Sixty packets of a burst on one interface, then the same sixty on the next: no retransmission."""
    talk = Talk().handshake()
    burst = [(1.0 + n / 1e6, packet(True, 1001 + 100 * n, 5001, PSH | ACK, 100, n + 1)) for n in range(60)]
    talk.packets += burst + [(at_s + 0.0005, frame) for at_s, frame in burst]
    conversation = talk.only()
    assert (conversation.bytes_sent, conversation.segments_sent, conversation.retransmissions_sent) == (6000, 60, 0)


@pytest.mark.parametrize("name", sorted(path.name for path in FOUND.iterdir()))
def test_what_fuzzing_found_is_told_the_same_every_time(name: str) -> None:
    """Every run draws another seed for its hashes."""
    content = (FOUND / name).read_bytes()
    told = [conversations(read(content)) for _ in range(20)]
    assert all(again == told[0] for again in told)


def test_many_gaps_are_filled_in_any_order() -> None:
    """Twenty segments in a random order: every byte once, none taken for a retransmission."""
    order = list(range(20))
    random.Random(5).shuffle(order)
    talk = Talk().handshake()
    talk.packets += [(1.0 + i / 1e4, packet(True, 1001 + 10 * n, 5001, ACK, 10, n + 1)) for i, n in enumerate(order)]
    conversation = talk.only()
    assert (conversation.bytes_sent, conversation.segments_sent, conversation.retransmissions_sent) == (200, 20, 0)


@pytest.mark.parametrize("name", odd_captures())
def test_every_odd_capture_is_understood(name: str) -> None:
    """They are the corpus of `comparing`, too."""
    assert only(odd_captures()[name]).packets in (4, 9)


def test_copies_are_found_whatever_the_seed_of_the_hashes() -> None:
    """Each run draws one; what is forgotten first is the oldest, so that bursts like this one never crowd out."""
    segment = [0] * SEGMENT_WORDS
    for seed in range(50):
        recent, now_ns = [0] * (RECENT_SETS * RECENT_WAYS * RECENT_WORDS), 1_000_000_000
        for again in (0, 1):
            for n in range(60):
                segment[S_TAG], segment[S_SEQ], segment[S_ACK], segment[S_IP_ID] = seed, 1001 + 100 * n, 5001, n + 1
                segment[S_NS], segment[S_HASH] = now_ns, hashed(segment, 0)
                now_ns += 1000
                assert saw(recent, segment, 0) == again
