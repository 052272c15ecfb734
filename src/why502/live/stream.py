"""The events of this machine as they happen, joined with what is known about them: what `why502 trace` shows."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final, Self

from why502.errors import Why502Error
from why502.live import kinds as known
from why502.live import pipe
from why502.live.joining import Joiner
from why502.live.surroundings import Surroundings

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator, Sequence
    from types import TracebackType

    from why502.model.host import Unseen
    from why502.model.trace import TraceEvent

READ_S: Final = 0.1
MAX_BATCH: Final = 5_000
"""Events of one reading; beyond it the machine is flooded, and what is left out is counted as lost."""


class EventStream:
    """Traces the given kinds while it is open. Entering raises Why502Error without the rights or without tracefs."""

    def __init__(self, kinds: Sequence[str]) -> None:
        self._kinds = frozenset(kinds)
        self._pipe = pipe.TracePipe(known.events(kinds))
        self._joiner = Joiner()
        self._surroundings = Surroundings()
        self._stack = ExitStack()
        self._beyond = 0

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self._surroundings)
            try:
                stack.enter_context(self._pipe)
            except OSError as error:
                raise refusal(error) from error
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stack.close()

    @property
    def unseen(self) -> tuple[Unseen, ...]:
        """What this kernel does not tell, and where we may not look."""
        return (*self._pipe.unseen, *self._surroundings.unseen)

    @property
    def lost(self) -> int:
        return self._pipe.lost + self._beyond

    def events(self, stop: threading.Event, duration_s: float | None = None) -> Iterator[TraceEvent]:
        """Every event, some tenths of a second after it happened, until stopped."""
        until_s = time.monotonic() + duration_s if duration_s is not None else float("inf")
        running = True
        while running:
            running = not stop.wait(max(0.0, min(READ_S, until_s - time.monotonic()))) and time.monotonic() < until_s
            yield from self._surroundings_of(self._batch(last=not running))

    def _batch(self, *, last: bool) -> list[TraceEvent]:
        offset_s = time.time() - time.monotonic()
        found: list[TraceEvent] = []
        for text in self._pipe.lines():
            if line := pipe.parse(text, offset_s):
                found += self._joiner.feed(line)
        found += self._joiner.flush() if last else self._joiner.flush(time.time())
        self._beyond += max(0, len(found) - MAX_BATCH)
        return found[:MAX_BATCH]

    def _surroundings_of(self, batch: list[TraceEvent]) -> Iterator[TraceEvent]:
        return (event for event in self._surroundings.complete(batch) if event.kind in self._kinds)


def refusal(error: OSError) -> Why502Error:
    """What is missing, in one sentence."""
    if isinstance(error, PermissionError):
        why = "not allowed: needs root (CAP_SYS_ADMIN)"
        return Why502Error("cannot trace kernel events", why=why, hint="run it with sudo")
    why = f"tracefs: {error.strerror or error}"
    return Why502Error("cannot trace kernel events", why=why, hint="it needs a kernel with CONFIG_FTRACE_SYSCALLS")
