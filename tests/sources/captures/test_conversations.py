from __future__ import annotations

import io
from dataclasses import replace

import pytest

from tests.sources.captures.making import (
    ACK,
    FIN,
    PROXY,
    PSH,
    RST,
    SYN,
    TARGET,
    Talk,
    conversations,
    ethernet,
    ipv4,
    packet,
    pcap,
    read,
    tcp,
)
from why502.model.conversations import Outcome
from why502.sources.captures.buffering import Buffer
from why502.sources.captures.kernels.closing import LINGER_NS
from why502.sources.captures.kernels.layout import (
    C_FIRST_NS,
    C_STATE,
    CONVERSATION_WORDS,
    M_OPEN,
    M_USED,
    OPEN,
    SEGMENT_WORDS,
)
from why502.sources.captures.machine import INTERPRETED, compiled_machine
from why502.sources.captures.segmenting import Segmenter
from why502.sources.captures.tracking import Tracker


def test_packets_seen_twice_count_once() -> None:
    """`tcpdump -i any` sees a packet on each interface it passes: no retransmission, no second SYN."""
    talk = Talk().handshake().exchange(1.0)
    talk.packets = [(at_s + copy * 0.0001, data) for at_s, data in talk.packets for copy in (0, 1)]
    conversation = talk.only()
    assert (conversation.retransmissions_sent, conversation.segments_sent, conversation.bytes_sent) == (0, 1, 100)
    assert (len(conversation.syn_s), len(conversation.synack_s), conversation.synacks_after_ack) == (1, 1, 0)
    assert conversation.packets == 12, "packets are counted as Wireshark counts them"


@pytest.mark.parametrize(("after_s", "ip_id"), [(0.0005, 99), (0.3, 4)])
def test_the_same_bytes_in_another_packet_are_a_retransmission(after_s: float, ip_id: int) -> None:
    """Another IP identification, or the same one much later, is no copy."""
    talk = Talk().handshake()
    talk.send(1.0, True, PSH | ACK, 100)
    talk.packets.append((1.0 + after_s, packet(True, 1001, 5001, PSH | ACK, 100, ip_id)))
    conversation = talk.only()
    assert (conversation.retransmissions_sent, conversation.segments_sent, conversation.bytes_sent) == (1, 1, 100)


def test_reordered_segments_are_no_retransmissions() -> None:
    """A segment that fills a gap is new, even though later bytes came first."""
    talk = Talk().handshake()
    for seq in (1101, 1001, 1301, 1201):
        talk.packets.append((1.0, packet(True, seq, 5001, ACK, 100, seq)))
    conversation = talk.only()
    assert (conversation.retransmissions_sent, conversation.segments_sent, conversation.bytes_sent) == (0, 4, 400)


def test_a_keepalive_probe_is_no_retransmission() -> None:
    """One byte before what was acknowledged (RFC 9293, 3.8.4) asks whether the other end lives."""
    talk = Talk().handshake().exchange(1.0)
    talk.packets.append((60.0, packet(True, 1100, 5201, ACK, 1, 99)))
    conversation = talk.only()
    assert (conversation.retransmissions_sent, conversation.outcome) == (0, Outcome.ANSWERED)


def test_the_same_ports_used_again() -> None:
    """A SYN with another initial number begins a new conversation; the late reset still belongs to the old one."""
    first, second = Talk().handshake().exchange(1.0), Talk(isn=900_000, target_isn=70_000)
    first.send(2.0, True, FIN | ACK)
    first.send(2.001, False, FIN | ACK)
    first.send(2.002, False, RST)
    second.handshake(3.0)
    old, new = conversations(read(pcap(first.packets + second.packets)))
    assert (old.packets, old.outcome, old.reset_by_target) == (9, Outcome.ANSWERED, True)
    assert (new.packets, new.outcome, new.at.number) == (3, Outcome.UNUSED, 10)


def test_a_repeated_syn_is_the_same_conversation() -> None:
    """Same initial number: the SYN was sent again."""
    talk = Talk()
    talk.send(0.0, True, SYN)
    talk.seq[True] -= 1
    talk.handshake(1.0).exchange(2.0)
    conversation = talk.only()
    assert conversation.syn_s == (0.0, 1.0)
    assert conversation.connect_s == pytest.approx(1.002)


def test_closed_conversations_leave_the_table() -> None:
    """Memory grows with the open conversations: one that closed is told a few seconds later."""
    talk = Talk().handshake()
    talk.send(1.0, False, RST | ACK)
    talk.send(1.0 + 2 * LINGER_NS / 1e9, False, RST)
    tracker, told = Tracker(INTERPRETED), []
    for segments, count in Segmenter(INTERPRETED, Buffer(io.BytesIO(pcap(talk.packets)))).stretches():
        for index in range(count):
            one = segments[index * SEGMENT_WORDS : (index + 1) * SEGMENT_WORDS]
            tracker.feed(one, 1)
            told.append(len(list(tracker.told())))
    tracker.finish(0)
    assert told == [0, 0, 0, 0, 1]
    assert list(tracker.told()) == []


@pytest.mark.parametrize("again_s", [7.0, 14.0, 57.0])
def test_a_fin_that_nobody_acknowledged_is_awaited(again_s: float) -> None:
    """It is sent again after ever longer times; Wireshark counts one conversation, too."""
    talk = Talk().handshake().exchange(1.0)
    talk.send(2.0, True, FIN | ACK)
    talk.send(2.001, False, FIN | ACK, arrives=False)
    talk.packets.append((2.001 + again_s / 2, elsewhere(1)))
    talk.packets.append((2.001 + again_s, packet(False, talk.seq[False] - 1, talk.seen[False], FIN | ACK)))
    own, _ = sorted(conversations(read(pcap(talk.packets))), key=lambda c: -c.packets)
    assert (own.packets, own.outcome) == (9, Outcome.ANSWERED)


def test_what_goes_on_long_after_a_reset_is_the_same_conversation() -> None:
    """Somebody did not believe the reset."""
    talk = Talk().handshake().exchange(1.0)
    talk.send(2.0, True, RST)
    for at_s in (3.5, 9.0, 30.0):
        talk.packets.append((at_s + 0.1, elsewhere(round(at_s))))
        talk.packets.append((at_s, packet(False, talk.seq[False], talk.seen[False], PSH | ACK, 10, round(at_s))))
    talk.packets.sort(key=lambda one: one[0])
    told = conversations(read(pcap(talk.packets)))
    assert sorted(c.packets for c in told) == [1, 1, 1, 10]


@pytest.mark.parametrize(("ends_by", "outcome"), [(PSH | ACK, Outcome.ANSWERED), (RST, Outcome.RESET_BEFORE_ANSWER)])
def test_a_syn_that_met_an_older_connection_of_its_ports(ends_by: int, outcome: Outcome) -> None:
    """Challenged, reset, and sent again (RFC 9293, 3.5.1): one conversation, whatever the older one's numbers."""
    talk = Talk()
    talk.send(0.0, True, SYN)
    talk.packets.append((0.001, packet(False, 0x51234567, 0x71234567, ACK, 0, 70)))
    talk.packets.append((0.0015, packet(False, 0x51234567, 0x71234567, PSH | ACK, 3000, 73)))
    talk.packets.append((0.002, packet(True, 0x71234567, 0, RST, 0, 71)))
    talk.packets.append((1.0, packet(True, 1000, 0, SYN, 0, 72)))
    talk.send(1.001, False, SYN | ACK)
    talk.send(1.002, True)
    talk.send(1.003, True, PSH | ACK, 100)
    talk.send(1.004, False)
    talk.packets.append((8.0, elsewhere(1)))
    talk.send(20.0, False, ends_by, 200 if ends_by & PSH else 0)
    told = [c for c in conversations(read(pcap(talk.packets))) if c.packets > 1]
    assert [(c.packets, c.outcome, c.opened, c.reset_by_opener) for c in told] == [(10, outcome, True, False)]
    assert told[0].bytes_received == (200 if ends_by & PSH else 0)


@pytest.mark.parametrize("from_proxy", [True, False])
def test_a_reset_left_over_from_an_older_conversation_is_not_the_next_ones(from_proxy: bool) -> None:
    """It would seem to have ended what had not begun."""
    talk = Talk()
    talk.packets.append((0.0, packet(from_proxy, 0x71234567, 0, RST, 0, 70)))
    talk.handshake(1.0)
    talk.send(1.1, True, PSH | ACK, 100)
    talk.send(1.2, False)
    talk.send(1.3, False, RST | ACK)
    older, own = conversations(read(pcap(talk.packets)))
    assert (older.packets, older.outcome) == (1, Outcome.PARTIAL)
    assert (own.packets, own.outcome) == (6, Outcome.RESET_BEFORE_ANSWER)


def test_both_sides_try_to_open_one_after_the_other() -> None:
    """Each is refused, and each is a conversation, as Wireshark counts them."""
    talk = Talk()
    talk.send(0.0, True, SYN)
    talk.packets.append((0.001, packet(False, 0, 1001, RST | ACK, 0, 70)))
    talk.packets.append((0.5, packet(False, 7000, 0, SYN, 0, 71)))
    talk.packets.append((0.501, packet(True, 0, 7001, RST | ACK, 0, 72)))
    told = conversations(read(pcap(talk.packets)))
    assert [(c.packets, c.outcome) for c in told] == [(2, Outcome.REFUSED), (2, Outcome.REFUSED)]
    assert told[0].opener == told[1].target


def elsewhere(ip_id: int) -> bytes:
    """A packet of another conversation: time goes on."""
    sender = (PROXY[0], 50_000 + ip_id)
    return ethernet(ipv4(sender[0], TARGET[0], tcp(sender, TARGET, 1, 0, SYN), ip_id=ip_id))


def test_a_listener_seen_elsewhere_tells_who_opened() -> None:
    """Without its SYN, the lower port would be taken for the target; another conversation knows better."""
    known = Talk()
    known.handshake(0.0)
    stranger = (b"\x0a\0\0\x05", 1024)
    data = ethernet(ipv4(stranger[0], TARGET[0], tcp(stranger, TARGET, 1, 1, PSH | ACK, 10)))
    first, _ = conversations(read(pcap([(0.0, data), *known.packets])))
    assert (first.opener, first.target) == ("10.0.0.5:1024", "10.0.0.7:8080")


@pytest.mark.parametrize("is_compiled", [False, True])
def test_of_too_many_open_conversations_the_longest_silent_are_given_up(is_compiled: bool) -> None:
    """A flood of SYNs takes no more memory than was granted, and every conversation is told in the end."""
    most, flood = 100, 5000
    machine = replace(compiled_machine() if is_compiled else INTERPRETED, is_compiled=False, room=50)
    packets = [
        (n / 1000, ethernet(ipv4(PROXY[0], TARGET[0], tcp((PROXY[0], 10_000 + n), TARGET, n, 0, SYN))))
        for n in range(flood)
    ]
    tracker, first_s = Tracker(machine, max_open=most), []
    for segments, count in Segmenter(machine, Buffer(io.BytesIO(pcap(packets)))).stretches():
        tracker.feed(segments, count)
        assert tracker.meta[M_OPEN] <= most
        rows = range(0, tracker.meta[M_USED] * CONVERSATION_WORDS, CONVERSATION_WORDS)
        open_s = [tracker.table[r + C_FIRST_NS] / 1e9 for r in rows if tracker.table[r + C_STATE] == OPEN]
        first_s += [tracker.table[row * CONVERSATION_WORDS + C_FIRST_NS] / 1e9 for row in tracker.told()]
        assert max(first_s, default=-1) < min(open_s), "those that were silent longest go first"
    assert len(first_s) >= flood - most
    tracker.finish(0)
    assert len(first_s) + len(list(tracker.told())) == flood
    assert tracker.meta[M_USED] <= most + machine.room


def test_those_that_wait_to_be_told_keep_their_rows() -> None:
    """However few are granted: what was given up is told after the segments that took its place."""
    machine = replace(INTERPRETED, room=1)
    packets = [
        (n, ethernet(ipv4(PROXY[0], TARGET[0], tcp((PROXY[0], 10_000 + n), TARGET, n, 0, SYN)))) for n in range(9)
    ]
    tracker, told = Tracker(machine, max_open=1), 0
    for segments, count in Segmenter(machine, Buffer(io.BytesIO(pcap(packets)))).stretches():
        tracker.feed(segments, count)
        told += len(list(tracker.told()))
    assert (told, tracker.meta[M_OPEN]) == (8, 1)
