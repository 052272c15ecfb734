"""Failures whose conversation was not found go with those that the proxy logged alike.

Clocks of a second, retries and the edges of a capture leave some requests without their conversation. Left alone they
would count as a second fault, on the weak evidence of the log.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from why502.facts.failures import said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.facts.scene import Failure
    from why502.model.wire import Wire

EDGE_S = 1.5
"""A log's time may be so far off (`failures.JOIN_LOOSE_S`)."""

Key = tuple[object, ...]
"""As in `clusters`: target, side, phase, manner, outcome."""


def with_siblings(groups: dict[Key, list[Failure]], wire: Wire | None) -> None:
    """Moves them, in place; a failure at a time that the capture does not cover stays where it is."""
    if wire is None or wire.first_s is None or wire.last_s is None:
        return
    begin_s, end_s = wire.first_s - EDGE_S, wire.last_s + EDGE_S
    seen: dict[Key, dict[Key, int]] = defaultdict(lambda: defaultdict(int))
    for key, group in groups.items():
        for failure in group:
            if failure.logged is not None and failure.conversation is not None:
                seen[_said(failure)][key] += 1
    for key in [key for key, group in groups.items() if all(f.conversation is None for f in group)]:
        stays: list[Failure] = []
        for words, alike in _by_words(groups[key]).items():
            paired = seen.get(words, {})
            inside = [f for f in alike if f.at_s is not None and begin_s <= f.at_s <= end_s]
            # Only where most of what was logged alike has a conversation, the others are likely to be of its kind.
            moved = inside if sum(paired.values()) > len(alike) else []
            if moved:
                groups[max(paired, key=lambda other: (paired[other], str(other)))].extend(moved)
            stays += [f for f in alike if f not in moved]
        groups[key] = stays
        if not stays:
            del groups[key]


def _by_words(group: Sequence[Failure]) -> dict[Key, list[Failure]]:
    found: dict[Key, list[Failure]] = defaultdict(list)
    for failure in group:
        found[_said(failure)].append(failure)
    return found


def _said(failure: Failure) -> Key:
    return said(failure.logged.request) if failure.logged else ()
