from __future__ import annotations

import pytest
from msgspec import structs

from tests.making import conversation
from why502.facts.clusters import clusters
from why502.facts.patience import Patience, patience
from why502.facts.scene import Scene
from why502.facts.wire import summarise
from why502.model.case import Case
from why502.model.conversations import Conversation, Outcome


def given_up(number: int, wait_s: float) -> Conversation:
    asked_s = 100.0 + number
    return conversation(
        asked_s + wait_s,
        Outcome.NOT_ANSWERED,
        opener=f"10.0.0.1:{40000 + number}",
        request_s=asked_s,
        fin_by_opener_s=asked_s + wait_s,
        end_s=asked_s + wait_s,
    )


def answered(number: int, wait_s: float) -> Conversation:
    asked_s = 200.0 + number
    return conversation(
        asked_s + wait_s + 1.0,
        Outcome.ANSWERED,
        opener=f"10.0.0.1:{50000 + number}",
        request_s=asked_s,
        answer_s=asked_s + wait_s,
        exchanges=1,
    )


def seen(waits_s: tuple[float, ...], served_s: tuple[float, ...] = (0.05,), *, lossy: bool = False) -> Patience | None:
    conversations = [given_up(n, wait_s) for n, wait_s in enumerate(waits_s)]
    wire = summarise([*conversations, *(answered(n, wait_s) for n, wait_s in enumerate(served_s))])
    wire = structs.replace(wire, lossy=lossy)
    case = Case(wire=wire)
    cluster = clusters(case, [])[0]
    return patience(Scene(case=case, cluster=cluster, traffic=None, wire=wire.targets[0], listeners=()))


def found(waits_s: tuple[float, ...], served_s: tuple[float, ...] = (0.05,)) -> Patience:
    told = seen(waits_s, served_s)
    assert told is not None
    return told


@pytest.mark.parametrize(
    "waits_s",
    [(1.5001, 1.5002, 1.5009, 1.5018, 1.5022), (60.0, 60.1, 60.2), (3.0, 2.9994, 3.0004, 3.0009, 3.0012)],
    ids=["nginx", "a minute", "a busy event loop"],
)
def test_a_timer_is_never_early(waits_s: tuple[float, ...]) -> None:
    """Each wait ends at a round number of seconds, or just after it."""
    told = found(waits_s)
    assert told.timed
    assert not told.unequal
    assert not told.outlived


@pytest.mark.parametrize(("short_s", "long_s"), [(1.0, 3.0), (5.0, 60.0), (0.75, 30.0)])
def test_routes_with_timers_of_their_own_are_no_clients(short_s: float, long_s: float) -> None:
    """Envoy's route timeouts, nginx's `proxy_read_timeout` of a location."""
    late_s = (0.0002, 0.0004, 0.0009, 0.0012, 0.0018)
    assert not found((*(short_s + each for each in late_s), *(long_s + each for each in (0.0, *late_s)))).unequal


def test_clients_leave_before_and_after() -> None:
    """Seven tenths of a second by the clients' clocks, which began earlier."""
    told = found((0.6078, 0.6903, 0.6967, 0.7007, 0.7014, 0.7063, 0.7141, 0.7234))
    assert told.unequal
    assert not told.timed
    assert told.early == 3


def test_a_timer_that_is_looked_at_once_a_second_is_not_unequal() -> None:
    """Traffic Server's are late by up to a second."""
    told = found((2.2065, 2.5712, 2.5855, 2.6146, 2.9114, 3.0164))
    assert not told.unequal
    assert not told.timed


def test_people_leave_when_they_like() -> None:
    """Far more than any timer is late by."""
    assert found((2.2, 4.1, 5.9, 7.0, 12.0, 31.0)).unequal


def test_answers_that_came_later_than_the_timer() -> None:
    """Three requests were waited for for longer than the others."""
    assert found((0.25, 0.2501, 0.2502), served_s=(0.41, 0.42, 0.43)).outlived
    assert not found((0.25, 0.2501, 0.2502), served_s=(0.2, 0.42, 0.43)).outlived
    assert not found((0.25,), served_s=(0.41, 0.42, 0.43)).outlived


def test_a_timer_that_is_looked_at_once_a_second_lets_some_wait_longer() -> None:
    """Traffic Server's is set to a second and more."""
    assert not found((1.14, 1.15, 1.16), served_s=(1.5, 1.7, 1.94)).outlived
    assert found((1.14, 1.15, 1.16), served_s=(2.7, 2.8, 2.9)).outlived


def test_a_recorder_that_lost_packets_tells_no_waits() -> None:
    """The request may have been sent again, or the close missed."""
    assert seen((0.25, 0.2501, 0.2502), lossy=True) is None
