"""The host over a time: snapshots, and the queues in between.

with Recorder() as recorder:
    time.sleep(30)
record = recorder.record
"""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Final, Self

from why502.host import resources
from why502.host.owners import Owners
from why502.host.thinning import thin
from why502.host.watched import WatchedNamespaces
from why502.model.host import HOST_SCHEMA, HostRecord, Snapshot

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

    from why502.model.host import Listener, Namespace

SNAPSHOT_S: Final = 1.0
LOOK_S: Final = 0.01
"""Queues are looked at this often: a burst that fills one lasts some tens of milliseconds."""
REST_PER_COST: Final = 9
"""After a look that took long we rest nine times as long: at most a tenth of one core is used."""
CENSUS_S: Final = 10.0
CENSUS_REST_PER_COST: Final = 99
"""Connections are counted at the end and at most this often in between: a hundredth of one core is used."""
MAX_SNAPSHOTS: Final = 2_400
"""Beyond this, snapshots are merged in pairs: every second for 40 minutes, then coarser, hours in all."""


class Recorder:
    """Records this host, or only the network namespaces behind the given doors, in a thread of its own.

    What may not be seen raises nothing: it stands in `record.unseen`. A door that does not exist is a Why502Error.
    """

    def __init__(
        self, netns: Sequence[Path] | None = None, *, snapshot_s: float = SNAPSHOT_S, look_s: float = LOOK_S
    ) -> None:
        self._snapshot_s, self._look_s = snapshot_s, look_s
        self._watched = WatchedNamespaces(netns)
        self._owners = Owners()
        self._snapshots: list[Snapshot] = []
        self._census_s = time.monotonic() + CENSUS_S
        self._stop = threading.Event()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="host-recorder")
        self._done: Future[None]

    def __enter__(self) -> Self:
        self.snapshot(census=False)
        self._done = self._thread.submit(self._run)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        with closing(self._watched), self._thread:
            self._done.result()
            self.snapshot(census=True)

    @property
    def record(self) -> HostRecord:
        """Everything recorded so far."""
        return HostRecord(
            schema=HOST_SCHEMA,
            hostname=os.uname().nodename,
            kernel=os.uname().release,
            boot_s=resources.read_boot(),
            snapshots=tuple(self._snapshots),
            unseen=(*self._watched.unseen, *self._owners.unseen),
        )

    def snapshot(self, *, census: bool | None = None) -> None:
        """Take one now; inside the context the thread does so by itself. `census`: count connections (None: if due)."""
        self._watched.refresh()
        at_s, measured = time.time(), resources.read()  # together: the two clocks are compared
        census = time.monotonic() >= self._census_s if census is None else census
        found, namespaces = self._look(census=census)
        listeners = self._owners.of(found)
        snapshot = Snapshot(
            at_s=at_s,
            listeners=tuple(listeners),
            namespaces=namespaces,
            processes=self._owners.processes(listeners, whole=census),
            resources=measured,
        )
        self._snapshots = thin([*self._snapshots, snapshot], MAX_SNAPSHOTS)

    def _look(self, *, census: bool) -> tuple[list[Listener], tuple[Namespace, ...]]:
        began_s = time.monotonic()
        found = self._watched.look(census=census)
        if census:
            ended_s = time.monotonic()
            self._census_s = ended_s + max(CENSUS_S, (ended_s - began_s) * CENSUS_REST_PER_COST)
        return found

    def close(self) -> None:
        """Let go of the namespaces; only needed where the context was not entered."""
        self._watched.close()

    def _run(self) -> None:
        next_s = time.monotonic() + self._snapshot_s
        while True:
            began_s = time.monotonic()
            if began_s >= next_s:
                self.snapshot()
                next_s = max(next_s + self._snapshot_s, began_s)
            self._owners.look_at_files(self._watched.look_at_queues())
            cost_s = time.monotonic() - began_s
            if self._stop.wait(max(self._look_s - cost_s, cost_s * REST_PER_COST)):
                return


def snapshot_now(netns: Sequence[Path] | None = None) -> HostRecord:
    """One look at the host."""
    with closing(Recorder(netns)) as recorder:
        recorder.snapshot(census=True)
        return recorder.record
