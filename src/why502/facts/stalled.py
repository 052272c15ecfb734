"""Answers that fell silent until a timer of the proxy fired.

A proxy leaves an answer that is not whole when its client has left, too, and clients leave streams and downloads every
day: that is no failure. A timer leaves after the same silence each time (nginx `proxy_read_timeout`, HAProxy `timeout
server` and ALB's idle timeout all count from the last byte).
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from msgspec import structs

from why502.model.conversations import Conversation, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

SHORTEST_S: Final = 1.0
"""Pauses of this length are rare in answers that go on, and timers that are shorter are rare as well."""
APART_S: Final = 0.02
APART: Final = 0.01
"""Two silences that one timer ended differ by less, or by this share."""


def with_stalls(conversations: Iterable[Conversation]) -> list[Conversation]:
    """Those of which two and more at one target were left after the same silence are STALLED."""
    found = list(conversations)
    silences: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for index, c in enumerate(found):
        if c.detail is not None and (silent_s := c.detail.silent_midway_s) is not None and silent_s >= SHORTEST_S:
            silences[c.target].append((silent_s, index))
    for timed in silences.values():
        for (before_s, before), (after_s, after) in pairwise(sorted(timed)):
            if after_s - before_s <= max(APART_S, APART * after_s):
                for index in (before, after):
                    found[index] = structs.replace(found[index], outcome=Outcome.STALLED)
    return found
