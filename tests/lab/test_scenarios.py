from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from why502.errors import Why502Error
from why502.lab.load import Repeats
from why502.lab.proxies import proxies
from why502.lab.scenarios import by_name, scenarios
from why502.lab.scenarios.accept_queue_overflow import TARGET_IDLE_S, pages
from why502.lab.scenarios.interface import ENOUGH, LONGEST
from why502.suspects import modules


def test_every_scenario_is_named_after_its_module_and_knows_its_proxies() -> None:
    """One name everywhere, causes that why502 knows; each proxy it names exists."""
    for scenario in scenarios():
        assert scenario.pages.__module__.startswith("why502.lab.scenarios.")
        assert scenario.proxies
        assert set(scenario.proxies) <= set(proxies())
        assert {*scenario.convicts, *scenario.also_true} <= {*modules()}


@settings(max_examples=10)
@given(st.integers(0, 10_000))
def test_every_act_has_its_cue(seed: int) -> None:
    """What makes the fault, or its harmless counterpart, is called for by the load."""
    for scenario in scenarios():
        pages = scenario.pages(seed, scenario.duration_s, scenario.time_scale)
        cues = {page.cue for page in pages} | {page.cue_during[1] for page in pages if page.cue_during}
        assert {*scenario.acts, *scenario.healthy_acts} == cues - {None}


def test_seed_chooses_the_way_to_the_fault_and_never_the_twin() -> None:
    """All ways come up; the twin is one."""
    for scenario in scenarios():
        ways = [scenario.target_setup(seed, healthy=False) for seed in range(12)]
        assert all(way in ways for way in (scenario.faulty, *scenario.other_faulty))
        assert scenario.target_setup(5, healthy=True) == scenario.healthy


def test_proxy_to_which_only_one_way_is_a_fault_gets_that_one() -> None:
    """With every seed; the twin stays the twin."""
    for scenario in scenarios():
        assert set(scenario.only_way) <= set(scenario.proxies)
        for proxy, way in scenario.only_way.items():
            assert all(scenario.target_setup(seed, healthy=False, proxy=proxy) == way for seed in range(12))
            assert scenario.target_setup(5, healthy=True, proxy=proxy) == scenario.healthy


def test_load_goes_on_only_where_the_fault_lasts_and_fails() -> None:
    """Acts make and end a fault; a twin has nothing to wait for."""
    crashed, closes, rare = (by_name(name) for name in ("target-crashed", "closed-without-response", "rare-fault"))
    assert crashed.repeats(7.0, healthy=False) is None
    assert closes.repeats(7.0, healthy=True) is None
    assert closes.repeats(7.0, healthy=False) == Repeats(ENOUGH, 7.0 * LONGEST)
    assert rare.repeats(7.0, healthy=False) == Repeats(1, 7.0 * LONGEST)


def test_unknown_scenario_is_refused_with_the_known_ones() -> None:
    """What is wrong, and what would be right."""
    with pytest.raises(Why502Error, match=r"no such scenario: coffee; known: .*accept-queue-overflow"):
        by_name("coffee")


@given(st.integers(0, 10_000), st.floats(5, 300), st.floats(0.05, 2))
def test_load_is_bounded_has_one_restart_and_leaves_pooled_connections_no_race(
    seed: int, duration_s: float, scale: float
) -> None:
    """Bursts of 5 to 12; silences clearly longer than the target's idle timeout, but for that of the restart."""
    planned = pages(seed, duration_s, scale)
    assert sum(page.idle_before_s for page in planned) < duration_s + 1.5 * TARGET_IDLE_S * scale + 10
    assert all(5 <= len(page.fetches) <= 12 for page in planned)
    assert all(fetch.body_bytes <= 30_000 for page in planned for fetch in page.fetches)
    assert sum(page.restart_before for page in planned) <= 1
    idle_s = TARGET_IDLE_S * scale
    cold = [page for page in planned[1:] if page.idle_before_s > 0.5 and not page.restart_before]
    assert all(page.idle_before_s >= 1.2 * idle_s for page in cold)
