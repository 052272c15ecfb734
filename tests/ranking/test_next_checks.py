from __future__ import annotations

from math import isclose

import pytest

from tests.making import case, fault, request
from why502.ranking import judge_case
from why502.ranking.next_checks import likelihoods
from why502.suspects import all_suspects
from why502.suspects.checks import CHECKS


def test_the_check_that_separates_the_rivals_comes_first() -> None:
    """Two equal suspects, told apart by the capture only: that is the next step, worth about a bit."""
    one = fault("a", 4.0, expects={"capture": {"refused": 1.0}, "host": {"listener-well": 1.0}})
    other = fault("b", 4.0, expects={"capture": {"reused-cut": 1.0}, "host": {"listener-well": 1.0}})
    steps = judge_case(case(request()), 0.0, [one, other]).document.next_steps
    assert "tcpdump" in steps[0].command
    assert 0.5 < steps[0].gain_bits < 1.6


def test_addresses_are_filled_in() -> None:
    """The command can be copied as it stands."""
    steps = judge_case(case(request()), 0.0).document.next_steps
    assert any("10.0.0.7:8080" in step.command for step in steps)
    assert not any("{" in step.command + step.why for step in steps)


def test_a_check_that_was_made_is_not_proposed() -> None:
    """The access log is there already."""
    steps = judge_case(case(request()), 0.0).document.next_steps
    assert not any(step.command == CHECKS["access-log"].command for step in steps)


@pytest.mark.parametrize("suspect", all_suspects(), ids=lambda s: s.name)
def test_expectations_name_real_outcomes(suspect: object) -> None:
    """Each expectation refers to a check and outcomes that exist, and its probabilities make sense."""
    for check, named in suspect.expects.items():  # type: ignore[attr-defined]
        assert set(named) <= set(CHECKS[check].outcomes)
        assert sum(named.values()) <= 1.0 + 1e-9
        assert isclose(sum(likelihoods(named, CHECKS[check].outcomes).values()), 1.0, abs_tol=1e-6)
