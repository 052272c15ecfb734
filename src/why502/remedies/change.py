"""A change from begin to end: proof before, the change, proof after, and what makes it permanent."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from why502.model.fixing import FIX_SCHEMA, BacklogChange, BacklogUndone
from why502.remedies import backlog
from why502.remedies.permanent import permanent
from why502.remedies.proof import prove, target_of

if TYPE_CHECKING:
    from why502.model.fixing import BacklogPlan, JournalEntry
    from why502.remedies.journal import Journal


class Proof(NamedTuple):
    """The burst of requests that is fired before and after."""

    size: int
    path: str


def change(plan: BacklogPlan, journal: Journal, proof: Proof | None) -> BacklogChange:
    """Carry the plan out; Why502Error if that cannot be done, and then nothing was changed."""
    if proof:
        target_of(plan.listener, proof.path)  # a path that is none is told before anything is sent
    before = (prove(plan, *proof),) if proof else ()
    entry = backlog.apply(plan, journal)
    after = (prove(plan, *proof),) if proof else ()
    return BacklogChange(
        schema=FIX_SCHEMA,
        plan=plan,
        before=entry.before,
        after=entry.after or 0,
        undo=entry.undo,
        journal=str(journal.path),
        permanent=permanent(plan),
        proof=before + after,
    )


def undo(plan: BacklogPlan, entry: JournalEntry, journal: Journal) -> BacklogUndone:
    """Take a change back."""
    after = backlog.undo(plan, entry, journal)
    return BacklogUndone(FIX_SCHEMA, plan, entry.asked, plan.listener.backlog, after, str(journal.path))
