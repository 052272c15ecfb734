from __future__ import annotations

import os
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec
import pytest

from tests.held import only_dropped_syns, set_sysctl, stopped, stopped_until
from tests.isolation import isolated
from tests.serving import serving
from why502.errors import Why502Error
from why502.host.listeners import ListenerWatch
from why502.host.namespaces import inside
from why502.host.record import snapshot_now
from why502.model.probe import Fate
from why502.remedies import backlog as remedy
from why502.remedies.duplicate import duplicated, start_ticks
from why502.remedies.journal import Journal
from why502.remedies.permanent import permanent
from why502.remedies.proof import prove
from why502.remedies.selection import Wanted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.serving import Service
    from why502.model.host import Listener

pytestmark = pytest.mark.kernel


def _listener(door: Path, port: int) -> Listener:
    """As the kernel tells it, asked by nothing that the fix uses."""
    watch = inside(door, lambda: ListenerWatch(door.stat().st_ino))
    try:
        (found,) = (one for one in watch.sample() if one.address.endswith(f":{port}"))
        return found
    finally:
        watch.close()


@contextmanager
def _service(backlog: int = 1, pause_s: float = 0.05) -> Iterator[tuple[Path, Service]]:
    with isolated() as door, serving(door, backlog, pause_s) as service:
        yield door, service


def test_a_burst_passes_after_the_change_and_the_service_was_not_restarted(tmp_path: Path) -> None:
    """The article's fault, cured while it runs; undone, it is back. The acceptor is held while a burst arrives."""
    journal = Journal(tmp_path / "journal.jsonl")
    with _service() as (door, service):
        only_dropped_syns(door)
        began = start_ticks(service.pid)
        plan = remedy.plan(Wanted(pid=service.pid), 1024)
        with stopped(service.pid):
            before = prove(plan, 5, "/", timeout_s=0.5)
        entry = remedy.apply(plan, journal)
        with stopped_until(service.pid, door, service.port, lambda listener: listener.queue_len >= 5):
            after = prove(plan, 5, "/")
        assert (entry.before, entry.after, _listener(door, service.port).backlog) == (1, 1024, 1024)
        assert (before.burst.through, before.queue_len_max, (before.drops or 0) >= 3) == (2, 2, True)
        assert before.full_s > 0
        assert [attempt.fate for attempt in after.burst.attempts] == [Fate.ANSWERED] * 5
        assert (after.drops, after.full_s) == (0, 0)
        assert start_ticks(service.pid) == began
        undoing = remedy.plan_undo(Wanted(port=service.port), journal)
        assert remedy.undo(*undoing, journal) == 1
        assert _listener(door, service.port).backlog == 1
        with stopped(service.pid):
            again = prove(plan, 5, "/", timeout_s=0.5)
        assert (again.burst.through, again.queue_len_max) == (2, 2)
    with pytest.raises(Why502Error, match="nothing to undo"):
        remedy.plan_undo(Wanted(), journal)


def test_somaxconn_is_named_and_left_alone(tmp_path: Path) -> None:
    """The limit of the listener's own namespace, not of ours."""
    with _service() as (door, service):
        set_sysctl(door, "core/somaxconn", 64)
        plan = remedy.plan(Wanted(port=service.port, pid=service.pid), 1024)
        assert (plan.expected, plan.limited) == (64, True)
        assert remedy.apply(plan, Journal(tmp_path / "journal.jsonl")).after == 64
        texts = [one.text for one in permanent(plan)]
        assert any("net.core.somaxconn 64 of its network namespace" in text for text in texts)
        with pytest.raises(Why502Error, match=r"allows no more; sudo nsenter -t .* sysctl -w net.core.somaxconn=1024"):
            remedy.plan(Wanted(pid=service.pid), 1024)
        (namespace,) = (one for one in snapshot_now([door]).snapshots[-1].namespaces)
        assert namespace.somaxconn == 64


def test_what_would_do_nothing_or_harm_is_refused() -> None:
    """With the reason."""
    with _service(backlog=16) as (_, service):
        for asked, why in ((16, "the backlog is 16 already"), (5, "this would lower it to 5")):
            with pytest.raises(Why502Error, match=why):
                remedy.plan(Wanted(pid=service.pid), asked)


def test_several_listeners_are_refused_and_listed() -> None:
    """SO_REUSEPORT siblings share all but the inode of the socket."""
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as one:
        port = one.getsockname()[1]
        with socket.create_server(("127.0.0.1", port), reuse_port=True, backlog=2) as two:
            with pytest.raises(Why502Error, match=rf"2 listeners match: .*\(socket {one_inode(one)}\).*--socket"):
                remedy.plan(Wanted(port=port), 1024)
            assert remedy.plan(Wanted(port=port, socket=one_inode(two)), 1024).listener.backlog == 2


def one_inode(sock: socket.socket) -> int:
    return os.fstat(sock.fileno()).st_ino


def test_nothing_that_listens_is_refused() -> None:
    """A port where nothing is."""
    with pytest.raises(Why502Error, match="no such listener: --port 1: none was found"):
        remedy.plan(Wanted(port=1), 1024)


def test_a_process_that_ended_meanwhile_is_refused(tmp_path: Path) -> None:
    """Between the question and the answer; nothing is written down."""
    with _service() as (_, service):
        plan = remedy.plan(Wanted(pid=service.pid), 1024)
    journal = Journal(tmp_path / "journal.jsonl")
    with pytest.raises(Why502Error, match="the process is gone"):
        remedy.apply(plan, journal)
    assert not journal.path.exists()


def test_another_process_with_the_same_id_is_refused() -> None:
    """Process ids are used again: the start time tells."""
    with _service() as (_, service):
        plan = remedy.plan(Wanted(pid=service.pid), 1024)
        older = msgspec.structs.replace(plan.process, start_s=(plan.process.start_s or 0) - 60)
        with pytest.raises(Why502Error, match="the process is gone"), duplicated(plan.listener, older):
            pass


def test_without_a_journal_nothing_is_changed(tmp_path: Path) -> None:
    """What cannot be undone is not done."""
    (tmp_path / "file").write_text("")
    with _service() as (door, service):
        plan = remedy.plan(Wanted(pid=service.pid), 1024)
        with pytest.raises(Why502Error, match="cannot write the journal"):
            remedy.apply(plan, Journal(tmp_path / "file/journal.jsonl"))
        assert _listener(door, service.port).backlog == 1


def test_what_somebody_changed_since_is_not_undone(tmp_path: Path) -> None:
    """The value that is there is not ours."""
    journal = Journal(tmp_path / "journal.jsonl")
    with _service() as (_, service):
        remedy.apply(remedy.plan(Wanted(pid=service.pid), 1024), journal)
        theirs = remedy.plan(Wanted(pid=service.pid), 2048)
        with duplicated(theirs.listener, theirs.process) as sock:
            sock.listen(512)
        with pytest.raises(Why502Error, match="its backlog is 512, not the 1024 that was set"):
            remedy.plan_undo(Wanted(), journal)


def test_a_change_that_was_killed_before_its_report_can_be_undone(tmp_path: Path) -> None:
    """Only 'planned' stands in the journal, and the kernel has the new value."""
    journal = Journal(tmp_path / "journal.jsonl")
    with _service() as (door, service):
        done = remedy.apply(remedy.plan(Wanted(pid=service.pid), 1024), Journal(tmp_path / "other.jsonl"))
        journal.append(msgspec.structs.replace(done, state="planned", after=None))
        assert remedy.undo(*remedy.plan_undo(Wanted(), journal), journal) == 1
        assert _listener(door, service.port).backlog == 1


def test_nothing_else_of_the_socket_changes(tmp_path: Path) -> None:
    """Its flags are shared with the duplicate: blocking stays blocking, and the service goes on accepting."""
    with socket.create_server(("127.0.0.1", 0), backlog=1) as listener:
        flags = os.get_blocking(listener.fileno()), os.get_inheritable(listener.fileno())
        remedy.apply(remedy.plan(Wanted(socket=one_inode(listener)), 64), Journal(tmp_path / "journal.jsonl"))
        assert (os.get_blocking(listener.fileno()), os.get_inheritable(listener.fileno())) == flags
        with socket.create_connection(listener.getsockname()):
            listener.accept()[0].close()


def test_a_change_that_was_never_made_needs_no_undo(tmp_path: Path) -> None:
    """Killed between the journal and the kernel."""
    journal = Journal(tmp_path / "journal.jsonl")
    with _service() as (_, service):
        done = remedy.apply(remedy.plan(Wanted(pid=service.pid), 1024), journal)
        remedy.undo(*remedy.plan_undo(Wanted(), journal), journal)
        journal.append(msgspec.structs.replace(done, id="again", state="planned", after=None))
        with pytest.raises(Why502Error, match="the change was planned, and never made"):
            remedy.plan_undo(Wanted(), journal)


def test_a_change_ends_with_its_process(tmp_path: Path) -> None:
    """And does not stand in the way of undoing an older one."""
    journal = Journal(tmp_path / "journal.jsonl")
    with _service() as (door, service):
        remedy.apply(remedy.plan(Wanted(pid=service.pid), 1024), journal)
        with _service() as (_, other):
            remedy.apply(remedy.plan(Wanted(pid=other.pid), 1024), journal)
        with pytest.raises(Why502Error, match="the process that was changed is gone, and with it the change"):
            remedy.plan_undo(Wanted(pid=other.pid), journal)
        remedy.undo(*remedy.plan_undo(Wanted(), journal), journal)
        assert _listener(door, service.port).backlog == 1
