from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from why502.model.versions import key, within

RISING = ("1.2.9", "1.3.0-alpha1", "1.3.0-beta2", "1.3.0-rc6", "1.3.0-rc7", "1.3.0", "1.3.6", "1.3.10", "2.0.0")


def test_versions_rise_as_their_makers_mean_it() -> None:
    """Release candidates come before the release, 10 after 9."""
    keys = [key(version) for version in RISING]
    assert all(a is not None and b is not None and a < b for a, b in pairwise(keys))


@pytest.mark.parametrize(
    ("version", "same"),
    [
        ("v2.11.0", "2.11"),
        ("go1.21", "1.21.0"),
        ("9.4.11.v20180605", "9.4.11"),
        ("2.6.12-1+deb12u4", "2.6.12"),
        ("1.0.0.Final", "1.0.0"),
        ("1.0.0.RELEASE", "1"),
    ],
)
def test_ways_of_writing_the_same(version: str, same: str) -> None:
    """Registries differ in what they hang on."""
    assert key(version) == key(same)


def test_an_unknown_version_is_within_no_bounds() -> None:
    """What is not known convicts nobody."""
    assert not within(None, "1.0")
    assert not within("unknown", "", "2.0")
    assert within(None)


@given(st.text(max_size=40))
def test_any_text_has_an_answer(text: str) -> None:
    """Whatever a stranger calls a version."""
    within(text, "1.0", "2.0")
