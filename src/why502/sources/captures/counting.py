"""The tally of a tracker, told in the words of the model."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from why502.model.conversations import Outcome
from why502.model.wire import Counted
from why502.sources.captures.kernels.layout import (
    ANSWERS,
    CONNECTS,
    DELAYED_COUNTED,
    M_COUNTED,
    M_FIRST_NS,
    M_LAST_NS,
    OUTCOME,
    T_COUNT,
    T_HIGH,
    T_ITEM,
    T_LOW,
    T_PORT,
    TALLY_WORDS,
)
from why502.sources.captures.packets import endpoint_bytes
from why502.sources.captures.telling import OUTCOMES, endpoint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.sources.captures.tracking import Tracker

MAX_TARGETS = 4096
"""Targets that are told, those with most conversations first: more than that are a scan, not a service."""


@dataclass(slots=True)
class _Counts:
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    connects: Counter[int] = field(default_factory=Counter)
    answers: Counter[int] = field(default_factory=Counter)
    delayed: int = 0

    def add(self, item: int, count: int) -> None:
        if item >= ANSWERS:
            self.answers[item - ANSWERS] += count
        elif item >= CONNECTS:
            self.connects[item - CONNECTS] += count
        elif item >= OUTCOME:
            self.outcomes[OUTCOMES[item - OUTCOME]] += count
        elif item == DELAYED_COUNTED:
            self.delayed += count


def counted(tracker: Tracker, capture: str = "") -> list[Counted]:
    """The conversations that were not told, by target; `capture`: path of the first file."""
    if not tracker.meta[M_COUNTED]:
        return []
    by_target: dict[tuple[int, int, int], _Counts] = defaultdict(_Counts)
    for entry in _entries(tracker.tally):
        by_target[entry[T_HIGH], entry[T_LOW], entry[T_PORT]].add(entry[T_ITEM], entry[T_COUNT])
    first_s, last_s = int(tracker.meta[M_FIRST_NS]) / 1e9, int(tracker.meta[M_LAST_NS]) / 1e9
    most = sorted(by_target.items(), key=lambda target: target[1].outcomes.total(), reverse=True)
    return [
        Counted(
            _name(*key), dict(it.outcomes), first_s, last_s, it.delayed, dict(it.connects), dict(it.answers), capture
        )
        for key, it in most[:MAX_TARGETS]
        if it.outcomes
    ]


def _entries(tally: Sequence[int]) -> list[list[int]]:
    """The taken places, in an order that is no matter of hashes. An array finds them by itself, 80 MB of it at once."""
    if isinstance(tally, list):
        return sorted(tally[t : t + TALLY_WORDS] for t in range(0, len(tally), TALLY_WORDS) if tally[t + T_COUNT])
    import numpy as np

    table = np.asarray(tally).reshape(-1, TALLY_WORDS)
    return sorted(table[table[:, T_COUNT] > 0].tolist())


def _name(high: int, low: int, port: int) -> str:
    return endpoint(endpoint_bytes(port >> 16, high, low, port & 0xFFFF))
