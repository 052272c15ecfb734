"""Every suspect and its answer: not examined is not cleared, and nobody is left out."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from why502.model.verdict import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.model.verdict import Diagnosis, Document, SuspectLine

STATUSES: Final[dict[Status, str]] = {
    "convicted": "convicted",
    "suspected": "suspected",
    "cleared": "cleared",
    "not-applicable": "does not apply",
    "not-examined": "not examined",
}
"""In the order of the reports."""

KINDS: Final = {
    "fault": ("Suspects", "faults exclude each other"),
    "condition": ("Conditions", "what can bring a fault about"),
}

SURE: Final = 0.8
"""From here on a script may act on it (exit status 1)."""
WORTH_SAYING: Final = 0.1

_LOOKED: Final = {"convicted", "suspected", "cleared"}
_OPEN: Final = {"suspected", "not-examined"}


class Answered(Struct, frozen=True):
    """Suspects that got the same answer for the same reason."""

    status: Status
    causes: tuple[str, ...]
    probability: float | None
    why: str
    missing: tuple[str, ...]


def answers(suspects: Sequence[SuspectLine]) -> list[tuple[Status, list[Answered]]]:
    """Suspects by status in the order of `STATUSES`, the likeliest first.

    Those that were not examined, or do not apply, are gathered by their reason: it is often the same. Those that share
    theirs come after the others.
    """
    found: list[tuple[Status, list[Answered]]] = []
    for status in STATUSES:
        group = sorted((s for s in suspects if s.status == status), key=lambda s: -(s.probability or 0))
        if group:
            found.append((status, [_answered([s]) for s in group] if status in _LOOKED else _by_reason(group)))
    return found


def _by_reason(group: Sequence[SuspectLine]) -> list[Answered]:
    def reason(suspect: SuspectLine) -> tuple[str, tuple[str, ...]]:
        return suspect.why, suspect.missing

    gathered = [_answered(list(same)) for _, same in groupby(sorted(group, key=reason), key=reason)]
    return sorted(gathered, key=lambda answer: (len(answer.causes), -(answer.probability or 0)))


def _answered(same: Sequence[SuspectLine]) -> Answered:
    first = same[0]
    return Answered(first.status, tuple(s.cause for s in same), first.probability, first.why, first.missing)


def needs(answer: Answered) -> str:
    """What would have to be given for an answer; one that is settled needs nothing."""
    wanted = answer.missing if answer.status in _OPEN else ()
    return f" (would need: {', '.join(wanted)})" if wanted else ""


def missing(document: Document) -> list[str]:
    """Evidence that nobody gave and some suspect asked for, the most wanted first.

    A suspect may ask for another host, or for more of a capture; who gave one is not told that there was none.
    """
    given = {line.kind for line in document.inputs if line.records}
    wanted: dict[str, int] = {}
    for suspect in document.suspects:
        for source in set(suspect.missing) - given:
            wanted[source] = wanted.get(source, 0) + 1
    return sorted(wanted, key=lambda source: (-wanted[source], source))


def or_else(diagnosis: Diagnosis) -> list[SuspectLine]:
    """What else it may well be, likeliest first, where there is one answer and that one is not sure."""
    verdicts = diagnosis.document.verdicts
    if len(verdicts) != 1 or diagnosis.undetermined or verdicts[0].probability >= SURE:
        return []
    found = [s for s in diagnosis.document.suspects if s.status in _OPEN and s.cause != verdicts[0].cause]
    faults = [s for s in found if s.kind == "fault" and (s.probability or 0.0) >= WORTH_SAYING]
    return sorted(faults, key=lambda s: (-(s.probability or 0.0), s.cause))
