from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from tests.facts.test_idleness import scene_of
from tests.making import case, conversation, request
from why502.facts.clusters import clusters
from why502.facts.scene import Scene
from why502.model.conversations import Outcome
from why502.model.evidence import Evidence, Place, Source
from why502.model.requests import Manner
from why502.model.settings import Setting, Timer
from why502.suspects.configured import pool_against, timer_named


def setting(seconds: float, *timers: Timer, proxy: str = "alb", **fields: Any) -> Setting:
    return Setting(proxy, "timeout", timers, Place("conf", 7), seconds, **fields)


def logged(*settings: Setting, **fields: Any) -> Scene:
    """Four requests of one cluster, and a configuration."""
    told = structs.replace(case(*(request(100.0 * n, **fields) for n in range(1, 5))), settings=settings)
    (cluster,) = clusters(told, ())
    return Scene(told, cluster, None, None, ())


def pool(scene: Scene, idle_s: float = 5.0) -> list[Evidence]:
    return list(pool_against(scene, idle_s, keeps=3.0, gives_up=-6.0))


@pytest.mark.parametrize(
    ("kept_s", "bits"), [(60.0, 3.0), (5.5, 3.0), (4.0, -6.0), (0.0, -6.0), (4.9, None), (5.0, None)]
)
def test_a_pool_that_gives_up_sooner_lets_nothing_race(kept_s: float, bits: float | None) -> None:
    """Near the idleness in question neither is said: clocks and timers are not that fine."""
    found = pool(logged(setting(kept_s, Timer.POOL)))
    assert [e.bits for e in found] == ([] if bits is None else [bits])
    assert all((e.source, str(e.at)) == (Source.CONFIGURATION, "conf:7") for e in found)


def test_without_a_configured_pool_nothing_is_said() -> None:
    """Nor with one of another proxy, another group, another timer, or without a known idleness."""
    for other in (
        setting(60.0, Timer.POOL, proxy="nginx"),
        setting(60.0, Timer.POOL, group="other"),
        setting(60.0, Timer.WAIT),
    ):
        assert pool(logged(other, group="shop")) == []
    assert pool(logged()) == []
    assert pool(logged(setting(60.0, Timer.POOL)), 0.0) == []


def test_of_two_pools_the_own_groups_counts_alone() -> None:
    """With several of unknown group, only what holds for all of them is said."""
    own, other = setting(60.0, Timer.POOL, group="shop"), setting(2.0, Timer.POOL)
    assert [e.bits for e in pool(logged(own, other, group="shop"))] == [3.0]
    assert pool(logged(setting(60.0, Timer.POOL), other)) == []
    assert [e.bits for e in pool(logged(setting(3.0, Timer.POOL), other))] == [-6.0]


def test_a_capture_alone_has_the_pool_of_the_only_proxy() -> None:
    """Of two kinds of proxies nobody knows whose connections these were."""
    scene = scene_of(*(conversation(100.0 * n, Outcome.RACED, idle_before_request_s=5.0) for n in range(1, 5)))
    kept = setting(60.0, Timer.POOL)
    alone = structs.replace(scene, case=structs.replace(scene.case, settings=(kept,)))
    assert [e.bits for e in pool(alone)] == [3.0]
    wrong = structs.replace(scene, case=structs.replace(scene.case, settings=(setting(2.0, Timer.POOL),)))
    (evidence,) = pool(wrong)
    assert evidence.bits == 0.0
    assert "connections were idle for 5.0 s: that configuration was not in force" in evidence.text
    two = (kept, setting(60.0, Timer.POOL, proxy="nginx"))
    assert pool(structs.replace(scene, case=structs.replace(scene.case, settings=two))) == []


def test_the_timer_that_gave_requests_up_is_named_and_weighs_nothing() -> None:
    """It tells nobody's guilt; where the configuration says otherwise, that is said."""
    slow = {"manner": Manner.TIMEOUT, "wait_s": 7.002, "total_s": 7.003}
    (named,) = timer_named(logged(setting(7.0, Timer.WAIT), **slow))
    assert (named.bits, named.text) == (0.0, "they ended when the configured timer ran out: timeout 7 s")
    (twice,) = timer_named(logged(setting(3.5, Timer.WAIT), **slow))
    assert twice.text.endswith("timeout 3.5 s, 2 times")
    (other,) = timer_named(logged(setting(60.0, Timer.WAIT), **slow))
    assert other.text == "they lasted 7.0 s, which is not the configured timeout 60 s"
    assert list(timer_named(logged(**slow))) == []
    assert list(timer_named(logged(setting(7.0, Timer.WAIT)))) == []
