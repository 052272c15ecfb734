from __future__ import annotations

from why502.facts.places import divided

LIMIT_S = 0.6


def test_places_serve_alike_and_the_others_wait() -> None:
    """Three workers of 0.4 s: it makes no difference which of them is met."""
    came = [(ahead, 0.4 if ahead < 3 else 0.8 if ahead < 6 else 1.2) for ahead in range(8)] * 4
    told = divided(came, LIMIT_S)
    assert (told.places, told.found_slow, told.rise, told.is_sharp) == (3, 0, 1.0, True)
    assert told.p < 0.005


def test_what_is_slower_for_each_one_ahead_is_not_parted_sharply() -> None:
    """The clearest division is told all the same, and that it is none of places."""
    came = [(ahead, 0.4 * (1 + 0.24 * ahead)) for ahead in range(8)] * 4
    told = divided(came, LIMIT_S)
    assert (told.places, told.found_slow, told.waited_slow) == (3, 0, told.waited)
    assert told.rise > 1.2
    assert told.is_gradual
    assert not told.is_sharp


def test_a_sharp_division_goes_before_a_clearer_one() -> None:
    """Some that came as the third met a worker that was just about done: more were quick than there are places."""
    came = [(0, 0.4), (1, 0.4)] * 4 + [(2, 0.55), (2, 0.55), (2, 0.7)] * 1 + [(ahead, 0.9) for ahead in range(3, 9)] * 5
    told = divided(came, LIMIT_S)
    assert (told.places, told.is_sharp) == (2, True)


def test_too_few_on_a_side_tell_nothing() -> None:
    """Two are no side."""
    assert divided([(0, 0.4), (0, 0.4), (1, 0.9), (1, 0.9), (1, 0.9)], LIMIT_S).places == 0
