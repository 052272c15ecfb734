from __future__ import annotations

from msgspec import structs

from tests.making import case, host, listener, request, snapshot
from why502.facts.clusters import clusters
from why502.facts.departures import Departures, departures
from why502.facts.listeners import listener_windows
from why502.facts.scene import Scene

MASTER = 1


def looks(*workers: int) -> list[tuple[int, ...]]:
    return [(MASTER, worker) for worker in workers]


def found(held: list[tuple[int, ...]], *failed_s: float) -> Departures | None:
    """Looks once a second from 100 s on at one socket, held by these processes."""
    record = host(*(snapshot(100.0 + n, listener(pids=pids)) for n, pids in enumerate(held)))
    whole = case(*(request(at_s, start_s=at_s - 0.05) for at_s in failed_s))
    return departures(Scene(whole, clusters(whole, ())[0], None, None, tuple(listener_windows(record, "host.json"))))


def test_requests_that_fail_one_for_one_with_workers_that_end_went_with_them() -> None:
    """Three workers die in 20 s, each with one request."""
    told = found(looks(*[2] * 3, *[3] * 6, *[4] * 6, *[5] * 6), 102.5, 108.5, 114.5)
    assert told is not None
    assert (told.ended, told.together) == (3, 3)
    assert told.holds
    assert told.bits > 8


def test_workers_that_end_at_other_times_took_nothing_with_them() -> None:
    """gunicorn replaces workers on purpose (`max_requests`)."""
    told = found(looks(*[2] * 3, *[3] * 6, *[4] * 6, *[5] * 6), 105.5, 111.5, 117.5)
    assert told is not None
    assert not told.holds


def test_a_socket_that_is_opened_anew_is_a_restart_and_no_worker() -> None:
    assert found([(2,), (3,)], 100.5) is None


def test_a_socket_whose_holders_stay_tells_of_no_end() -> None:
    assert found(looks(2, 2, 2), 100.5) is None


def test_a_window_knows_each_process_that_left() -> None:
    """Two at once, as pools do that are told to shrink."""
    record = host(snapshot(100.0, listener(pids=(1, 2, 3, 4))), snapshot(101.0, listener(pids=(1, 2))))
    [window] = listener_windows(record, "host.json")
    assert [structs.astuple(span) for span in window.departures] == [(100.0, 101.0), (100.0, 101.0)]
