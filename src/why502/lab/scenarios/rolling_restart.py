"""A deployment that goes from target to target and does not drain: each of three is ended with requests in flight.

In the healthy twin each is restarted between two pages, and finishes what it has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.lab.expectation import Expected
from why502.lab.scenarios.interface import Scenario
from why502.lab.service import service
from why502.lab.visits import Visits, with_cues, with_cues_during

if TYPE_CHECKING:
    from why502.lab.load import Outcomes, Page
    from why502.lab.stage import Act, Stage

CAUSE = "target-restarted"
TARGETS = 3
WORK = ("--work", "0.25")
AFTER_S = 0.12
"""After the page was opened: its requests are at work."""


def pages(seed: int, duration_s: float, _scale: float) -> tuple[Page, ...]:
    """Each twin acts upon cues of its own."""
    visits = Visits(size=(9, 12), post_share=1.0, answer_s=0.35).pages(seed, duration_s)
    abrupt = {0.2 + 0.25 * number: f"restart-{number}" for number in range(TARGETS)}
    drained = {0.3 + 0.25 * number: f"drain-{number}" for number in range(TARGETS)}
    return with_cues(with_cues_during(visits, abrupt, AFTER_S), drained)


def _restart(number: int) -> Act:
    def act(stage: Stage) -> None:
        stage.recording.note_change(f"deployed version 1.4.2 on {stage.targets[number].address}")
        stage.targets[number].restart()

    return act


def _drain(number: int) -> Act:
    def act(stage: Stage) -> None:
        stage.proxy.deregister()
        _restart(number)(stage)
        stage.proxy.register()

    return act


def expectation(outcomes: Outcomes) -> tuple[Expected, ...]:
    """Connects that were refused meanwhile were tried again with another target: the client saw nothing of them."""
    addresses = tuple(f"10.50.2.{2 + number}:8080" for number in range(TARGETS))
    restarts = [outcomes.span_of(f"restart-{number}") for number in range(TARGETS)]
    return (Expected(CAUSE, outcomes.attempts_within(*restarts), addresses),)


SCENARIO = Scenario(
    name="rolling-restart",
    title="a deployment goes from target to target and does not drain",
    causes=(CAUSE,),
    proxies=("nginx", "alb", "haproxy", "caddy", "varnish"),
    faulty=service("--abrupt", *WORK),
    healthy=service(*WORK),
    others=(service("--abrupt", *WORK), service("--abrupt", *WORK)),
    healthy_others=(service(*WORK), service(*WORK)),
    pages=pages,
    acts={f"restart-{number}": _restart(number) for number in range(TARGETS)},
    healthy_acts={f"drain-{number}": _drain(number) for number in range(TARGETS)},
    also_true=frozenset({"connection-refused"}),
    expectation=expectation,
    duration_s=9.0,
)
