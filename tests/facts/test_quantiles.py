from __future__ import annotations

import doctest
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from why502.facts import quantiles
from why502.facts.quantiles import coarse, quantile_s

MICROSECONDS = st.integers(0, 10**13 - 1)


@given(value_us=MICROSECONDS)
def test_four_digits_are_kept(value_us: int) -> None:
    """Rounded down, by less than a thousandth; what has four digits stays as it is."""
    kept_us = coarse(value_us)
    assert kept_us == int(str(value_us)[:4].ljust(len(str(value_us)), "0"))
    assert 0 <= value_us - kept_us <= value_us / 1000


@given(value_ms=st.integers(0, 9_999))
def test_milliseconds_below_ten_seconds_lose_nothing(value_ms: int) -> None:
    """Most proxies log milliseconds."""
    assert coarse(value_ms * 1000) == value_ms * 1000


@given(values_us=st.lists(MICROSECONDS, min_size=1, max_size=50), share=st.floats(0.0, 1.0))
def test_the_quantile_of_counts_is_that_of_the_values(values_us: list[int], share: float) -> None:
    """As if every rounded value stood there one by one."""
    rounded_us = sorted(map(coarse, values_us))
    expected_s = rounded_us[int(share * (len(rounded_us) - 1))] / 1e6
    assert quantile_s(Counter(rounded_us), share) == expected_s


def test_examples_in_the_documentation_are_true() -> None:
    """What a docstring shows is what happens."""
    assert doctest.testmod(quantiles).failed == 0
