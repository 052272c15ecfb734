from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from why502.model.probe import Attempt, Burst, Fate
from why502.reproduce.estimate import estimate, shown

FATES = {
    "a": Attempt(Fate.ANSWERED, 0.0, 0.0, 0.05, status=200),
    "f": Attempt(Fate.ANSWERED, 0.0, 0.0, 0.0001, status=200),
    "5": Attempt(Fate.ANSWERED, 0.0, 0.0, 0.05, status=503),
    "l": Attempt(Fate.LATE, 0.001, 1.02, 1.05, syn_retransmits=1, status=200),
    "x": Attempt(Fate.RESET_UNKNOWN, 0.001, 0.001),
    "u": Attempt(Fate.UNACKNOWLEDGED, 0.001, 0.001),
    "s": Attempt(Fate.SYN_UNANSWERED, 0.001),
    "r": Attempt(Fate.REFUSED, 0.001),
    "n": Attempt(Fate.NOT_ANSWERED, 0.001, 0.001),
    "t": Attempt(Fate.TLS_FAILED, 0.001, 0.001),
}


def _burst(fates: str) -> Burst:
    return Burst(0.0, tuple(FATES[letter] for letter in fates))


LONE = _burst("aaa")


def _estimated(*bursts: str, lone: str = "aaa") -> tuple[int | None, int | None, str]:
    found = estimate([_burst(one) for one in bursts], _burst(lone), connection_test_only=False)
    return found.at_least, found.at_most, found.sentence


def test_the_articles_listener() -> None:
    """Backlog 1: its queue holds two, the third waits until its SYN is sent again."""
    sentence = "2 connections at once get through, the third waits 1 s: backlog 1 (0 if the acceptor took 1 meanwhile)"
    assert _estimated("aalll", "aal", "aa") == (0, 1, sentence)


def test_each_face_of_a_full_queue_counts() -> None:
    """Late, reset by a kernel that did not know it, not acknowledged, not answered."""
    for face, words in (("l", "waits 1 s"), ("x", "is reset"), ("u", "is not acknowledged"), ("s", "is not answered")):
        at_least, at_most, sentence = _estimated(f"aaaaaa{face}")
        assert (at_least, at_most) == (4, 5)
        assert f"the 7th {words}" in sentence


def test_what_was_answered_meanwhile_makes_the_interval_wider() -> None:
    """Those were accepted while the burst was still going out."""
    assert _estimated("ffaaaal")[:2] == (2, 5)


def test_the_smallest_burst_decides() -> None:
    """More got through another time because the acceptor was quicker then."""
    assert _estimated("aaaall", "aall", "aaaa")[:2] == (0, 1)


def test_without_an_overflow_there_is_no_upper_bound() -> None:
    """It may be large, or the acceptor fast."""
    at_least, at_most, sentence = _estimated("aaaaa")
    assert (at_least, at_most) == (None, None)
    assert "backlog 4 or more, or an acceptor that is fast enough" in sentence


def test_a_target_that_is_bad_alone_gives_no_estimate() -> None:
    """Loss looks the same, and alone nobody competes for the queue."""
    assert _estimated("aalll", lone="ala") == (
        None,
        None,
        "no estimate: even alone, 1 of 3 connections had to wait",
    )


def test_the_cause_is_named_where_it_can_be_told() -> None:
    """And not where it cannot."""
    causes = {
        "aall": "accept-queue-overflow",
        "aaxx": "accept-queue-overflow",
        "rrrr": "connection-refused",
        "tttt": "tls-handshake-failed",
        "aa55": "target-answered-5xx",
        "aann": None,
        "aaaa": None,
        "rraa": "connection-refused",
    }
    assert {fates: shown([_burst(fates)], LONE)[0] for fates in causes} == causes
    assert shown([_burst("aall")], _burst("las"))[0] is None


@given(st.lists(st.text("".join(FATES), min_size=1, max_size=8), max_size=5), st.text("".join(FATES), max_size=3))
def test_the_interval_is_one(bursts: list[str], lone: str) -> None:
    """At least is never more than at most, and neither is negative; there is always a sentence."""
    at_least, at_most, sentence = _estimated(*bursts, lone=lone)
    assert sentence
    assert (at_least is None) == (at_most is None)
    if at_least is not None and at_most is not None:
        assert 0 <= at_least <= at_most
    assert shown([_burst(one) for one in bursts], _burst(lone))[1]
