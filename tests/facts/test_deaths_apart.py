from __future__ import annotations

import pytest

from tests.making import case, request, served
from why502.facts.clusters import clusters
from why502.model.requests import Manner, Phase, Request

RACED_S = (20.0, 50.0, 80.0, 110.0)
DIED_S = 100.0


def raced(at_s: float) -> Request:
    """Cut 3 ms after it was sent."""
    return request(at_s, start_s=at_s - 0.004, wait_s=0.003, total_s=0.004)


def died(number: int) -> Request:
    """In flight for 0.3 s and more, and ended with others."""
    at_s, took_s = DIED_S + number / 1000, 0.3 + number / 10
    return request(at_s, start_s=at_s - took_s, wait_s=took_s, total_s=took_s)


def refused(at_s: float = 100.5) -> Request:
    return request(at_s, phase=Phase.CONNECT, manner=Manner.UNKNOWN, connect_s=None, wait_s=None)


DEATHS = tuple(died(n) for n in range(4))


def sizes(*requests: Request) -> list[tuple[int, bool]]:
    """Of the clusters of what the target ended: how many, and whether they were set apart."""
    found = clusters(case(served(1.0), *requests), [])
    return sorted((c.count, c.beside_deaths) for c in found if c.phase is Phase.WAIT)


def test_races_are_set_apart_from_a_crash() -> None:
    """Four of each: two clusters, each with its own."""
    assert sizes(*map(raced, RACED_S), *DEATHS, refused()) == [(4, False), (4, True)]


def test_what_a_death_closed_belongs_to_it() -> None:
    """A request that met the connections of the dead process half a second later."""
    assert sizes(*map(raced, RACED_S), raced(DIED_S + 0.5), *DEATHS, refused()) == [(4, True), (5, False)]


@pytest.mark.parametrize(
    "requests",
    [
        (*map(raced, RACED_S), *DEATHS),
        (*map(raced, RACED_S), *DEATHS, refused(130.0)),
        (*map(raced, RACED_S[:2]), *DEATHS, refused()),
        (*map(raced, RACED_S), *DEATHS[:2], refused()),
        (*map(raced, RACED_S), refused()),
    ],
    ids=["nothing was refused", "refused much later", "two races", "two deaths", "no death"],
)
def test_one_fault_stays_one(requests: tuple[Request, ...]) -> None:
    """Without deaths at one instant that refusals followed, or without others all along, nothing is divided."""
    assert len(sizes(*requests)) == 1
