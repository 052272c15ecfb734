"""How several suspects weigh the same kind of observation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.facts.usage import Comparison, compare
from why502.model.evidence import Evidence, Source
from why502.suspects.interface import CannotTell, Judgement, Weighed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.facts.scene import Scene
    from why502.facts.usage import Usage

MARGIN = 0.1
"""A resource that explains failures is used more while they happen, by at least this share."""


def judge_usage(name: str, scene: Scene, usages: Sequence[Usage], *, full: float, moderate: float) -> Judgement:
    """Holds or clears a resource by its use while requests failed, against its use otherwise.

    With failures of unknown time (or none one by one), its use over the whole time has to serve.
    """
    failures_s = [f.at_s for f in scene.cluster.failures if f.at_s is not None]
    evidence = []
    for usage in usages:
        found = compare(usage, failures_s)
        bits = _bits(found, full, moderate)
        evidence.append(Evidence(bits, f"{name}: {found}", usage.source, usage.at))
    if not evidence:
        return CannotTell((Source.METRICS, Source.HOST), f"no {name} was given")
    strongest = max(evidence, key=lambda e: abs(e.bits))
    return Weighed((strongest,), strongest.text)


def _bits(found: Comparison, full: float, moderate: float) -> float:
    share = found.otherwise if found.during is None else found.during
    if share is None:
        return 0.0
    if share >= full:
        raised = found.during is None or found.otherwise is None or share >= found.otherwise + MARGIN
        return 6.0 if raised else 2.0
    return -5.0 if share <= moderate else -1.0
