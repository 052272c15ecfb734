"""Whether only new connections were left waiting: their program did not accept them, and served those that it had.

The kernel makes a connection and acknowledges its request before any program knows of it (listen(2)). A server that is
short of workers or of descriptors (accept(2): EMFILE) leaves them there; one that is slow is slow on all.
"""

from __future__ import annotations

from math import inf
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
    """Of what came while another request waited in vain.

    None if used connections waited in vain as well, or it may be chance that none did.
    """
    waited_until_s = -inf
    new: list[bool] = []
    used: list[bool] = []
    for span in sorted(spans, key=lambda span: span.asked_s):
        # A pool hands out what it has before it connects: used ones that came first would be served first in any case.
        if span.asked_s <= waited_until_s:
            (new if span.fresh else used).append(span.given_up_s is not None)
        waited_until_s = max(waited_until_s, span.given_up_s or -inf)
    if any(used) or sum(new) < MOST * len(new):
        return None
    p = fisher(len(used), 0, len(new), sum(new))
    return NotTaken(len(new), sum(new), len(used), p) if p < CLEAR else None
