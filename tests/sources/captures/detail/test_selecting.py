from __future__ import annotations

from tests.making import conversation
from why502.model.conversations import Conversation, Outcome
from why502.model.evidence import Place
from why502.model.wire import StatusLine
from why502.sources.captures.detail import selecting
from why502.sources.captures.detail.selecting import chosen, unheard, with_errors


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


def test_those_that_were_answered_with_5xx_are_looked_at() -> None:
    """Also one that stayed open; a connection from the same port at another time is not meant."""

    def at(number: int, at_s: float, outcome: Outcome = Outcome.ANSWERED) -> Conversation:
        return conversation(at_s, outcome, at=Place("capture.pcap", number, mark="#"), end_s=None)

    erring, other, failed = at(1, 10.0), at(20, 90.0), at(40, 200.0, Outcome.REFUSED)
    lines = [StatusLine(Place("capture.pcap", n), at_s, erring.opener, 503) for n, at_s in ((5, 9.995), (44, 199.995))]
    numbers = with_errors([erring, other, failed], lines)
    assert numbers == {1, 40}
    assert chosen([erring, other, failed], numbers) == [failed, erring], "a failed one is not taken twice"


def test_open_ones_are_left_alone() -> None:
    """What did not end cannot have ended badly."""
    assert chosen([conversation(1.0, Outcome.OPEN), conversation(1.0, Outcome.ANSWERED, end_s=None)]) == []


def test_an_open_one_that_fell_silent_is_looked_at() -> None:
    """Its last data were sent again and again: the proxy's FIN waits behind them, and is not to be seen."""
    silent = conversation(
        1.0,
        Outcome.OPEN,
        last_s=9.0,
        request_s=2.0,
        retransmissions_sent=4,
        bytes_sent=6302,
        bytes_acknowledged=302,
    )
    assert unheard(silent)
    assert chosen([silent]) == [silent]


def test_an_open_one_that_is_only_slow_fell_not_silent() -> None:
    """All was acknowledged, or a single loss has just been repaired, or the capture ends too soon to tell."""
    asked = {"last_s": 9.0, "request_s": 2.0, "retransmissions_sent": 4, "bytes_sent": 6302}
    acknowledged = conversation(1.0, Outcome.OPEN, **asked, bytes_acknowledged=6302)
    once = conversation(1.0, Outcome.OPEN, **(asked | {"retransmissions_sent": 1}))
    soon = conversation(1.0, Outcome.OPEN, **(asked | {"last_s": 3.0}))
    assert not any(unheard(one) for one in (acknowledged, once, soon))


def test_the_packets_of_all_of_them_are_bounded() -> None:
    """Two downloads of a gigabyte do not make the second look a first one."""
    picked = chosen([conversation(float(n), packets=90_000) for n in range(5)])
    assert len(picked) == 1
