from __future__ import annotations

import multiprocessing
import os
import threading
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from tests.isolation import connecting, isolated, listening
from why502.errors import Why502Error
from why502.host.queues import QueueTally
from why502.host.record import Recorder, snapshot_now
from why502.model.host import HOST_SCHEMA, HostRecord

if TYPE_CHECKING:
    from why502.host.listeners import Queues


@pytest.mark.kernel
def test_a_burst_between_two_snapshots_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The queue was full and is empty again: only the looks in between know. It stays full until two have seen it."""
    seen = threading.Semaphore(0)
    add = QueueTally.add

    def add_and_tell(tally: QueueTally, queues: Queues, at_s: float) -> None:
        add(tally, queues, at_s)
        if any(queue_len > backlog for queue_len, backlog in queues.waiting.values()):
            seen.release()

    monkeypatch.setattr(QueueTally, "add", add_and_tell)
    with isolated() as door, listening(door, 1) as listener:
        with Recorder([door], snapshot_s=3600, look_s=0.001) as recorder, connecting(door, listener, 2):
            for _ in range(2):
                assert seen.acquire(timeout=30)
            for _ in range(2):
                listener.accept()[0].close()
        first, last = (snapshot.listeners[0] for snapshot in recorder.record.snapshots)
    assert (first.queue_len, last.queue_len, last.queue_len_max) == (0, 0, 2)
    assert last.queue_full_s is not None
    assert last.queue_full_s > 0
    assert last.pids == (os.getpid(),)


@pytest.mark.kernel
def test_only_the_given_namespaces_are_recorded() -> None:
    """The lab records the target's side alone."""
    with isolated() as door, isolated(), listening(door, 5):
        record = snapshot_now([door])
    (snapshot,) = record.snapshots
    assert [(one.inode, one.name) for one in snapshot.namespaces] == [(snapshot.listeners[0].netns, door.name)]
    assert (record.schema, snapshot.processes[0].pid) == (HOST_SCHEMA, os.getpid())


@pytest.mark.kernel
def test_namespaces_are_followed_as_they_come_and_go() -> None:
    """A container that is started again gets a new one; a dead one is not kept alive by us."""
    with closing(Recorder()) as recorder:
        recorder.snapshot()
        with isolated() as door:
            recorder.snapshot()
            inode = door.stat().st_ino
        recorder.snapshot()
    there = [inode in {one.inode for one in snapshot.namespaces} for snapshot in recorder.record.snapshots]
    assert there == [False, True, False]


def test_a_record_survives_json() -> None:
    """`host.json` is read back to the same facts."""
    record = snapshot_now()
    assert msgspec.json.decode(msgspec.json.encode(record), type=HostRecord) == record


def test_a_door_that_does_not_exist_is_wrong_use() -> None:
    """One sentence, no traceback."""
    with pytest.raises(Why502Error, match="no network namespace: /run/netns/never-made"):
        snapshot_now([Path("/run/netns/never-made")])


def _become_nobody() -> None:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)


@pytest.mark.kernel
def test_without_rights_the_record_names_what_it_could_not_see() -> None:
    """Its own namespace is seen in full; owners and other namespaces are not."""
    with isolated() as door, listening(door, 5):
        forked = multiprocessing.get_context("fork")
        with ProcessPoolExecutor(1, mp_context=forked, initializer=_become_nobody) as pool:
            everything, one = pool.submit(snapshot_now).result(), pool.submit(snapshot_now, [door]).result()
    assert everything.snapshots[0].namespaces[0].counters["ListenOverflows"] >= 0
    assert any("namespaces of" in unseen.what and "root" in unseen.why for unseen in everything.unseen)
    assert [(unseen.what, "root" in unseen.why) for unseen in one.unseen] == [(f"network namespace {door.name}", True)]
