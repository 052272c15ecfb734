"""What the accept queues did between two snapshots, from many quick looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from why502.host.listeners import Queues
    from why502.model.host import Listener

LONGEST_SHARE_S: Final = 0.05
"""A look stands for the time since the look before, but for no more than this: when we were late ourselves, we
do not claim to have watched."""


class QueueTally:
    """Longest queue and time seen full, for the listeners of one namespace."""

    def __init__(self) -> None:
        self._longest: dict[int, int] = {}
        self._full_s: dict[int, float] = {}
        self._last_s: float | None = None

    def add(self, queues: Queues, at_s: float) -> None:
        """Count one look, made at `at_s` of the monotonic clock."""
        share_s = min(at_s - self._last_s, LONGEST_SHARE_S) if self._last_s is not None else 0.0
        self._last_s = at_s
        for inode, (queue_len, backlog) in queues.waiting.items():
            self._longest[inode] = max(queue_len, self._longest.get(inode, 0))
            if queue_len > backlog:  # sk_acceptq_is_full: the queue holds backlog + 1
                self._full_s[inode] = self._full_s.get(inode, 0.0) + share_s

    def take(self, listeners: tuple[Listener, ...]) -> tuple[Listener, ...]:
        """The listeners with what was tallied since the last time; begins anew."""
        if self._last_s is None:
            return listeners
        taken = tuple(
            msgspec.structs.replace(
                listener,
                queue_len_max=max(listener.queue_len, self._longest.get(listener.inode, 0)),
                queue_full_s=round(self._full_s.get(listener.inode, 0.0), 4),
            )
            for listener in listeners
        )
        self._longest.clear()
        self._full_s.clear()
        return taken
