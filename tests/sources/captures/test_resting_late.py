"""What comes late of a conversation at rest, and what does not belong to it although it comes soon."""

from __future__ import annotations

import io

import pytest

from tests.sources.captures.making import ACK, FIN, PSH, RST, Talk, packet, pcap
from tests.sources.captures.test_resting import (
    COUNTING,
    OVER_S,
    REMEMBERED_S,
    elsewhere,
    none_is_told,  # noqa: F401 - a fixture
    outcomes,
    served,
)
from why502.model.conversations import Outcome
from why502.sources.captures.buffering import Buffer
from why502.sources.captures.kernels.closing import LINGER_NS
from why502.sources.captures.kernels.layout import M_OPEN
from why502.sources.captures.segmenting import Segmenter
from why502.sources.captures.tracking import Tracker

pytestmark = pytest.mark.usefixtures("none_is_told")


@pytest.mark.parametrize("answered_by", [None, RST])
def test_data_sent_again_for_seconds_begin_nothing(answered_by: int | None) -> None:
    """A proxy answers the target's close by a TLS close_notify and its FIN. What acknowledged them was captured, and
    lost behind that: the proxy sends again after ever longer times. That is no stale connection.
    """
    talk = Talk().handshake().exchange(1.0)
    talk.send(2.0, False, FIN | ACK)
    talk.send(2.001, True, PSH | ACK, 31)
    talk.send(2.0011, True, FIN | ACK)
    talk.send(2.002, False)
    for again_s in (0.2, 0.6, 1.4, 3.0):
        talk.packets.append((2.0 + again_s, packet(True, 1101, 5202, PSH | ACK, 31, round(100 * again_s))))
    if answered_by:
        talk.packets.append((5.001, packet(False, 5202, 0, answered_by, 0, 99)))
    assert outcomes(talk.packets) == {Outcome.ANSWERED: 1}


@pytest.mark.parametrize("skew_s", [0.5, 2.0, 4.0])
def test_a_merged_capture_of_another_clock_counts_once(skew_s: float) -> None:
    """The same conversation captured at both ends, in one file, with clocks that differ."""
    packets = served().packets
    both = sorted([*packets, *((at_s + skew_s, data) for at_s, data in packets)], key=lambda one: one[0])
    assert outcomes(both) == {Outcome.ANSWERED: 1}


@pytest.mark.parametrize("after_s", [0.01, 0.5, 2.0])
def test_a_failure_of_the_same_ports_without_its_syn(after_s: float) -> None:
    """Other sequence numbers are another connection, however soon: its handshake was not captured."""
    again = Talk(900_000, 70_000)
    again.send(OVER_S + after_s, True, PSH | ACK, 100)
    again.seen[True], at_s = again.seq[False], OVER_S + after_s
    again.send(at_s + 0.001, False, FIN | ACK)
    again.send(at_s + 0.002, True, FIN | ACK)
    again.send(at_s + 0.003, False)
    assert outcomes([*served().packets, *again.packets]) == {Outcome.ANSWERED: 1, Outcome.CLOSED_BEFORE_ANSWER: 1}


def test_late_packets_let_time_pass() -> None:
    """They belong to nothing that is in the table, and still tell how late it is: to those at rest..."""
    talk = served()
    talk.send(OVER_S + REMEMBERED_S + 0.1, True)
    talk.send(OVER_S + REMEMBERED_S + 0.2, True)
    assert outcomes(talk.packets) == {Outcome.ANSWERED: 1, Outcome.PARTIAL: 1}


def test_late_packets_let_time_pass_for_closed_ones() -> None:
    """...and to those that are closed."""
    talk = served()
    closing = [elsewhere(2.5, 40001), elsewhere(2.51, 40001)]
    closing[1] = (2.51, closing[1][1][:47] + bytes([RST | ACK]) + closing[1][1][48:])
    talk.packets += closing
    talk.send(2.51 + LINGER_NS / 1e9 + 0.1, True)
    tracker = Tracker(COUNTING)
    for segments, count in Segmenter(COUNTING, Buffer(io.BytesIO(pcap(talk.packets)))).stretches():
        tracker.feed(segments, count)
    assert tracker.meta[M_OPEN] == 0


def test_data_sent_again_for_longer_begin_nothing() -> None:
    """As above, for minutes: timeouts double."""
    talk = Talk().handshake().exchange(1.0)
    talk.send(2.0, False, FIN | ACK)
    talk.send(2.001, True, PSH | ACK, 31)
    talk.send(2.0011, True, FIN | ACK)
    talk.send(2.002, False)
    for again_s in (0.2, 0.6, 1.4, 3.0, 6.2, 12.6, 25.4, 51.0, 102.2):
        talk.packets.append((2.0 + again_s, packet(True, 1101, 5202, PSH | ACK, 31, round(100 * again_s))))
    talk.packets.insert(-5, elsewhere(7.9, 40001))
    assert outcomes(talk.packets) == {Outcome.ANSWERED: 1, Outcome.SYN_UNANSWERED: 1}
