from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from why502.model.traffic import Bucket
from why502.reports.timeline import bars

BUCKETS = st.lists(
    st.builds(
        Bucket,
        at_s=st.integers(0, 10_000).map(lambda n: n * 60.0),
        requests=st.integers(0, 1000),
        by_proxy=st.integers(0, 9),
        by_target=st.integers(0, 9),
    ),
    max_size=50,
    unique_by=lambda bucket: bucket.at_s,
)


@given(BUCKETS, st.integers(1, 200))
def test_no_failure_is_lost_in_the_picture(timeline: list[Bucket], most: int) -> None:
    """However few bars there is room for, their sums are those of the timeline."""
    shown, _ = bars(timeline, 60.0, most)
    for field in ("requests", "by_proxy", "by_target"):
        assert sum(getattr(b, field) for b in shown) == sum(getattr(b, field) for b in timeline)


@given(BUCKETS, st.integers(1, 200))
def test_bars_fit_and_have_no_gaps(timeline: list[Bucket], most: int) -> None:
    """At most as many bars as there is room for, each beginning where the one before ends."""
    shown, length_s = bars(timeline, 60.0, most)
    assert len(shown) <= most
    assert all(b.at_s == shown[0].at_s + i * length_s for i, b in enumerate(shown))


def test_two_records_decades_apart_do_not_exhaust_memory() -> None:
    """A stray time in a log gives long bars, not many."""
    timeline = [Bucket(0.0, 1, 1, 0), Bucket(4e9, 1, 1, 0)]
    assert len(bars(timeline, 1.0, 100)[0]) <= 100


def test_a_time_that_is_not_finite_is_left_out() -> None:
    """Infinity and "not a number" have no place on an axis."""
    timeline = [Bucket(float("inf"), 1, 1, 0), Bucket(float("nan"), 1, 1, 0), Bucket(60.0, 3, 2, 1)]
    assert bars(timeline, 60.0, 10) == ([Bucket(60.0, 3, 2, 1)], 60.0)


def test_nothing_to_draw() -> None:
    """Without requests there are no bars."""
    assert bars([], 60.0, 10) == ([], 60.0)
