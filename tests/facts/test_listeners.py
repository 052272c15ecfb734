from __future__ import annotations

import msgspec
import pytest

from tests.making import host, listener, snapshot
from why502.facts.listeners import listener_windows, listeners_of
from why502.model.case import Window
from why502.model.host import Conntrack, Snapshot, Software


def test_an_ipv4_address_that_java_bound_is_that_address() -> None:
    """Its sockets are IPv6 ones, and the kernel tells their addresses so."""
    looks = (snapshot(1.0, listener(address="[::ffff:10.0.0.7]:8080"), listener(address="[::]:8081", inode=12)),)
    windows = tuple(listener_windows(host(*looks), "host.json"))
    assert [w.listener.address for w in listeners_of("10.0.0.7:8080", windows)] == ["[::ffff:10.0.0.7]:8080"]
    assert listeners_of("10.0.0.8:8080", windows) == ()


def test_drops_are_differences_over_the_time_watched() -> None:
    """Old drops do not count."""
    record = host(snapshot(0.0, listener(drops=40), overflows=40), snapshot(9.0, listener(drops=47), overflows=47))
    (window,) = listener_windows(record, "host.json")
    assert (window.drops, window.grown["ListenOverflows"]) == (7, 7)


def test_a_single_snapshot_has_no_difference() -> None:
    """Absent, not 0."""
    (window,) = listener_windows(host(snapshot(0.0, listener(drops=40), overflows=40)), "host.json")
    assert window.drops is None
    assert window.grown == {}


def test_a_queue_belongs_to_the_time_before_the_look_that_tells_of_it() -> None:
    """Ten were seen between the first two looks, five stood at the last; one is nothing."""
    looks = ((0.0, 0, None), (1.0, 0, 10), (2.0, 1, 1), (3.0, 5, 5))
    record = host(*(snapshot(at_s, listener(queue_len=now, queue_len_max=most)) for at_s, now, most in looks))
    (window,) = listener_windows(record, "host.json")
    assert window.queues == ((0.0, 1.0, 10), (2.0, 3.0, 5))


def test_a_restarted_service_is_summed_up_over_its_sockets() -> None:
    """The new socket began at 0, so all its drops are ours."""
    record = host(
        snapshot(0.0, listener(inode=1, drops=10)),
        snapshot(1.0, listener(inode=1, drops=12)),
        snapshot(2.0, listener(inode=2, drops=3)),
    )
    (window,) = listener_windows(record, "host.json")
    assert window.drops == 5
    assert window.restarts == (2.0,)


def test_a_listener_that_is_there_no_more_was_closed_between_two_looks() -> None:
    """It did not stay open, though only one socket was ever seen."""
    looks = (snapshot(0.0, listener()), snapshot(1.0, listener()), snapshot(2.0), snapshot(3.0))
    (window,) = listener_windows(host(*looks), "host.json")
    assert window.closings == (Window(1.0, 2.0),)
    assert window.restarts == ()
    assert window.steady is False


def test_a_look_that_missed_the_namespace_closes_nothing() -> None:
    """A namespace that could not be entered for a moment tells nothing of its listeners."""
    looks = (snapshot(0.0, listener()), Snapshot(1.0), snapshot(2.0, listener()))
    (window,) = listener_windows(host(*looks), "host.json")
    assert window.closings == ()
    assert window.steady is True


def test_siblings_on_one_port_are_no_restart() -> None:
    """SO_REUSEPORT: a second socket that opens beside the first is one more worker."""
    record = host(
        snapshot(0.0, listener(inode=1)),
        snapshot(1.0, listener(inode=1), listener(inode=2, drops=4)),
        snapshot(2.0, listener(inode=2, drops=4)),
    )
    (window,) = listener_windows(record, "host.json")
    assert window.restarts == ()
    assert window.drops == 4


def test_a_counter_that_went_backwards_is_absent() -> None:
    """A new namespace under an old number tells nothing."""
    record = host(snapshot(0.0, listener(), overflows=9), snapshot(1.0, listener(), overflows=2))
    (window,) = listener_windows(record, "host.json")
    assert "ListenOverflows" not in window.grown


@pytest.mark.parametrize(
    ("target", "found"),
    [
        ("10.0.0.7:8080", ["10.0.0.7:8080"]),
        ("10.0.0.9:8080", ["0.0.0.0:8080"]),
        ("10.0.0.9:81", []),
        (None, []),
    ],
)
def test_a_target_is_its_very_address_or_a_wildcard(target: str | None, found: list[str]) -> None:
    """The very address wins over a wildcard on the same port."""
    record = host(snapshot(0.0, listener(), listener(address="10.0.0.7:8080", inode=12)))
    windows = list(listener_windows(record, "host.json"))
    assert [w.listener.address for w in listeners_of(target, windows)] == found


def test_what_runs_in_a_process_may_stand_in_an_earlier_look_only() -> None:
    """A record of hours does not repeat it every second."""
    first, later = snapshot(0.0, listener()), snapshot(1.0, listener())
    jetty = (Software("jetty-server", "9.4.54", "jetty.jar"),)
    known = msgspec.structs.replace(first.processes[0], software=jetty, fds_open=5)
    first = msgspec.structs.replace(first, processes=(known,))
    brief = msgspec.structs.replace(later.processes[0], fds_open=9)
    later = msgspec.structs.replace(later, processes=(brief,))
    (window,) = listener_windows(host(first, later), "host.json")
    assert window.process is not None
    assert (window.process.software, window.process.fds_open) == (jetty, 9)


def test_growth_of_connection_tracking_is_among_the_counters() -> None:
    """Under names of its own."""
    looks = []
    for at_s, drops in ((0.0, 3), (1.0, 8)):
        look = snapshot(at_s, listener())
        space = msgspec.structs.replace(look.namespaces[0], conntrack=Conntrack(1, 9, drops=drops))
        looks.append(msgspec.structs.replace(look, namespaces=(space,)))
    (window,) = listener_windows(host(*looks), "host.json")
    assert window.grown["ConntrackDrop"] == 5
    assert "ConntrackInvalid" not in window.grown


@pytest.mark.parametrize(
    ("waiting", "standing"),
    [
        pytest.param((0, 6, 5, 7, 0), (3, 5), id="three looks in a row"),
        pytest.param((4, 0, 3, 0, 9), (1, 9), id="an instant each"),
        pytest.param((1, 1, 1, 1), (0, 0), id="one at a time comes and goes"),
    ],
)
def test_a_queue_that_stands_waits_at_one_look_after_the_other(
    waiting: tuple[int, ...], standing: tuple[int, int]
) -> None:
    """Looks in a row, and how many waited at least."""
    looks = [snapshot(float(at_s), listener(queue_len=number)) for at_s, number in enumerate(waiting)]
    (window,) = listener_windows(host(*looks), "host.json")
    assert window.standing == standing
