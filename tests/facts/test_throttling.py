from __future__ import annotations

import pytest
from msgspec import structs

from tests.making import case, host, listener, log_input, request, snapshot
from why502.facts.clusters import clusters
from why502.facts.listeners import listener_windows
from why502.facts.scene import Scene
from why502.facts.throttling import throttling
from why502.model.case import Case
from why502.model.evidence import Source
from why502.model.host import Cgroup, Process, Snapshot
from why502.suspects.cpu_saturated import SUSPECT
from why502.suspects.interface import Weighed


def look(at_s: float, periods: int, throttled: int) -> Snapshot:
    group = Cgroup("/app", 2, cpu_quota_cores=0.5, cpu_periods=periods, cpu_throttled_periods=throttled)
    group = structs.replace(group, cpu_throttled_s=throttled / 20)
    owner = Process(77, "api", "api", 1.0, cgroup=group)
    return structs.replace(snapshot(at_s, listener(pids=(77,))), processes=(owner,))


def scene(*looks: Snapshot) -> Scene:
    """One request that failed at 100 s."""
    record = host(*looks)
    whole = Case(
        inputs=(log_input(1), log_input(1, Source.HOST)), traffic=case(request(100.0)).traffic, hosts=(record,)
    )
    windows = tuple(listener_windows(record, "host.json"))
    return Scene(whole, clusters(whole, windows)[0], None, None, windows)


def test_only_periods_between_the_looks_around_a_failure_count() -> None:
    """Throttled in 30 of 40 periods then; what was before the looks around it is not counted."""
    found = throttling(scene(look(50.0, 100, 0), look(98.0, 500, 100), look(102.0, 540, 130)))
    assert found is not None
    assert (found.periods, found.throttled) == (40, 30)
    assert found.stood_s == pytest.approx(1.5)


def test_a_group_that_stood_still_convicts_its_quota() -> None:
    """The machine around it told nothing at all."""
    answer = SUSPECT.judge(scene(look(98.0, 500, 100), look(102.0, 540, 130)))
    assert isinstance(answer, Weighed)
    assert answer.bits == 7.0
    assert "30 of 40 periods" in answer.summary


def test_a_group_that_is_seldom_throttled_says_nothing() -> None:
    """Two of forty."""
    answer = SUSPECT.judge(scene(look(98.0, 500, 100), look(102.0, 540, 102)))
    assert not isinstance(answer, Weighed) or answer.bits <= 0
