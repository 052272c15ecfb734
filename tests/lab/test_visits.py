from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from why502.lab.visits import Visits, with_cues, with_cues_during

SEEDS = st.integers(0, 10_000)


@given(SEEDS, st.floats(0.5, 60))
def test_visits_fill_the_time_and_repeat_with_their_seed(seed: int, duration_s: float) -> None:
    """Pauses and answers together last about as long as was asked for."""
    visits = Visits()
    planned = visits.pages(seed, duration_s)
    lasts_s = sum(page.idle_before_s + visits.answer_s for page in planned)
    assert duration_s <= lasts_s <= duration_s + visits.idle_s[1] + visits.answer_s
    assert planned == visits.pages(seed, duration_s)


@given(SEEDS)
def test_cues_come_in_their_order_and_each_once(seed: int) -> None:
    """At the parts of the plan that were asked for."""
    pages = Visits().pages(seed, 7.0)
    cued = with_cues(with_cues_during(pages, {0.5: "during"}, 0.1), {0.0: "first", 0.99: "last"})
    assert [page.cue for page in cued if page.cue] == ["first", "last"]
    assert [page.cue_during for page in cued if page.cue_during] == [(0.1, "during")]
    assert cued[0].cue == "first"
    assert [page.fetches for page in cued] == [page.fetches for page in pages]
