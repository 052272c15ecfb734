from __future__ import annotations

import pytest

from tests.making import host, listener, snapshot
from why502.facts.listeners import listener_windows, listeners_of


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
