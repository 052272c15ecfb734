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
        ("1:2.4.57-2", "2.4.57"),
        ("2.12.1-1ubuntu0.7", "2.12.1"),
        ("1.3.5-amzn-1", "1.3.5"),
        ("1.3.5+build7", "1.3.5"),
        ("20.1.0.post1", "20.1"),
    ],
)
def test_ways_of_writing_the_same(version: str, same: str) -> None:
    """Registries differ in what they hang on."""
    assert key(version) == key(same)


@pytest.mark.parametrize(
    "early",
    [
        *("1.3.7-rc1", "1.3.7~rc1", "1.3.7.rc1", "1.3.7rc1", "1.3.7-SNAPSHOT", "1.3.7.BUILD-SNAPSHOT", "1.3.7.M2"),
        *("1.3.7-beta.2", "1.3.7b1", "1.3.7.dev0", "1.3.7-preview.3", "1.3.7-nightly20260101", "1.3.7-canary.0"),
    ],
)
def test_an_early_release_of_the_fix_is_not_known_to_be_affected(early: str) -> None:
    """Nor to be fixed: no claim is made either way."""
    assert not within(early, "1.3.0", "1.3.7")
    assert not within(early, "1.3.7")


def test_an_unknown_version_is_within_no_bounds() -> None:
    """What is not known convicts nobody."""
    assert not within(None, "1.0")
    assert not within("unknown", "", "2.0")
    assert within(None)


@given(st.text(max_size=40))
def test_any_text_has_an_answer(text: str) -> None:
    """Whatever a stranger calls a version."""
    within(text, "1.0", "2.0")
