"""The answer for every suspect, always: convicted, suspected, cleared, not examined, not applicable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.model.verdict import Status, SuspectLine
from why502.ranking.weigh import EXPLAINED, HELD, NAMED, Answer, Defect
from why502.suspects.interface import CannotTell, DoesNotApply, Kind, Suspect, Weighed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.ranking.weigh import Ranked

SUSPECTED = 0.05
"""Below this, a fault that was looked into is cleared."""


def suspect_lines(
    ranked: Sequence[Ranked],
    suspects: Sequence[Suspect],
    explaining: frozenset[str],
) -> tuple[SuspectLine, ...]:
    """One line for every suspect; `explaining` names the conditions that explain a verdict.

    Without failures, nothing can be convicted: faults do not apply then, and conditions are cleared or held.
    """
    lines = [_fault(s, ranked) if s.kind is Kind.FAULT else _condition(s, ranked, explaining) for s in suspects]
    return tuple(sorted(lines, key=lambda line: (line.kind != "fault", -(line.probability or -1), line.cause)))


def _fault(suspect: Suspect, ranked: Sequence[Ranked]) -> SuspectLine:
    failing = [r for r in ranked if r.cluster.count]
    if not failing:
        return SuspectLine(suspect.name, "fault", "not-applicable", None, "no request failed in the evidence given")
    strongest = max(failing, key=lambda r: (r.faults.get(suspect.name, -1.0), _told(r.answers[suspect.name])))
    answer = strongest.answers[suspect.name]
    p = strongest.faults.get(suspect.name, 0.0)
    status: Status
    match answer:
        case DoesNotApply(why=why):
            return SuspectLine(suspect.name, "fault", "not-applicable", 0.0, why)
        case Defect(why=why):
            return SuspectLine(suspect.name, "fault", "not-examined", None, f"its judge crashed: {why}")
        case CannotTell(missing=missing, why=why):
            return SuspectLine(suspect.name, "fault", "not-examined", round(p, 4), why, missing)
        case Weighed():
            leads = strongest.top[0] == suspect.name
            status = "convicted" if leads and p >= EXPLAINED else "suspected" if p >= SUSPECTED else "cleared"
            why = answer.summary if p >= NAMED else _strongest(answer, against=status == "cleared")
            return SuspectLine(suspect.name, "fault", status, round(p, 4), why, answer.missing)


def _strongest(answer: Weighed, *, against: bool) -> str:
    """The weightiest observation in that direction; a summary would claim more than is known."""
    fitting = [e for e in answer.evidence if (e.bits < 0) == against]
    if not fitting:
        return "another cause explains these failures far better" if against else "nothing speaks against it"
    return max(fitting, key=lambda e: abs(e.bits)).text


def _told(answer: Answer) -> int:
    """Prefers clusters in which the suspect had something to say."""
    return (Defect, DoesNotApply, CannotTell, Weighed).index(type(answer))


def _condition(suspect: Suspect, ranked: Sequence[Ranked], explaining: frozenset[str]) -> SuspectLine:
    strongest = max(ranked, key=lambda r: (r.conditions.get(suspect.name, -1.0), _told(r.answers[suspect.name])))
    answer = strongest.answers[suspect.name]
    match answer:
        case DoesNotApply(why=why):
            return SuspectLine(suspect.name, "condition", "not-applicable", None, why)
        case Defect(why=why):
            return SuspectLine(suspect.name, "condition", "not-examined", None, f"its judge crashed: {why}")
        case CannotTell(missing=missing, why=why):
            return SuspectLine(suspect.name, "condition", "not-examined", None, why, missing)
        case Weighed(summary=summary):
            p = strongest.conditions[suspect.name]
            held: Status = "convicted" if suspect.name in explaining else "suspected"
            status = held if p >= HELD else "cleared"
            return SuspectLine(suspect.name, "condition", status, round(p, 4), summary, answer.missing)
