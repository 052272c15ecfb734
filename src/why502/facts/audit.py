"""The whole host, judged: what `why502 host` shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from why502.facts.backlog import AT_RISK, BacklogRisk, Level, judge_backlog
from why502.facts.listeners import growth, listener_windows
from why502.facts.surfaces import findings
from why502.facts.surfaces.interface import Finding, State
from why502.model.host import HostRecord, Listener, Namespace, Process, Snapshot, Unseen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from why502.facts.scene import ListenerWindow

RATES: Final = (
    *("ListenOverflows", "ListenDrops", "TCPReqQFullDoCookies", "TCPReqQFullDrop", "SyncookiesFailed"),
    *("PassiveOpens", "ActiveOpens", "AttemptFails", "EstabResets", "OutRsts"),
    *("TCPAbortOnClose", "TCPAbortOnData", "TCPAbortOnTimeout", "TCPAbortOnMemory"),
    *("RetransSegs", "TCPSynRetrans", "TCPTimeouts"),
)

UNHELD_SHOWN: Final = 4


class RecognisedIssue(Struct, frozen=True):
    """A known issue that a listener shows."""

    id: str
    software: str
    text: str
    """Why: one sentence with what was seen."""
    proven: bool
    """It shows the fault itself, not only a version or a default."""
    source: str
    remedies: tuple[str, ...]
    of_namespace: bool = False
    """It concerns everything in the network namespace, not this listener above others."""


class Audited(Struct, frozen=True):
    """One address at which somebody listens, with its surroundings."""

    listener: Listener
    """As last seen, its longest queue over the whole watch."""
    namespace: Namespace | None
    processes: tuple[Process, ...]
    sockets: int
    """Several with SO_REUSEPORT."""
    watched_s: float
    drops_grown: int | None
    """None: there was only one look, or the kernel does not tell."""
    overflows_grown: int | None
    """Of its namespace, while watched."""
    risk: BacklogRisk
    issues: tuple[RecognisedIssue, ...] = ()


class Rates(Struct, frozen=True):
    """Counters of one network namespace."""

    inode: int
    name: str | None
    per_s: dict[str, float]


class Audit(Struct, frozen=True):
    """The whole host, worst listener first."""

    hostname: str
    kernel: str
    at_s: float
    watched_s: float
    listeners: tuple[Audited, ...]
    findings: tuple[Finding, ...]
    """Of everything but the listeners' own queues, worst first."""
    rates: tuple[Rates, ...]
    unseen: tuple[Unseen, ...]

    @property
    def wrong(self) -> tuple[Audited, ...]:
        return self._of({Level.DROPPING})

    @property
    def at_risk(self) -> tuple[Audited, ...]:
        return self._of(AT_RISK)

    @property
    def fine(self) -> tuple[Audited, ...]:
        return self._of(set(Level) - AT_RISK - {Level.DROPPING})

    @property
    def wrong_in_all(self) -> int:
        """Listeners and findings."""
        return len(self.wrong) + sum(finding.state is State.WRONG for finding in self.findings)

    @property
    def at_risk_in_all(self) -> int:
        """Listeners and findings."""
        return len(self.at_risk) + sum(finding.state is State.AT_RISK for finding in self.findings)

    @property
    def alarming(self) -> bool:
        """Something is wrong, or the next burst will make it so."""
        return bool(self.wrong_in_all or self.at_risk_in_all)

    def _of(self, levels: set[Level] | frozenset[Level]) -> tuple[Audited, ...]:
        return tuple(audited for audited in self.listeners if audited.risk.level in levels)


def audit(
    record: HostRecord, issues_of: Callable[[ListenerWindow], tuple[RecognisedIssue, ...]] = lambda _: ()
) -> Audit:
    """Judge the host as last seen, by what changed since it was first seen.

    `issues_of` names the known issues of a listener (`known.recognise`).
    """
    first, last = record.snapshots[0], record.snapshots[-1]
    processes = {process.pid: process for process in last.processes}
    present = {(listener.netns, listener.address): set[int]() for listener in last.listeners}
    for listener in last.listeners:
        present[listener.netns, listener.address].update(listener.pids)
    listeners = (
        _audited(window, tuple(processes[pid] for pid in sorted(pids) if pid in processes), issues_of(window))
        for window in listener_windows(record, record.hostname)
        if (pids := present.get((window.listener.netns, window.listener.address))) is not None
    )
    found, unseen = findings(record)
    return Audit(
        hostname=record.hostname,
        kernel=record.kernel,
        at_s=last.at_s,
        watched_s=last.at_s - first.at_s,
        listeners=tuple(sorted(listeners, key=_worst_first)),
        findings=found,
        rates=tuple(_rates(record)),
        unseen=(*record.unseen, *_unheld(last), *unseen),
    )


def _unheld(last: Snapshot) -> Iterator[Unseen]:
    """Listeners that nobody we see holds open."""
    addresses = sorted({one.address for one in last.listeners if not one.pids})
    if addresses:
        shown = ", ".join(addresses[:UNHELD_SHOWN]) + (", ..." if len(addresses) > UNHELD_SHOWN else "")
        why = "no process whose open files we may see: another user's, one outside of this PID namespace, or the kernel"
        yield Unseen(f"who holds {shown}", why)


def _audited(window: ListenerWindow, processes: tuple[Process, ...], issues: tuple[RecognisedIssue, ...]) -> Audited:
    listener = msgspec.structs.replace(window.listener, queue_len_max=window.queue_len_max)
    overflows = window.grown.get("ListenOverflows")
    return Audited(
        listener=listener,
        namespace=window.namespace,
        processes=processes,
        sockets=window.sockets,
        watched_s=window.watched.to_s - window.watched.from_s,
        drops_grown=window.drops,
        overflows_grown=overflows,
        risk=judge_backlog(listener, window.namespace, drops_grown=window.drops, overflows_grown=overflows),
        issues=issues,
    )


def _worst_first(audited: Audited) -> tuple[int, int, int, str]:
    listener = audited.listener
    return (-audited.risk.level.badness, -(audited.drops_grown or 0), listener.backlog, listener.address)


def _rates(record: HostRecord) -> Iterator[Rates]:
    """Nothing of a namespace that was looked at once only."""
    first, last = record.snapshots[0], record.snapshots[-1]
    before = {one.inode: one for one in first.namespaces}
    watched_s = last.at_s - first.at_s
    for space in last.namespaces:
        grown = growth(before.get(space.inode), space) if watched_s > 0 else {}
        per_s: dict[str, float] = {name: round(grown[name] / watched_s, 3) for name in RATES if name in grown}
        if per_s:
            yield Rates(space.inode, space.name, per_s)
