"""From bits to probabilities: which suspect did it, for each cluster of failures.

Faults exclude each other within a cluster, and "none of these" is one of the hypotheses: it holds the priors of all
causes that why502 cannot judge yet, and a share for what nobody has thought of. Conditions are judged on their own
and attached to the fault that they explain. Pure: the same case always gives the same ranking, in whatever order the
suspects come.
"""

from __future__ import annotations

import traceback
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import log2
from typing import TYPE_CHECKING

from msgspec import structs

from why502.facts.scene import Basis, Scene
from why502.suspects.interface import CannotTell, DoesNotApply, Judgement, Kind, Suspect, Weighed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.facts.scene import Cluster
    from why502.model.evidence import Evidence, Source

UNTHOUGHT = 0.08
"""Prior of a cause that is in no list: about one incident in twelve is something new."""

UNSEEN_PROXY = 0.15
"""Share that stays with "none of these" when nobody showed what the proxy saw: that connections were dropped is then
certain, that this is what clients suffer from is not."""

NAMED = 0.5
"""A cause is named if it is likelier than everything else together."""

EXPLAINED = 0.8
"""...and counts as an explanation from here on."""

HELD = 0.5
"""A condition is held from here on."""


@dataclass(frozen=True, slots=True)
class Defect:
    """A judge that crashed: a defect of why502, never a suspect that was cleared."""

    why: str


Answer = Judgement | Defect


@dataclass(frozen=True, slots=True)
class Ranked:
    """One cluster: every suspect's answer, and the probability of each fault and condition that was weighed."""

    scene: Scene
    answers: Mapping[str, Answer]
    faults: Mapping[str, float]
    """Faults that can be it; they and `none` add up to 1."""
    none: float
    conditions: Mapping[str, float] = field(default_factory=dict)

    @property
    def cluster(self) -> Cluster:
        return self.scene.cluster

    @property
    def top(self) -> tuple[str, float]:
        """The likeliest fault, or ('', 0) if none can be it."""
        return max(self.faults.items(), key=lambda item: (item[1], item[0]), default=("", 0.0))

    @property
    def named(self) -> bool:
        return self.top[1] >= NAMED


def rank(scene: Scene, suspects: Sequence[Suspect]) -> Ranked:
    """Weigh all suspects for one cluster of failures."""
    answers = {s.name: _ask(s, scene) for s in suspects}
    scores = {
        s.name: log2(s.prior) + _bits(answers[s.name])
        for s in suspects
        if s.kind is Kind.FAULT and not isinstance(answers[s.name], DoesNotApply)
    }
    faults, none = _normalised(scores)
    if scene.cluster.basis is Basis.DROPS:
        faults = {name: p * (1 - UNSEEN_PROXY) for name, p in faults.items()}
        none = 1 - sum(faults.values())
    return Ranked(scene, answers, faults, none, _conditions(suspects, answers))


def _ask(suspect: Suspect, scene: Scene) -> Answer:
    """The only place where a judge may crash without taking the verdict with it."""
    try:
        answer = suspect.judge(scene)
    except Exception:  # noqa: BLE001 - shown beside the verdict as a defect of why502
        return Defect(f"{suspect.name}: {traceback.format_exc(limit=-1).strip().splitlines()[-1]}")
    return _bounded(suspect, answer) if isinstance(answer, Weighed) else answer


def _bounded(suspect: Suspect, answer: Weighed) -> Weighed:
    """Scales the evidence of a source down where together it would say more than that source can."""
    total: dict[Source, float] = defaultdict(float)
    for evidence in answer.evidence:
        total[evidence.source] += evidence.bits
    factors = {
        s: suspect.ceiling_bits[s] / bits for s, bits in total.items() if bits > suspect.ceiling_bits.get(s, bits)
    }
    if not factors:
        return answer
    return structs.replace(answer, evidence=tuple(_scaled(e, factors.get(e.source, 1.0)) for e in answer.evidence))


def _scaled(evidence: Evidence, factor: float) -> Evidence:
    return structs.replace(evidence, bits=evidence.bits * factor) if evidence.bits > 0 else evidence


def _bits(answer: Answer) -> float:
    return answer.bits if isinstance(answer, Weighed) else 0.0


def _normalised(scores: Mapping[str, float]) -> tuple[dict[str, float], float]:
    """The probability of each, and of none of them."""
    weights = {name: 2.0 ** min(score, 60.0) for name, score in scores.items()}
    total = sum(weights.values()) + UNTHOUGHT
    return {name: weight / total for name, weight in weights.items()}, UNTHOUGHT / total


def _conditions(suspects: Sequence[Suspect], answers: Mapping[str, Answer]) -> dict[str, float]:
    """Each on its own: prior odds times evidence."""
    found = {}
    for suspect in suspects:
        answer = answers[suspect.name]
        if suspect.kind is Kind.CONDITION and isinstance(answer, Weighed):
            odds = suspect.prior / (1 - suspect.prior) * 2.0**answer.bits
            found[suspect.name] = odds / (1 + odds)
    return found


def missing_of(answer: Answer) -> tuple[Source, ...]:
    return answer.missing if isinstance(answer, (Weighed, CannotTell)) else ()
