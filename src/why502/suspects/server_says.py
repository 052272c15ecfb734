"""What a server's own log says of its workers and queues, as evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.facts.departures import departures
from why502.facts.workers import coincidence
from why502.model.evidence import Evidence, Source

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from why502.facts.scene import Scene

LEFT = 6.0
"""Servers end workers on purpose as well (gunicorn `max_requests`, php-fpm `pm.max_requests`): those fail nothing."""
POOL_S = 300.0
"""PHP-FPM says once that all children are busy, and again only after some were idle (`fpm_pctl_perform_idle_...`)."""


def worker_gone(scene: Scene) -> Iterator[Evidence]:
    """A worker died, or was killed by its own server for taking too long, as the requests failed."""
    yield from _said(scene, ("worker-died", "worker-timeout"), most=6.0)


def workers_left(scene: Scene) -> Iterator[Evidence]:
    """Processes that held the listener were gone from one look at the host to the next, just when requests failed."""
    found = departures(scene)
    if found is not None and found.holds:
        where = found.window.listener.address
        text = f"processes that held {where} ended {found.ended} times while others kept it open; {found}"
        yield Evidence(min(LEFT, found.bits), text, Source.HOST, found.window.at)


def killed_for_time(scene: Scene) -> bool:
    """Whether its own server killed the workers because they took too long."""
    found = coincidence(scene, ("worker-timeout",))
    return found is not None and found.holds


def no_worker_free(scene: Scene) -> Iterator[Evidence]:
    """The server says that all its workers are busy."""
    yield from _said(scene, ("pool-full",), most=5.0, alone=2.0, lasts_s=POOL_S)


def queue_full(scene: Scene) -> Iterator[Evidence]:
    """The server, or its kernel, says that the queue of connections to be accepted is full."""
    # The kernel says so once for each listener, uWSGI every second.
    yield from _said(scene, ("queue-full",), most=5.0, alone=2.0, lasts_s=POOL_S)


def _said(
    scene: Scene, kinds: Collection[str], most: float, alone: float = 0.0, lasts_s: float = 0.0
) -> Iterator[Evidence]:
    """`alone`: bits that the words are worth whenever they were said; with their time, `most` at the most."""
    found = coincidence(scene, kinds, lasts_s)
    if found is not None and found.holds:
        bits = min(most, alone + found.bits)
        yield Evidence(bits, f"{found.first.text}; {found}", Source.EVENTS, found.first.at)
