from __future__ import annotations

import io

import pytest

from tests.sources.captures.detail.making import RECORDED, detail
from tests.sources.captures.making import (
    ACK,
    FIN,
    PSH,
    RST,
    SYN,
    Talk,
    conversations,
    ethernet,
    ipv6,
    packet,
    pcap,
    read,
    tcp,
)
from why502.facts.wire import summarise
from why502.model.conversations import Conversation, Outcome
from why502.sources.captures.detail.rereading import reread
from why502.sources.captures.detail.watching import FIRST_PACKETS, LAST_PACKETS
from why502.sources.captures.machine import INTERPRETED, compiled_machine


def everything() -> bytes:
    files = [path.read_bytes() for path in sorted(RECORDED.glob("*.pcap")) if "at_target" not in path.stem]
    return files[0][:24] + b"".join(file[24:] for file in files)


def test_machine_code_picks_what_plain_python_picks() -> None:
    """Both ways through a capture give the same details."""
    content = everything()
    plain = [c for c in conversations(read(content)) if c.packets]
    seen = [reread(io.BytesIO(content), plain, machine) for machine in (INTERPRETED, compiled_machine())]
    assert seen[0] == seen[1]
    assert len(seen[0]) == len(plain)


@pytest.mark.parametrize("highest", [0x00, 0x80])
def test_addresses_of_ipv6_may_have_their_highest_bits_set(highest: int) -> None:
    """Which as a machine word is a negative number: the ends of a conversation compare as they do in the first look."""
    there = (b"\x20\x01" + bytes(6) + bytes([highest]) + bytes(7), 40000)
    back = (b"\x20\x01" + bytes(13) + b"\x07", 8080)
    steps = ((there, back, 9, 0, SYN), (back, there, 0, 10, RST | ACK))
    frames = [ethernet(ipv6(s[0], r[0], tcp(s, r, seq, ack, flags)), 0x86DD) for s, r, seq, ack, flags in steps]
    (refused,) = conversations(read(pcap([(1.0 + n / 1000, frame) for n, frame in enumerate(frames)])))
    assert refused.outcome is Outcome.REFUSED
    assert [packet.number for packet in detail(refused).packets] == [1, 2]


def test_ports_that_are_used_again_are_two_conversations() -> None:
    """Each gets its own packets, the first those before the new SYN."""
    first, second = Talk(isn=1000).handshake(0.0), Talk(isn=90_000).handshake(2.0)
    for talk, at_s in ((first, 0.5), (second, 2.5)):
        talk.send(at_s, True, PSH | ACK, 100)
        talk.send(at_s + 0.1, False, RST | ACK)
    a, b = conversations(read(pcap([*first.packets, *second.packets])))
    assert [p.number for p in detail(a).packets] == [1, 2, 3, 4, 5]
    assert [p.number for p in detail(b).packets] == [6, 7, 8, 9, 10]


def test_packets_in_the_middle_are_left_out_and_counted() -> None:
    """A ladder shows how it began and how it ended."""
    talk = Talk().handshake()
    for turn in range(200):
        talk.exchange(1.0 + turn / 100)
    talk.send(4.0, True, PSH | ACK, 100)
    talk.send(4.1, False, RST | ACK)
    shown = detail(talk.only())
    assert len(shown.packets) == FIRST_PACKETS + LAST_PACKETS
    assert shown.packets_left_out == 3 + 600 + 2 - len(shown.packets)
    assert shown.packets[-1].flags == "RST, ACK"


def test_a_copy_of_a_packet_is_shown_once() -> None:
    """`tcpdump -i any` sees it on each interface; a retransmission is marked."""
    talk = Talk()
    talk.send(0.0, True, SYN)
    talk.packets.append((0.0001, talk.packets[0][1]))
    talk.seq[True] -= 1
    talk.send(1.0, True, SYN)
    talk.send(1.1, False, RST | ACK)
    shown = detail(talk.only()).packets
    assert [(p.number, p.note) for p in shown] == [(1, ""), (3, "again"), (4, "")]


def test_a_fin_long_after_a_request_that_nobody_acknowledged_is_no_race() -> None:
    """What crosses does so within a round trip; this request was lost, again and again."""
    talk = Talk().handshake().exchange(1.0)
    for at_s in (2.0, 2.2, 2.6):
        talk.send(at_s, True, PSH | ACK, 100, arrives=False)
        talk.seq[True] -= 100
    talk.send(5.0, False, FIN | ACK)
    conversation = talk.only()
    assert isinstance(conversation, Conversation)
    assert conversation.outcome is Outcome.STALE
    assert detail(conversation).reason == "nothing of the request was acknowledged in 3.0 s and 2 retransmissions"


def test_answers_whose_beginning_was_not_captured_are_not_called_malformed() -> None:
    """The capture begins in the middle of a download; then comes a request that is read from its beginning."""
    rest, request = b"\0\1\2 the rest of a picture", b"GET / HTTP/1.1\r\n\r\n"
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    asked, answered = 5000 + len(rest), 1000 + len(request)
    packets = [
        (1.0, segment(False, 5000, 1000, rest)),
        (1.1, segment(True, 1000, asked, request)),
        (1.2, segment(False, asked, answered, answer)),
        (1.3, segment(True, answered, asked + len(answer), b"", FIN | ACK)),
    ]
    (conversation,) = conversations(read(pcap(packets)))
    assert conversation.outcome is Outcome.ANSWERED
    assert detail(conversation).exchanges[-1].answer == "HTTP/1.1 200 OK"


def segment(from_proxy: bool, seq: int, ack: int, payload: bytes, flags: int = PSH | ACK) -> bytes:
    return packet(from_proxy, seq, ack, flags, len(payload))[: -len(payload) or None] + payload


def test_an_answer_that_a_stricter_proxy_may_refuse_is_set_apart() -> None:
    """Answered, as far as TCP and a lenient parser can tell; its sizes are facts for whoever judges a 502."""
    request = b"GET / HTTP/1.1\r\n\r\n"
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
    large = b"HTTP/1.1 200 OK\r\nSet-Cookie: " + b"x" * 1400
    rest = b"\r\nContent-Length: 2\r\n\r\n"
    for parts, oddity, head_bytes in (
        ([head + b"2\r\nok\r\n0\r\n\r\n"], 2, len(head)),
        ([large, rest + b"ok"], 1, len(large + rest)),
    ):
        packets, seq = [(1.0, segment(True, 1000, 5000, request))], 5000
        for part in parts:
            packets.append((1.1, segment(False, seq, 1000 + len(request), part)))
            seq += len(part)
        packets.append((1.2, segment(True, 1000 + len(request), seq, b"", FIN | ACK)))
        (target,) = summarise(conversations(read(pcap(packets)))).targets
        (conversation,) = target.odd
        assert (conversation.outcome, conversation.oddity) == (Outcome.ANSWERED, oddity)
        (exchange,) = detail(conversation).exchanges
        assert (exchange.status, exchange.received_bytes, exchange.expected_bytes) == (200, 2, 2)
        assert exchange.answer_head_bytes == head_bytes
