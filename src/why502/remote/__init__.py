"""Evidence that is asked for over the network, once the time of the failures is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import structs

from why502.facts.clusters import clusters
from why502.model.case import Case, KernelEvent, Series, Window
from why502.model.evidence import Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.sources.interface import Reading

Fetch = Callable[[Window], "Reading"]
"""Asks for what happened in a window. Raises `Why502Error` when it gets no answer."""

AROUND_S = 1800.0
"""Before and after the failures: use while nothing failed is what use while something failed is held against."""

RECENTLY_S = 3600.0
"""Without any evidence of a time: the last hour."""


def with_fetched(case: Case, fetches: Sequence[Fetch], wanted: Window, now_s: float) -> Case:
    """The case and what was asked for, within `wanted` (which may be open at its ends)."""
    window = window_of(case, wanted, now_s)
    readings = [fetch(window) for fetch in fetches]
    facts = [fact for reading in readings for fact in reading.facts]
    events = [*case.events, *(fact for fact in facts if isinstance(fact, KernelEvent))]
    return structs.replace(
        case,
        inputs=(*case.inputs, *(reading.input for reading in readings)),
        metrics=(*case.metrics, *(fact for fact in facts if isinstance(fact, Series))),
        events=tuple(sorted(events, key=lambda event: event.at_s)),
    )


def window_of(case: Case, wanted: Window, now_s: float) -> Window:
    """The failures' time and half an hour around it; else that of the evidence; else the last hour."""
    seen = [cluster.window for cluster in clusters(case, []) if cluster.window is not None]
    if not seen:
        seen = [i.window for i in case.inputs if i.window is not None and i.source is not Source.CHANGES]
    if seen:
        from_s, to_s = min(w.from_s for w in seen) - AROUND_S, max(w.to_s for w in seen) + AROUND_S
    else:
        to_s = min(now_s, wanted.to_s)
        from_s = to_s - RECENTLY_S if wanted.from_s == float("-inf") else wanted.from_s
    from_s, to_s = max(from_s, wanted.from_s), min(to_s, wanted.to_s, now_s)
    return Window(from_s, to_s) if from_s < to_s else Window(to_s - RECENTLY_S, to_s)
