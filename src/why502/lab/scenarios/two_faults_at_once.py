"""A keep-alive race all along, and a crash in the middle: two verdicts, each with its own failures.

The target closes idle connections after 0.6 s, just when the next page comes (see `keepalive_race`). Once slow
requests, begun one after the other, are in flight when the service is killed; the supervisor takes its time, and the
page that comes until then is refused. The healthy twin keeps its connections and lives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from why502.lab.expectation import SLACK_S, Expected
from why502.lab.load import Fetch, Page
from why502.lab.scenarios import keepalive_race, target_crashed
from why502.lab.scenarios.interface import EVERY_PROXY, Scenario
from why502.lab.service import service

if TYPE_CHECKING:
    from why502.lab.load import Outcomes

SLOW = "/api/report"
SLOW_S = 0.8
SLOW_REQUESTS = 6
SLOW_SPREAD_S = 0.2
"""Within this time they begin."""
CRASH_AFTER_S = 0.4
"""After the page was opened: all of its requests are at work by then, and go on for as long again."""
DOWN_AFTER_S = 0.15
"""The next page comes so long after the crash, to a service that is gone (`target_crashed.DOWN_S`)."""
QUIET_S = 1.0
"""Before and after the page of the crash nothing races: what fails there is the crash's."""


def pages(seed: int, duration_s: float, scale: float) -> tuple[Page, ...]:
    races = keepalive_race.pages(seed, duration_s, scale)
    half = len(races) // 2
    slow = tuple(Fetch("POST", SLOW, n * SLOW_SPREAD_S / SLOW_REQUESTS, 300) for n in range(SLOW_REQUESTS))
    crash = Page(QUIET_S, slow, cue_during=(CRASH_AFTER_S, "crash"))
    down = structs.replace(races[half], idle_before_s=DOWN_AFTER_S)
    after = structs.replace(races[half + 1], idle_before_s=QUIET_S)
    return (*races[:half], crash, down, after, *races[half + 2 :])


def expectation(outcomes: Outcomes) -> tuple[Expected, ...]:
    """What began with the crash's page, until the service was back, is the crash's."""
    begin_s, end_s = outcomes.span_of("crash")
    crashed = outcomes.failed_within(begin_s - CRASH_AFTER_S - SLACK_S / 3, end_s)
    raced = outcomes.failed - crashed
    return (
        Expected("keepalive-race", failures=(raced, raced)),
        Expected("target-crashed", failures=(crashed, crashed), within_s=(begin_s, end_s)),
    )


OPTIONS = ("--work", f"{keepalive_race.WORK_S}", "--work-spread", "0", "--slow-path", SLOW, "--slow", f"{SLOW_S}")

SCENARIO = Scenario(
    name="two-faults-at-once",
    title="a keep-alive race all along, and a crash in the middle",
    causes=("keepalive-race", "target-crashed"),
    proxies=EVERY_PROXY,
    faulty=service("--idle-timeout", f"{keepalive_race.IDLE_S}", *OPTIONS),
    healthy=service(*OPTIONS),
    pages=pages,
    acts={"crash": target_crashed.crash},
    also_true=target_crashed.SCENARIO.also_true,
    expectation=expectation,
    duration_s=12.0,
)
