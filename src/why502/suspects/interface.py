"""What a suspect is, and how it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from msgspec import Struct

from why502.facts.scene import Scene
from why502.model.evidence import Evidence, Source
from why502.model.verdict import Remedy


class Kind(StrEnum):
    FAULT = "fault"
    """Can be the cause of a failure; faults exclude each other within a cluster of failures."""
    CONDITION = "condition"
    """A usual suspect: convicted only as what explains a fault."""


class Weighed(Struct, frozen=True):
    """Looked: the evidence for and against (possibly none that says anything)."""

    evidence: tuple[Evidence, ...]
    summary: str
    """One sentence with the numbers, true whatever the ranking makes of it."""
    missing: tuple[Source, ...] = ()
    """Evidence that would say more."""
    known_issue: str | None = None
    remedies: tuple[Remedy, ...] = ()
    """Remedies that this very evidence calls for, before the suspect's general ones."""
    fills: Mapping[str, str] = {}
    """Words in capitals of the remedies' commands, and what stands for them here: PID, LIMIT."""

    @property
    def bits(self) -> float:
        return sum(e.bits for e in self.evidence)


class CannotTell(Struct, frozen=True):
    """Did not look, because nothing to look at was given."""

    missing: tuple[Source, ...]
    why: str


class DoesNotApply(Struct, frozen=True):
    """Impossible for this cluster of failures, whatever else is found."""

    why: str


Judgement = Weighed | CannotTell | DoesNotApply

Expectations = Mapping[str, Mapping[str, float]]
"""Check name -> outcome -> probability of that outcome if this suspect did it. Outcomes that are not named
share the rest evenly; a check that is not named tells nothing about the suspect."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """One cause. Its module's docstring is the manual page."""

    name: str
    kind: Kind
    title: str
    """One line, for tables."""
    prior: float
    """How common it is: for a fault, the share of all gateway failures that we expect it to explain before any
    evidence; for a condition, the share of incidents in which it holds."""
    judge: Callable[[Scene], Judgement]
    expects: Expectations = field(default_factory=dict)
    ceiling_bits: Mapping[Source, float] = field(default_factory=dict)
    """The most that all evidence of one source together may say for it: what a log alone can never prove."""
    brings: tuple[str, ...] = ()
    """Faults only: what follows from this one on the same target, so that such failures right after it are its own
    (a crashed target refuses connects until it is back)."""
    explains: tuple[str, ...] = ()
    """Conditions only: the faults that this condition can bring about."""
    remedies: tuple[Remedy, ...] = ()
