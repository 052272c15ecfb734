from __future__ import annotations

import pytest

from why502.facts.wanted import EVERYTHING, Wanted
from why502.model.case import Window


def test_everything_is_wanted_unless_something_is_asked_for() -> None:
    """Infinite ends ask for nothing."""
    ever = Window(float("-inf"), float("inf"))
    assert Wanted.of(ever, None) == EVERYTHING
    assert EVERYTHING.everything
    assert EVERYTHING.ended(0)
    assert EVERYTHING.to(None)
    assert not Wanted.of(ever, "10.0.0.7").everything


@pytest.mark.parametrize(
    ("at_us", "held"), [(999_999, False), (1_000_000, True), (2_000_000, True), (2_000_001, False)]
)
def test_a_time_holds_both_its_ends(at_us: int, *, held: bool) -> None:
    """To the microsecond; what tells no time is kept."""
    wanted = Wanted.of(Window(1.0, 2.0), None)
    assert wanted.ended(at_us) is held
    assert wanted.ended(None)


@pytest.mark.parametrize(
    ("wanted", "address", "held"),
    [
        ("10.0.0.7", "10.0.0.7:8080", True),
        ("10.0.0.7:8080", "10.0.0.7:8080", True),
        ("10.0.0.7:80", "10.0.0.7:8080", False),
        ("10.0.0.7", "10.0.0.71:8080", False),
        ("[2001:db8::7]", "[2001:db8::7]:80", True),
        ("10.0.0.7", None, False),
    ],
)
def test_a_target_is_an_address_with_or_without_a_port(wanted: str, address: str | None, *, held: bool) -> None:
    """As `--target` takes it."""
    assert Wanted(target=wanted).to(address) is held
