"""Conversations that ended as most do leave the table at once; what still comes of them begins nothing."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.sources.captures.making import ACK, FIN, PSH, RST, SYN, Talk, ethernet, ipv4, pcap, tcp
from why502.model.conversations import Conversation, Outcome
from why502.model.wire import Counted
from why502.sources.captures import tracking
from why502.sources.captures.buffering import Buffer
from why502.sources.captures.following import follow
from why502.sources.captures.kernels import resting
from why502.sources.captures.kernels.judge import MAX_SAMPLES
from why502.sources.captures.kernels.layout import M_OPEN, M_RESTED, M_USED
from why502.sources.captures.machine import INTERPRETED
from why502.sources.captures.segmenting import Segmenter
from why502.sources.captures.tracking import Tracker
from why502.sources.interface import EvidenceFile

if TYPE_CHECKING:
    from why502.sources.interface import Fact

COUNTING = replace(INTERPRETED, is_compiled=True)
"""The same kernels, which tell one by one only what deserves it, as in a large capture."""
REMEMBERED_S = resting.REMEMBERED_NS / 1e9
OVER_S = 2.002
"""When `served` is over."""


@pytest.fixture
def none_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracking, "MAX_TOLD", 0)


def served(isn: int = 1000, at_s: float = 0.0) -> Talk:
    """A conversation that both sides end by a FIN, after an answer."""
    talk = Talk(isn).handshake(at_s).exchange(at_s + 1.0)
    talk.send(at_s + 2.0, True, FIN | ACK)
    talk.send(at_s + 2.001, False, FIN | ACK)
    talk.send(at_s + OVER_S, True)
    return talk


def elsewhere(at_s: float, port: int) -> tuple[float, bytes]:
    """A packet of somebody else's: the clock goes on."""
    proxy, target = (b"\x0a\0\0\x05", port), (b"\x0a\0\0\x07", 8080)
    return at_s, ethernet(ipv4(proxy[0], target[0], tcp(proxy, target, 1, 0, SYN)))


def facts(packets: list[tuple[float, bytes]]) -> tuple[Fact, ...]:
    content = pcap(packets)
    return follow([EvidenceFile("made.pcap", lambda: io.BytesIO(content))], COUNTING)[0].facts


def outcomes(packets: list[tuple[float, bytes]]) -> Counter[Outcome]:
    """Of the conversations that are only counted."""
    counts: Counter[Outcome] = Counter()
    for fact in facts(packets):
        if isinstance(fact, Counted):
            counts.update(fact.outcomes)
    return counts


@pytest.mark.usefixtures("none_is_told")
def test_rows_are_used_again_at_once() -> None:
    """Memory grows with the open conversations, not with those that were served within the last seconds."""
    packets = [packet for number in range(20) for packet in served(1000 + 5000 * number, number * 0.01).packets]
    tracker = Tracker(COUNTING)
    for segments, count in Segmenter(COUNTING, Buffer(io.BytesIO(pcap(packets)))).stretches():
        tracker.feed(segments, count)
    assert (tracker.meta[M_USED], tracker.meta[M_OPEN], tracker.meta[M_RESTED]) == (1, 0, 20)


@pytest.mark.usefixtures("none_is_told")
@pytest.mark.parametrize("after_s", [0.01, 1.0, REMEMBERED_S * 0.9])
@pytest.mark.parametrize(
    ("from_proxy", "flags", "back"),
    [
        (True, ACK, 0),
        (True, FIN | ACK, 1),
        (False, FIN | ACK, 1),
        (False, RST, 0),
        (True, SYN, 102),
        (False, SYN | ACK, 202),
    ],
)
def test_a_late_packet_begins_nothing(from_proxy: bool, flags: int, back: int, after_s: float) -> None:
    """`back`: how far its number lies before those that would be next."""
    talk = served()
    talk.seq[from_proxy] -= back
    talk.send(OVER_S + after_s, from_proxy, flags)
    talk.packets.append(elsewhere(OVER_S + after_s, 40001))
    assert outcomes(talk.packets) == {Outcome.ANSWERED: 1, Outcome.PARTIAL: 1}, "the other one is elsewhere's"


@pytest.mark.usefixtures("none_is_told")
@pytest.mark.parametrize("after_s", [0.01, REMEMBERED_S * 0.9])
def test_data_that_come_again_begin_nothing(after_s: float) -> None:
    """Whose last acknowledgement was lost behind the capture sends them again, after ever longer times."""
    talk = served()
    talk.seq[True] -= 101
    talk.send(OVER_S + after_s, True, PSH | ACK, 100)
    assert outcomes(talk.packets) == {Outcome.ANSWERED: 1}


@pytest.mark.usefixtures("none_is_told")
@pytest.mark.parametrize(("from_proxy", "flags"), [(True, SYN), (False, SYN | ACK)])
def test_the_same_ports_used_again(from_proxy: bool, flags: int) -> None:
    """By another initial sequence number, whether or not the SYN itself was captured."""
    talk = served()
    again = Talk(900_000, 70_000)
    again.send(OVER_S + 0.5, from_proxy, flags)
    assert outcomes([*talk.packets, *again.packets]).total() == 2


@pytest.mark.usefixtures("none_is_told")
def test_both_of_the_same_ports_are_counted() -> None:
    """And what is late of the second is not taken for the first."""
    first, second = served(), served(900_000, 2.5)
    second.send(4.6, False, RST)
    second.packets.append(elsewhere(20.0, 40001))
    assert outcomes([*first.packets, *second.packets]) == {Outcome.ANSWERED: 2, Outcome.PARTIAL: 1}


@pytest.mark.usefixtures("none_is_told")
@pytest.mark.parametrize("after_s", [0.01, REMEMBERED_S * 0.9])
def test_data_that_it_never_had_begin_another(after_s: float) -> None:
    """A new connection, of which the capture has not the beginning."""
    talk = served()
    talk.send(OVER_S + after_s, True, PSH | ACK, 100)
    assert outcomes(talk.packets).total() == 2


@pytest.mark.usefixtures("none_is_told")
def test_after_a_while_it_is_forgotten() -> None:
    talk = served()
    talk.packets.append(elsewhere(OVER_S + REMEMBERED_S + 0.1, 40001))
    talk.send(OVER_S + REMEMBERED_S + 0.2, True)
    assert outcomes(talk.packets).total() == 3


@pytest.mark.usefixtures("none_is_told")
def test_of_too_many_the_oldest_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that memory is bounded, whatever is captured."""
    monkeypatch.setattr(resting, "RESTING_PLACES", 2)
    late: list[tuple[float, bytes]] = []
    packets: list[tuple[float, bytes]] = []
    for number in range(3):
        talk = served(at_s=number * 0.01)
        packets += [
            (at_s, data.replace((40000).to_bytes(2, "big"), (40000 + number).to_bytes(2, "big")))
            for at_s, data in talk.packets
        ]
        late.append((3.0, packets[-1][1]))
    assert outcomes([*packets, *late[1:]]) == {Outcome.ANSWERED: 3}
    assert outcomes([*packets, *late]) == {Outcome.ANSWERED: 3, Outcome.PARTIAL: 1}


def test_those_that_are_told_have_all_their_packets() -> None:
    """The first of each kind are told as samples, and stay in the table until nothing more comes."""
    packets: list[tuple[float, bytes]] = []
    for number in range(2 * MAX_SAMPLES):
        talk = served(1000 + 5000 * number, number * 3.0)
        talk.send(number * 3.0 + OVER_S + 0.1, False, RST)
        packets += talk.packets
    found = facts(packets)
    told = [fact for fact in found if isinstance(fact, Conversation)]
    assert len(told) == MAX_SAMPLES
    assert {(c.packets, c.reset_by_target) for c in told} == {(10, True)}
    assert sum(sum(fact.outcomes.values()) for fact in found if isinstance(fact, Counted)) == MAX_SAMPLES
