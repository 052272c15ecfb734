"""A burst at a listener while its queue is watched: what `--prove` shows before and after a change."""

from __future__ import annotations

import asyncio
import ipaddress
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Final, Self

from why502.errors import Why502Error
from why502.host import namespaces
from why502.host.opened import OpenedNamespace
from why502.model.fixing import BurstSeen
from why502.remedies.backlog import door_of
from why502.reproduce.bursts import burst
from why502.reproduce.request import Manners
from why502.reproduce.target import resolve

if TYPE_CHECKING:
    from types import TracebackType

    from why502.model.fixing import BacklogPlan
    from why502.model.host import Listener
    from why502.reproduce.target import Target

LOOK_S: Final = 0.01
TIMEOUT_S: Final = 5.0
"""For each request of the burst: a SYN that is dropped comes again after 1 and 3 s."""
LONGEST_SHARE_S: Final = 0.05
"""A look stands for no more than this: when we were late ourselves, we do not claim to have watched."""


class QueueWatch:
    """Looks at one listener 100 times a second while it is open."""

    def __init__(self, opened: OpenedNamespace, inode: int, look_s: float = LOOK_S) -> None:
        self._opened, self._inode, self._look_s = opened, inode, look_s
        self._stop = threading.Event()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="queue-watch")
        self._done: Future[None]
        self._first = self._last = self._look()
        self._last_s = time.monotonic()
        self.looks, self.queue_len_max, self.full_s = 1, self._first.queue_len, 0.0

    def __enter__(self) -> Self:
        self._done = self._thread.submit(self._run)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        with self._thread:
            self._done.result()

    @property
    def drops(self) -> int | None:
        """By which they have grown."""
        if self._first.drops is None or self._last.drops is None:
            return None
        return self._last.drops - self._first.drops

    def _run(self) -> None:
        while not self._stop.wait(self._look_s):
            self._tally()
        self._tally()

    def _tally(self) -> None:
        self._last, now_s = self._look(), time.monotonic()
        self.looks += 1
        self.queue_len_max = max(self.queue_len_max, self._last.queue_len)
        if self._last.queue_len > self._last.backlog:  # sk_acceptq_is_full: the queue holds backlog + 1
            self.full_s += min(now_s - self._last_s, LONGEST_SHARE_S)
        self._last_s = now_s

    def _look(self) -> Listener:
        for listener in self._opened.watch.sample():
            if listener.inode == self._inode:
                return listener
        raise Why502Error("cannot watch the queue", why="the listener is gone: the process closed it")


def prove(made: BacklogPlan, size: int, path: str, timeout_s: float = TIMEOUT_S) -> BurstSeen:
    """Fire one burst of requests for `path` from inside the listener's network namespace, and watch its queue."""
    target, manners = target_of(made.listener, path), Manners(timeout_s, two_segments=True)
    door = door_of(made)
    with closing(OpenedNamespace(door)) as opened:
        with QueueWatch(opened, made.listener.inode) as watch:
            fired = namespaces.inside(door.door, lambda: asyncio.run(burst(target, manners, size)))
        return BurstSeen(fired, watch.looks, watch.queue_len_max, round(watch.full_s, 4), watch.drops)


def target_of(listener: Listener, path: str) -> Target:
    """Where it can be reached from inside its namespace; Why502Error if `path` is none."""
    if not path.startswith("/"):
        raise Why502Error("no path", where=path, hint="it begins with /")
    host, _, port = listener.address.rpartition(":")
    address = ipaddress.ip_address(host.strip("[]"))
    if address.is_unspecified:
        address = ipaddress.ip_address("127.0.0.1" if address.version == 4 else "::1")
    shown = f"[{address}]" if address.version == 6 else str(address)
    return resolve(f"http://{shown}:{port}{path}")
