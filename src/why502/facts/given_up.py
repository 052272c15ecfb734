"""Connects that a proxy gave up in silence: its log and the SYNs in the capture, where the log tells no durations.

On the wire such a connect ends without a packet, after its last SYN and before the next one would have been sent. The
nearest in time would be another one's, as many connects fail in the same seconds.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING

from why502.model.conversations import Conversation, Outcome
from why502.model.requests import Manner, Phase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.model.requests import Request
    from why502.model.traffic import FailedRequest

CUT_OFF_S = 1.0
"""A log of whole seconds tells a moment that lies up to so much earlier."""
FIRST_AGAIN_S = 1.0
"""RFC 6298, section 2.1."""


@dataclass(frozen=True, slots=True)
class Pair:
    """What a logged failure looks like on the wire."""

    conversation: Conversation
    sure: bool
    """Only that one came into question."""


def given_up_connects(logged: Sequence[FailedRequest], failed: Sequence[Conversation]) -> dict[int, Pair]:
    """Index of a logged failure -> its conversation; the first to begin was the first to be given up."""
    silent = [c for c in failed if c.outcome is Outcome.SYN_UNANSWERED and c.syn_s]
    open_ = deque(sorted(silent, key=lambda c: c.syn_s[0]))
    timed = [(end_s, index) for index, one in enumerate(logged) if (end_s := _given_up_s(one.request)) is not None]
    found: dict[int, Pair] = {}
    for at_s, index in sorted(timed):
        while open_ and _due_again_s(open_[0]) < at_s:
            open_.popleft()
        target = logged[index].request.target
        begun = takewhile(lambda c: c.syn_s[0] - CUT_OFF_S <= at_s, open_)  # noqa: B023 - used up in this turn
        fits = [c for c in begun if target in (None, c.target) and c.last_s - CUT_OFF_S <= at_s <= _due_again_s(c)]
        if fits:
            found[index] = Pair(fits[0], sure=len(fits) == 1)
            open_.remove(fits[0])
    return found


def _given_up_s(request: Request) -> float | None:
    timed_out = request.phase is Phase.CONNECT and request.manner is Manner.TIMEOUT
    return request.end_s if timed_out and request.start_s is None else None


def _due_again_s(conversation: Conversation) -> float:
    """When its SYN would have been sent once more: after twice the last time at most (RFC 6298, section 5.5)."""
    gaps_s = [after - before for before, after in pairwise(conversation.syn_s)]
    return conversation.last_s + (2 * gaps_s[-1] if gaps_s else FIRST_AGAIN_S)
