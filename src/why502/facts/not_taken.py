"""Whether only new connections were left waiting: their program did not accept them, and served those that it had.

The kernel makes a connection and acknowledges its request before any program knows of it (listen(2)). A server that is
short of workers or of descriptors (accept(2): EMFILE) leaves them there; one that is slow is slow on all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from why502.facts.crowding import fisher

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.model.patterns import Span

CLEAR = 0.005
MOST = 0.5
"""Of those on new connections have to wait in vain; some are accepted when others end."""


class NotTaken(NamedTuple):
    """Requests that came while some waited in vain, on new connections and on such as had served before."""

    new: int
    new_given_up: int
    used: int
    p: float
    """Chance that no used connection is among them, if that made no difference (Fisher's exact test, one-sided)."""


def not_taken(spans: Sequence[Span]) -> NotTaken | None:
    """None if used connections waited in vain as well, or it may be chance that none did."""
    gone = [(span.asked_s, span.given_up_s) for span in spans if span.given_up_s is not None]
    if not gone:
        return None
    from_s, to_s = min(asked_s for asked_s, _ in gone), max(left_s for _, left_s in gone)
    meanwhile = [span for span in spans if from_s <= span.asked_s <= to_s]
    new = [span.given_up_s is not None for span in meanwhile if span.fresh]
    used = [span.given_up_s is not None for span in meanwhile if not span.fresh]
    if any(used) or sum(new) < MOST * len(new):
        return None
    p = fisher(len(used), 0, len(new), sum(new))
    return NotTaken(len(new), sum(new), len(used), p) if p < CLEAR else None
