from __future__ import annotations

import pytest

from why502.lab.real_servers import REAL_SERVERS
from why502.lab.scenarios.keepalive_race import AT_ONCE_S, EARLY_S, IDLE_S, SCENARIO, SPREAD_S


@pytest.mark.parametrize("server", [None, *REAL_SERVERS])
def test_the_load_returns_about_when_the_timer_fires(server: str | None) -> None:
    """Early and late, within the spread that is meant; as many pages for a longer timeout."""
    scenario = SCENARIO.on(server)
    pages = scenario.pages(3, scenario.duration_s, scenario.time_scale)
    idle_s = REAL_SERVERS[server].idle_s if server else IDLE_S
    begins_s = [page.idle_before_s + min(f.after_s for f in page.fetches) for page in pages]
    assert len(pages) >= 14
    assert all(idle_s - 2 * EARLY_S <= begin_s <= idle_s + SPREAD_S for begin_s in begins_s)
    assert max(begins_s) - min(begins_s) > SPREAD_S / 3


@pytest.mark.parametrize("server", REAL_SERVERS)
def test_a_server_that_answers_at_once_is_asked_for_everything_at_once(server: str) -> None:
    """One after the other, the requests of a page would all go over the one connection that the first has renewed."""
    for page in SCENARIO.on(server).pages(3, 9.0, 0.2):
        starts_s = [fetch.after_s for fetch in page.fetches]
        assert max(starts_s) - min(starts_s) <= AT_ONCE_S
