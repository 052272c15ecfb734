from __future__ import annotations

from collections.abc import Iterable

import pytest

from tests.making import case, conversation, request
from why502.facts.clusters import clusters
from why502.facts.rollout import rollout
from why502.facts.scene import Scene
from why502.facts.wire import summarise
from why502.model.case import Case
from why502.model.conversations import Outcome

Cuts = Iterable[tuple[int, float, int]]
"""(number of the target, when, how many requests)."""


def scene(whole: Case) -> Scene:
    return Scene(whole, clusters(whole, [])[0], None, None, ())


def captured(cuts: Cuts, idle_targets: int = 0) -> Scene:
    cut = [
        conversation(at_s, Outcome.CLOSED_BEFORE_ANSWER, target=f"10.0.0.{number}:8080", end_s=at_s + n / 100_000)
        for number, at_s, several in cuts
        for n in range(several)
    ]
    well = [
        conversation(50.0, Outcome.ANSWERED, target=f"10.0.0.{200 + n}:8080", answer_s=50.1)
        for n in range(idle_targets)
    ]
    return scene(Case(wire=summarise([*cut, *well])))


def test_targets_that_are_cut_off_one_after_the_other_look_like_a_roll_out() -> None:
    """Three, 30 s apart: 2.2 bits for the order, 2.3 for the distances; bounded."""
    found = rollout(captured([(1, 100.0, 3), (2, 130.0, 2), (3, 161.0, 1)]))
    assert found is not None
    assert (found.targets, found.requests, found.even, found.bits) == (3, 6, True, 3.5)


def test_uneven_distances_leave_the_order() -> None:
    found = rollout(captured([(1, 100.0, 3), (2, 103.0, 2), (3, 161.0, 2)]))
    assert found is not None
    assert not found.even
    assert found.bits == pytest.approx(2.17, abs=0.01)


@pytest.mark.parametrize(
    "cuts",
    [
        pytest.param([(1, 100.0, 3), (2, 130.0, 2)], id="two targets"),
        pytest.param([(1, 100.0, 3), (2, 130.0, 2), (3, 160.0, 2), (1, 190.0, 2)], id="one of them twice"),
        pytest.param([(1, 100.0, 3), (2, 100.2, 2), (3, 100.4, 2)], id="all within half a second"),
        pytest.param([(1, 100.0, 1), (2, 130.0, 1), (3, 160.0, 1)], id="one request each, as one client's"),
    ],
)
def test_what_is_no_roll_out(cuts: Cuts) -> None:
    assert rollout(captured(cuts)) is None


def test_a_target_that_was_spared_is_no_roll_out() -> None:
    """A fourth of the group served all the time."""
    assert rollout(captured([(1, 100.0, 3), (2, 130.0, 2), (3, 160.0, 2)], idle_targets=1)) is None


def test_a_log_alone_shows_it() -> None:
    """Two requests on each of three targets, logged in whole seconds."""
    cuts = [(1, 100.0), (1, 101.0), (2, 130.0), (2, 130.0), (3, 161.0), (3, 161.0)]
    found = rollout(scene(case(*(request(at_s, target=f"10.0.0.{number}:8080") for number, at_s in cuts))))
    assert found is not None
    assert (found.targets, found.requests, found.even) == (3, 6, True)
