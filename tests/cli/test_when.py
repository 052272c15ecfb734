from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from why502.cli.when import epoch_s

NOW_S = 1_535_490_000.0


@pytest.mark.parametrize(
    ("text", "expected_s"),
    [
        ("2018-08-28T20:17:23Z", 1535487443.0),
        ("2018-08-28T22:17:23+02:00", 1535487443.0),
        ("2018-08-28T20:17:23.5Z", 1535487443.5),
        ("2018-08-28 20:17", 1535487420.0),
        ("2018-08-28", 1535414400.0),
        ("2h", NOW_S - 7200),
        ("30m", NOW_S - 1800),
        ("90s ago", NOW_S - 90),
        ("1d", NOW_S - 86400),
    ],
)
def test_times_are_read(text: str, expected_s: float) -> None:
    """RFC 3339, a day and a minute in UTC, or a while ago."""
    assert epoch_s(text, NOW_S) == expected_s


@pytest.mark.parametrize("text", ["", "yesterday", "2", "h", "-2h", "2018-13-01", "25:00", "99999999999999h"])
def test_what_is_no_time_is_refused(text: str) -> None:
    """A typing error does not become some other window."""
    assert epoch_s(text, NOW_S) is None


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_is_not(text: str) -> None:
    """Nothing raises."""
    assert epoch_s(text, NOW_S) is None or isinstance(epoch_s(text, NOW_S), float)
