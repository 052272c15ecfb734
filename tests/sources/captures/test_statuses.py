from __future__ import annotations

import io
from dataclasses import replace

import pytest

from tests.sources.captures.making import ACK, PSH, Talk, block, enhanced, interface, pcap, section
from why502.diagnosis import assemble
from why502.model.case import Window
from why502.model.wire import Answered, Counted
from why502.sources.captures import read_captures
from why502.sources.captures.following import follow
from why502.sources.captures.machine import INTERPRETED, compiled_machine
from why502.sources.captures.statuses import REMEMBERED
from why502.sources.interface import EvidenceFile, Reading

ASK = b"GET /orders HTTP/1.1\r\nHost: x\r\n\r\n"


def say(talk: Talk, at_s: float, from_proxy: bool, data: bytes) -> None:
    talk.send(at_s, from_proxy, PSH | ACK, len(data))
    talk.packets[-1] = (at_s, talk.packets[-1][1][: -len(data)] + data)


def answer(status: int) -> bytes:
    return b"HTTP/1.1 %d Whatever\r\nContent-Length: 0\r\n\r\n" % status


def talked(*statuses: int) -> Talk:
    """One connection, a request a second."""
    talk = Talk().handshake(0.5)
    for at_s, status in enumerate(statuses, start=1):
        say(talk, at_s, True, ASK)
        say(talk, at_s + 0.01, False, answer(status))
    return talk


def file(content: bytes, window: Window | None = None, path: str = "made.pcap") -> EvidenceFile:
    return EvidenceFile(path, lambda: io.BytesIO(content), window)


def answered(reading: Reading) -> list[Answered]:
    return [fact for fact in reading.facts if isinstance(fact, Answered)]


def statuses(content: bytes, window: Window | None = None) -> dict[int, int]:
    (reading,) = read_captures([file(content, window)])
    found = answered(reading)
    assert len(found) <= 1
    return found[0].statuses if found else {}


def test_every_answer_of_a_kept_connection_counts() -> None:
    """Not only the last one; each 5xx has its packet, time, receiver and status."""
    (reading,) = read_captures([file(pcap(talked(200, 503, 200, 500).packets))])
    (found,) = answered(reading)
    assert (found.target, found.statuses, found.capture) == (
        "10.0.0.7:8080",
        {200: 2, 500: 1, 503: 1},
        "made.pcap",
    )
    assert [(str(e.at), e.opener, e.status) for e in found.errors] == [
        ("made.pcap#7", "10.0.0.5:40000", 503),
        ("made.pcap#11", "10.0.0.5:40000", 500),
    ]
    assert [e.at_s for e in found.errors] == pytest.approx([2.01, 4.01])


def test_an_answer_that_was_captured_or_sent_twice_counts_once() -> None:
    """`tcpdump -i any` on a router, and a retransmission."""
    packets = talked(503).packets
    late = [(at_s + 0.2, frame) for at_s, frame in packets[-1:]]
    assert statuses(pcap([*packets, packets[-1], *late])) == {503: 1}


def test_copies_are_told_however_many_answers_there_are() -> None:
    """What is remembered is bounded, and the latest answers are in it."""
    talk = Talk()
    for number in range(REMEMBERED + 2):
        say(talk, number / 1000, False, answer(503))
    assert statuses(pcap([*talk.packets, *talk.packets[-2:]])) == {503: REMEMBERED + 2}


def test_what_is_no_answer_does_not_count() -> None:
    """100 Continue comes before it, and 999 is no status; 101 is an answer."""
    assert statuses(pcap(talked(100, 999, 101).packets)) == {101: 1}


def test_a_status_that_was_not_captured_does_not_count() -> None:
    """The snapshot length ends within 'HTTP/1.1 5': what follows in the file is no part of the packet."""
    packets = talked(503).packets
    assert statuses(pcap(packets, snap=54 + len("HTTP/1.1 503"))) == {503: 1}
    assert statuses(pcap(packets, snap=54 + len("HTTP/1.1 50"))) == {}
    assert statuses(pcap(packets, snap=54)) == {}


def test_only_the_time_asked_for_counts() -> None:
    """A connection that overlaps the window is told whole, its answers are not."""
    assert statuses(pcap(talked(500, 502, 503).packets), Window(1.5, 2.5)) == {502: 1}


def test_each_file_of_a_ring_has_its_own() -> None:
    """With packet numbers as that file counts them."""
    packets = talked(503, 502).packets
    readings = read_captures([file(pcap(packets[:5])), file(pcap(packets[5:]), path="next.pcap")])
    found = [fact for reading in readings for fact in answered(reading)]
    assert [(f.capture, f.statuses, str(f.errors[0].at)) for f in found] == [
        ("made.pcap", {503: 1}, "made.pcap#5"),
        ("next.pcap", {502: 1}, "next.pcap#2"),
    ]


def test_machine_code_finds_the_same_where_conversations_are_only_counted() -> None:
    """A large capture tells a few samples one by one; the status lines are those of all."""
    packets = talked(*[200, 503] * 100).packets
    machines = [replace(machine, room=7) for machine in (INTERPRETED, compiled_machine())]
    plain, compiled = (follow([file(pcap(packets))], machine)[0] for machine in machines)
    assert answered(plain) == answered(compiled)
    assert answered(compiled)[0].statuses == {200: 100, 503: 100}
    counted = [fact for fact in compiled.facts if isinstance(fact, Counted)]
    assert [part.capture for part in counted] == ["made.pcap"], "so that two ends of the same traffic count once"


def test_they_reach_the_case() -> None:
    """By target, and the exchange with its request line is told by the second look."""
    case = assemble(read_captures([file(pcap(talked(503, *[200] * 20).packets))]))
    assert case.wire is not None
    (target,) = case.wire.targets
    assert target.statuses == {200: 20, 503: 1}
    assert [line.status for line in target.errors] == [503]


@pytest.mark.parametrize("places", [(0,), (1, 1, 2), (4,)])
def test_answers_beside_blocks_that_take_numbers_of_packets(places: tuple[int, ...]) -> None:
    """Lines of a journal are numbered as packets are, and are none: each answer is found all the same."""
    packets = talked(200, 503).packets
    blocks = [enhanced(round(at_s * 1e6), frame) for at_s, frame in packets]
    for place in places:
        blocks.insert(place, block(9, b"__REALTIME_TIMESTAMP=1\n\0"))
    assert statuses(section() + interface() + b"".join(blocks)) == {200: 1, 503: 1}
