from __future__ import annotations

import pytest

from tests.sources.captures.detail.making import piece
from why502.model.details import End
from why502.sources.captures.detail.unseen import FARTHEST, Unseen
from why502.sources.captures.packets import ACK, FIN, RST, SYN

NEAR_THE_END = 0xFFFFFF00
"""Sequence numbers wrap within the next segments."""


def sent(*segments: tuple[int, int], flags: int = ACK) -> Unseen:
    """What is known after segments of (sequence number, payload bytes)."""
    way = Unseen()
    for seq, payload_bytes in segments:
        way.sent(piece(End.TARGET, seq & 0xFFFFFFFF, b"x" * payload_bytes, flags=flags))
    return way


def acknowledging(way: Unseen, number: int, flags: int = ACK) -> Unseen:
    way.heard(piece(ack=number & 0xFFFFFFFF, flags=flags))
    return way


@pytest.mark.parametrize("origin", [1000, NEAR_THE_END])
def test_what_was_acknowledged_and_is_not_there_is_missing(origin: int) -> None:
    """In between, and at the end; the numbers wrap."""
    between = acknowledging(sent((origin, 100), (origin + 300, 100)), origin + 400)
    assert (between.number, between.after(None)) == (1, True)
    at_the_end = acknowledging(sent((origin, 100)), origin + 300)
    assert (at_the_end.number, at_the_end.after(None)) == (1, True)


def test_what_nobody_acknowledged_was_lost_on_the_way() -> None:
    """That is the network's doing, and the sender repeats it."""
    way = acknowledging(sent((1000, 100), (1200, 100)), 1100)
    assert (way.number, way.after(None)) == (0, False)


def test_repetitions_and_late_segments_fill_gaps() -> None:
    """Whole ones, and parts of them."""
    way = acknowledging(sent((1000, 100), (1300, 100), (1100, 150), (1250, 50)), 1400)
    assert not way.after(None)
    assert acknowledging(sent((1000, 100), (1300, 100), (1150, 50)), 1400).number == 2


def test_only_gaps_of_the_last_exchange_count_for_its_outcome() -> None:
    """What is missing of an earlier answer does not touch the last one."""
    way = acknowledging(sent((1000, 100), (1300, 100)), 1400)
    assert way.after(1200)
    assert not way.after(1300)


def test_the_ends_of_a_connection_take_a_number_each() -> None:
    """SYN and FIN are acknowledged like bytes; a FIN that is not there is missing."""
    way = sent((1000, 0), flags=SYN | ACK)
    assert not acknowledging(way, 1001).after(None)
    assert acknowledging(way, 1002).after(None)
    way.sent(piece(End.TARGET, 1001, flags=FIN | ACK))
    assert not way.after(None)


def test_numbers_that_belong_to_no_connection_prove_nothing() -> None:
    """A reset's, those beyond any window, and all before the first segment seen."""
    assert not acknowledging(sent((1000, 100)), 5000, RST | ACK).after(None)
    assert not acknowledging(sent((1000, 100)), 1100 + FARTHEST).after(None)
    early = acknowledging(Unseen(), 5000)
    assert (early.after(None), early.unheard_of) == (False, True)
    assert not acknowledging(sent((1000, 100)), 700).after(None)


def test_what_comes_after_the_first_acknowledgement_must_be_there() -> None:
    """A capture that begins in the middle of a connection: the other end tells from where on it is complete."""
    whole = acknowledging(Unseen(), 1000)
    whole.sent(piece(End.TARGET, 1000, b"x" * 100))
    assert not acknowledging(whole, 1100).after(None)
    holed = acknowledging(Unseen(), 1000)
    holed.sent(piece(End.TARGET, 1200, flags=FIN | ACK))
    assert not holed.after(1000)
    assert acknowledging(holed, 1201).after(1000)
    assert acknowledging(acknowledging(Unseen(), 1000), 1500).number == 1


def test_a_fin_behind_bytes_that_are_not_there_tells_that_they_were_sent() -> None:
    """Nobody need have acknowledged them; the kernel sends a FIN behind all data (`tcp_send_fin`)."""
    way = sent((1000, 100))
    way.sent(piece(End.TARGET, 1100, flags=FIN | ACK))
    assert not way.sent_unseen(1000)
    way = sent((1000, 100))
    way.sent(piece(End.TARGET, 1300, flags=FIN | ACK))
    assert way.sent_unseen(1100)
    assert not way.sent_unseen(1300)
