"""Captures, summed up: the failed and delayed conversations one by one, everything else as numbers."""

from __future__ import annotations

from msgspec import Struct

from why502.model.conversations import Conversation, Outcome


class TargetWire(Struct, frozen=True):
    """All conversations with one target."""

    target: str
    conversations: int
    outcomes: dict[Outcome, int]
    """Every outcome that occurred, with its count."""
    failed: tuple[Conversation, ...] = ()
    """Oldest first; at most `traffic.MAX_EXAMPLES`."""
    delayed: tuple[Conversation, ...] = ()
    """Not failed, but a SYN had to be sent again, or the target dropped the final ACK; oldest first."""
    delayed_total: int = 0
    connect_median_s: float | None = None
    answer_median_s: float | None = None
    """From request to first byte, of the answered."""


class Wire(Struct, frozen=True):
    """Everything that judgement needs from all captures together."""

    conversations: int
    targets: tuple[TargetWire, ...]
    first_s: float | None = None
    last_s: float | None = None

    def target(self, name: str | None) -> TargetWire | None:
        return next((t for t in self.targets if t.target == name), None)
