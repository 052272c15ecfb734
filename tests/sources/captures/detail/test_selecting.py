from __future__ import annotations

from tests.making import conversation
from why502.model.conversations import Outcome
from why502.sources.captures.detail import selecting
from why502.sources.captures.detail.selecting import chosen


def test_every_kind_of_failure_is_looked_at() -> None:
    """One refused among ten thousand resets is not crowded out."""
    resets = [conversation(float(n)) for n in range(10_000)]
    refused = conversation(5.0, Outcome.REFUSED)
    picked = chosen([*resets, refused])
    assert refused in picked
    assert len(picked) == selecting.MAX_FAILED


def test_served_ones_are_looked_at_the_rarest_ending_first() -> None:
    """Where proxies close and one target did, that one may be cut short."""
    usual = [conversation(float(n), Outcome.ANSWERED, fin_by_opener_s=float(n)) for n in range(2000)]
    odd = conversation(7.0, Outcome.ANSWERED, fin_by_target_s=7.0)
    picked = chosen([*usual, odd])
    assert picked[0] == odd
    assert len(picked) == selecting.MAX_DOUBTFUL


def test_one_in_which_something_odd_was_said_is_always_looked_at() -> None:
    """However many of the same ending there are."""
    usual = [conversation(float(n), Outcome.ANSWERED, fin_by_target_s=float(n)) for n in range(2000)]
    odd = conversation(1999.0, Outcome.ANSWERED, fin_by_target_s=1999.0, oddity=2)
    unusual = conversation(1998.0, Outcome.ANSWERED, fin_by_target_s=1998.0, oddity=1)
    assert chosen([*usual, unusual, odd])[:2] == [odd, unusual]


def test_open_ones_are_left_alone() -> None:
    """What did not end cannot have ended badly."""
    assert chosen([conversation(1.0, Outcome.OPEN), conversation(1.0, Outcome.ANSWERED, end_s=None)]) == []


def test_the_packets_of_all_of_them_are_bounded() -> None:
    """Two downloads of a gigabyte do not make the second look a first one."""
    picked = chosen([conversation(float(n), packets=90_000) for n in range(5)])
    assert len(picked) == 1
