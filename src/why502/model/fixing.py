"""A live change of a listener: what it was, what it became, how to undo it, and what a burst showed of it."""

from __future__ import annotations

from msgspec import Struct

from why502.model.host import Listener, Namespace, Process
from why502.model.probe import Burst
from why502.model.verdict import Remedy

JOURNAL_SCHEMA = "why502-journal/1"
FIX_SCHEMA = "why502-fix/1"


class JournalEntry(Struct, frozen=True):
    """One line of the journal. A change has several, with the same id: planned, then done, perhaps undone."""

    schema: str
    id: str
    at_s: float
    state: str
    """'planned', 'done', 'failed', 'undone'"""
    address: str
    netns: int
    inode: int
    pid: int
    process: str
    start_ticks: int
    """When the process was started, in ticks since boot: process ids are used again."""
    boot_id: str
    """As are the inodes of sockets and namespaces, after a restart of the machine."""
    before: int
    asked: int
    after: int | None
    """The backlog in force afterwards; None: not known yet."""
    undo: str
    """The command that takes it back."""


class BacklogPlan(Struct, frozen=True):
    """What will change, before it does."""

    listener: Listener
    namespace: Namespace
    process: Process
    asked: int
    expected: int
    """min(asked, somaxconn)"""

    @property
    def limited(self) -> bool:
        """`net.core.somaxconn` of the listener's namespace is in the way."""
        return self.expected < self.asked


class BurstSeen(Struct, frozen=True):
    """A burst, and what it did to the queue."""

    burst: Burst
    looks: int
    """How often the queue was looked at."""
    queue_len_max: int
    full_s: float
    """How long it was seen full."""
    drops: int | None
    """By which the listener's drops grew; None: the kernel does not tell."""


class BacklogChange(Struct, frozen=True):
    """What was done."""

    schema: str
    plan: BacklogPlan
    before: int
    after: int
    undo: str
    journal: str
    permanent: tuple[Remedy, ...]
    proof: tuple[BurstSeen, ...] = ()
    """Before and after; empty: not asked for."""

    @property
    def verified(self) -> bool:
        """The kernel shows what was expected."""
        return self.after == self.plan.expected


class BacklogUndone(Struct, frozen=True):
    """A change that was taken back."""

    schema: str
    plan: BacklogPlan
    asked: int
    """What the change had asked for."""
    before: int
    after: int
    journal: str

    @property
    def verified(self) -> bool:
        return self.after == self.plan.expected
