"""How suspects weigh counters of metrics that grew while requests failed."""

from __future__ import annotations

from math import log2
from typing import TYPE_CHECKING, Final

from why502.facts.metered import metered
from why502.model.evidence import Evidence, Source

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from why502.facts.metered import Metered
    from why502.facts.scene import Scene

UNTOLD: Final = 0.6
"""Of the bits, where nothing tells that it is the target's machine: another one may suffer from the same."""


def grew(scene: Scene, names: Collection[str], what: str, most: float) -> Iterator[Evidence]:
    """The counter that goes along best; `most` bits if it is the target's own. Growth by chance says nothing."""
    held = [one for one in metered(scene, names) if one.holds]
    if held:
        best = max(held, key=lambda one: bits_of(one, most))
        yield Evidence(bits_of(best, most), f"{what} ({best.at.name}) grew {best.spans}", Source.METRICS, best.at)


def bits_of(found: Metered, most: float) -> float:
    """The chance of going along so well, as far as that can say anything at all."""
    chance = -log2(max((found.compared.p or 1.0) * found.among, 1e-9))
    return min(most, chance) * (1.0 if found.own else UNTOLD)
