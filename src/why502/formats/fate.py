"""How one exchange ended, as a log line tells it."""

from __future__ import annotations

from typing import NamedTuple

from why502.model.requests import Manner, Phase, Side

GATEWAY_STATUSES = frozenset({502, 503, 504})
"""What a proxy answers when the exchange with the target fails."""


SWITCHED = 101
"""All of the answer that a WebSocket or another tunnel gets (RFC 9110, section 15.2.2); its end is another matter."""


class Fate(NamedTuple):
    """Who made the status, how far the exchange came, and how it failed (None: it did not)."""

    side: Side | None
    phase: Phase
    manner: Manner | None = None


UNTOLD = Fate(None, Phase.UNKNOWN, Manner.UNKNOWN)
"""It failed, and the line does not tell where."""

ANSWERED_ERROR = Fate(Side.TARGET, Phase.DONE, Manner.ANSWERED)


def answered(status: int | None) -> Fate:
    """The target's own answer stands.

    >>> answered(500).manner, answered(200).manner
    (<Manner.ANSWERED: 'answered'>, None)
    """
    return ANSWERED_ERROR if status is not None and status >= 500 else Fate(Side.TARGET, Phase.DONE)
