"""Raises the backlog of a running listener: `listen()` again on its socket takes effect at once.

`__inet_listen_sk` (kernel net/ipv4/af_inet.c) only sets `sk_max_ack_backlog` when the socket listens already: the
queue and its connections stay, the process notices nothing. `__sys_listen` cuts the number to `net.core.somaxconn`
of the socket's own namespace, whoever calls.
"""

from __future__ import annotations

import secrets
import time
from contextlib import closing
from typing import TYPE_CHECKING

import msgspec

from why502.errors import Why502Error
from why502.host import namespaces
from why502.host.opened import OpenedNamespace
from why502.model.fixing import JOURNAL_SCHEMA, BacklogPlan, JournalEntry
from why502.remedies import journal
from why502.remedies.duplicate import duplicated, start_ticks
from why502.remedies.selection import Wanted, called, select

if TYPE_CHECKING:
    from why502.host.namespaces import NetworkNamespace
    from why502.remedies.journal import Journal
    from why502.remedies.selection import Found

REFUSED = "nothing was changed"


def plan(wanted: Wanted, asked: int) -> BacklogPlan:
    """What raising the backlog would do; Why502Error with the reason if it would do nothing, or harm."""
    made = _plan(select(wanted), asked)
    before, where = made.listener.backlog, made.listener.address
    if made.expected == before and made.limited:
        why = f"the backlog is {before} already, and net.core.somaxconn of its namespace allows no more"
        hint = f"{somaxconn_command(made)}, then again"
        raise Why502Error(REFUSED, where=where, why=why, hint=hint)
    if asked == before:
        raise Why502Error(REFUSED, where=where, why=f"the backlog is {before} already")
    if made.expected < before:
        why = f"the backlog is {before}, and this would lower it to {made.expected}"
        raise Why502Error(REFUSED, where=where, why=why, hint="only --undo lowers a backlog")
    return made


def plan_undo(wanted: Wanted, written: Journal) -> tuple[BacklogPlan, JournalEntry]:
    """What taking back the last change of this listener would do."""
    fitting = [entry for entry in written.open_changes() if _fits(wanted, entry)]
    if not fitting:
        where = f"{written.path} {wanted}".strip()
        raise Why502Error("nothing to undo", where=where, why="the journal holds no such change of this boot")
    living = [entry for entry in fitting if start_ticks(entry.pid) == entry.start_ticks]
    if not living:
        why = "the process that was changed is gone, and with it the change"
        raise Why502Error("nothing to undo", where=fitting[-1].address, why=why)
    entry = living[-1]
    made = _plan(select(Wanted(socket=entry.inode)), entry.before)
    if (made.listener.netns, made.process.pid) != (entry.netns, entry.pid):
        raise Why502Error(REFUSED, where=entry.address, why="the socket belongs to another process now")
    if entry.after is None and made.listener.backlog == entry.before:
        raise Why502Error("nothing to undo", where=entry.address, why="the change was planned, and never made")
    made_it = entry.after or min(entry.asked, made.namespace.somaxconn or entry.asked)
    if made.listener.backlog != made_it:
        why = f"its backlog is {made.listener.backlog}, not the {made_it} that was set: somebody changed it since"
        raise Why502Error(REFUSED, where=entry.address, why=why)
    return made, entry


def apply(made: BacklogPlan, written: Journal) -> JournalEntry:
    """Make the change, read it back, and write both down; the entry says what is in force now."""
    entry = _entry(made)
    with duplicated(made.listener, made.process) as sock:
        written.append(entry)
        sock.listen(made.asked)
    after = read_back(made)
    done = msgspec.structs.replace(entry, state="done", after=after, at_s=time.time())
    written.append(done)
    return done


def undo(made: BacklogPlan, entry: JournalEntry, written: Journal) -> int:
    """Put the old value back; the backlog that is in force now."""
    with duplicated(made.listener, made.process) as sock:
        sock.listen(entry.before)
    after = read_back(made)
    written.append(msgspec.structs.replace(entry, state="undone", after=after, at_s=time.time()))
    return after


def read_back(made: BacklogPlan) -> int:
    """The backlog in force, as `inet_diag` tells it; Why502Error if the listener is gone."""
    with closing(OpenedNamespace(door_of(made))) as opened:
        for listener in opened.watch.sample():
            if listener.inode == made.listener.inode:
                return listener.backlog
    why = "the listener is gone: the process closed it meanwhile"
    raise Why502Error("cannot verify the change", where=made.listener.address, why=why)


def door_of(made: BacklogPlan) -> NetworkNamespace:
    """The way into the listener's network namespace."""
    found, _ = namespaces.find()
    for namespace in found:
        if namespace.inode == made.listener.netns:
            return namespace
    raise Why502Error("cannot look into the network namespace", where=made.listener.address, why="it is gone")


def somaxconn_command(made: BacklogPlan) -> str:
    """How to raise the limit for now, in the namespace that it holds for."""
    inside = (
        f"nsenter -t {made.process.pid} -n "
        if made.listener.netns != namespaces.at(namespaces.PROC / "self/ns/net").inode
        else ""
    )
    return f"sudo {inside}sysctl -w net.core.somaxconn={made.asked}"


def _plan(found: Found, asked: int) -> BacklogPlan:
    if found.process is None or found.process.start_s is None:
        why = "its process could not be seen: needs root (CAP_SYS_PTRACE)"
        raise Why502Error(REFUSED, where=found.listener.address, why=why, hint="run it with sudo")
    if found.namespace is None or found.namespace.somaxconn is None:
        why = "the limits of its network namespace could not be read, so the change could not be verified"
        raise Why502Error(REFUSED, where=called(found), why=why)
    expected = min(asked, found.namespace.somaxconn)
    return BacklogPlan(found.listener, found.namespace, found.process, asked, expected)


def _entry(made: BacklogPlan) -> JournalEntry:
    listener, process = made.listener, made.process
    return JournalEntry(
        schema=JOURNAL_SCHEMA,
        id=secrets.token_hex(6),
        at_s=time.time(),
        state="planned",
        address=listener.address,
        netns=listener.netns,
        inode=listener.inode,
        pid=process.pid,
        process=process.name,
        start_ticks=start_ticks(process.pid) or 0,
        boot_id=journal.boot_id(),
        before=listener.backlog,
        asked=made.asked,
        after=None,
        undo=f"sudo why502 fix backlog --undo --socket {listener.inode}",
    )


def _fits(wanted: Wanted, entry: JournalEntry) -> bool:
    return (
        (wanted.port is None or entry.address.rpartition(":")[2] == str(wanted.port))
        and (wanted.pid is None or wanted.pid == entry.pid)
        and (wanted.address is None or wanted.address == entry.address)
        and (wanted.socket is None or wanted.socket == entry.inode)
    )
