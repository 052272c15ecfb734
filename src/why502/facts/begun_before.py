"""Connections that are older than their capture: whether they had served is known only after some silence.

A request that the target never took means a full accept queue on a new connection, and a state that is gone on a pooled
one. Without the handshake the first look takes a connection for a pooled one. That is right once it had been silent
since the capture began for longer than a proxy takes to use a connection which it opened because it needed one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import structs

from why502.facts.recording import AT_ONCE_S
from why502.model.conversations import Conversation, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from why502.model.wire import Counted

ONLY_IF_OLD: Final = frozenset({Outcome.STALE, Outcome.RACED})
"""What the same packets after a handshake would not be (`outcomes.unacknowledged_request` in sources/captures)."""


def begins(conversations: Iterable[Conversation], counted: Iterable[Counted]) -> dict[str, float]:
    """Capture -> when its first conversation is first seen."""
    found: dict[str, float] = {}
    seen = [(c.at.path, c.first_s) for c in conversations] + [(part.capture, part.first_s) for part in counted]
    for path, at_s in seen:
        found[path] = min(at_s, found.get(path, at_s))
    return found


def of_unknown_age(conversation: Conversation, begin_s: Mapping[str, float]) -> Conversation:
    """PARTIAL, if it may have been opened right before the capture began, for the very request that failed."""
    c = conversation
    if c.outcome not in ONLY_IF_OLD or c.opened or c.synack_s or c.exchanges:
        return c
    asked_s = c.request_s if c.request_s is not None else c.first_s
    if asked_s - begin_s.get(c.at.path, c.first_s) >= AT_ONCE_S:
        return c
    return structs.replace(c, outcome=Outcome.PARTIAL)
