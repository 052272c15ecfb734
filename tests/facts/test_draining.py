from __future__ import annotations

from typing import Any

import pytest

from tests.making import request
from why502.facts.draining import Drained, drained
from why502.facts.scene import Basis, Cluster, Failure, Scene
from why502.model.case import Case, Change
from why502.model.evidence import Place
from why502.model.requests import Manner, Phase, Side
from why502.model.settings import Setting, Timer
from why502.model.traffic import FailedRequest

CHANGED_S = 1000.0


def delay(seconds: float) -> Setting:
    return Setting("alb", "deregistration_delay.timeout_seconds", (Timer.DRAIN,), Place("tg.json", 4), seconds)


def found(*cut: tuple[float, float], delays: tuple[float, ...] = (60.0,), **fields: Any) -> Drained | None:
    """Of requests that lasted so long, and ended so long after the change."""
    failures = tuple(
        Failure(CHANGED_S + after_s, FailedRequest(request(CHANGED_S + after_s, total_s=lasted_s, **fields)))
        for lasted_s, after_s in cut
    )
    case = Case(settings=tuple(map(delay, delays)), changes=(Change(CHANGED_S, "deploy", Place("changes.csv", 2)),))
    cluster = Cluster(
        Basis.REQUESTS, "10.0.0.7:8080", Side.PROXY, Phase.WAIT, Manner.CUT, None, len(cut), failures, None
    )
    return drained(Scene(case, cluster, None, None, ()))


def test_what_was_in_flight_is_cut_when_the_delay_has_run_out() -> None:
    """However long it had been in flight before the target was taken out."""
    assert (told := found((61.0, 60.2), (300.0, 60.2), (0.5, 60.2))) is not None
    assert (told.then, told.known, told.change.text) == (2, 3, "deploy")


@pytest.mark.parametrize(
    ("lasted_s", "after_s"), [(59.9, 58.5), (70.0, 71.0), (30.0, 60.2), (70.0, 0.5), (400.0, 300.0)]
)
def test_other_times_are_not_those_of_the_delay(lasted_s: float, after_s: float) -> None:
    """Too early, too late, or begun when the target got no new requests any more."""
    assert found((lasted_s, after_s)) is None


def test_nothing_is_said_of_other_proxies_or_without_one_delay() -> None:
    """What is not told, or told in two ways, or of another gateway."""
    assert found((61.0, 60.2), delays=()) is None
    assert found((61.0, 60.2), delays=(60.0, 300.0)) is None
    assert found((61.0, 60.2), delays=(0.0,)) is None
    assert found((61.0, 60.2), proxy="nginx") is None
