from __future__ import annotations

from why502.facts.not_taken import NotTaken, not_taken
from why502.model.patterns import Span


def crowd(*, fresh: bool, given_up: int, served: int) -> list[Span]:
    """Requests within a second; who waits in vain is given up after two."""
    lost = [Span(10.0 + n / 100, 12.0 + n / 100, 12.0 + n / 100, fresh) for n in range(given_up)]
    return lost + [Span(10.5 + n / 100, 10.6 + n / 100, None, fresh) for n in range(served)]


def test_new_connections_that_wait_beside_used_ones_that_are_served_were_not_taken() -> None:
    found = not_taken(crowd(fresh=True, given_up=12, served=2) + crowd(fresh=False, given_up=0, served=9))
    assert found is not None
    assert found == NotTaken(13, 11, 9, found.p)  # the first one found nobody waiting
    assert found.p < 0.001


def test_what_stands_still_answers_on_used_ones_neither() -> None:
    assert not_taken(crowd(fresh=True, given_up=12, served=2) + crowd(fresh=False, given_up=1, served=9)) is None


def test_two_that_were_served_may_be_chance() -> None:
    assert not_taken(crowd(fresh=True, given_up=12, served=2) + crowd(fresh=False, given_up=0, served=2)) is None
    assert not_taken(crowd(fresh=True, given_up=0, served=12)) is None


def test_a_pool_hands_out_first_what_it_has() -> None:
    """Used connections at the head of each line are served first, whoever serves one after the other."""
    head = [Span(9.0 + n / 100, 9.1 + n / 100, None, fresh=False) for n in range(9)]
    assert not_taken(head + crowd(fresh=True, given_up=12, served=2)) is None
