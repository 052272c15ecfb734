"""The whole of `why502 reproduce`: alone, in bursts, and a sweep that closes in on the backlog."""

from __future__ import annotations

import asyncio
import resource
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from why502.errors import Why502Error
from why502.model.probe import REPRODUCTION_SCHEMA, Burst, Fate, Reproduction
from why502.reproduce.bursts import alone, burst
from why502.reproduce.estimate import estimate, shown
from why502.reproduce.request import Manners

if TYPE_CHECKING:
    import threading
    from collections.abc import Coroutine

    from why502.reproduce.target import Target

MAX_CONCURRENCY: Final = 1024
MAX_BURSTS: Final = 100
MAX_CONNECTIONS: Final = 20_000
"""Of everything together."""
ALONE: Final = 3
REST_S: Final = 0.3
"""Between bursts, so that what one left is gone before the next."""
DRAIN_TRIES: Final = 5
REPEATS: Final = 2
"""Of each size of the sweep."""
LOOK_S: Final = 0.1
"""How soon we notice that we must end."""
SPARE_FILES: Final = 64
"""Descriptors that are needed for other things; each connection takes two."""
NO_ONE_THERE: Final = {Fate.REFUSED, Fate.UNREACHABLE, Fate.TLS_FAILED}


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of what. Raises Why502Error if it is more than anyone should do to a target."""

    concurrency: int
    bursts: int = 3
    sweep_to: int | None = None
    """Largest burst of the sweep; None: `concurrency`. 0: no sweep."""
    limit_s: float = 120.0
    """For everything; what has not been done by then is left out, and said."""
    manners: Manners = field(default_factory=Manners)

    def __post_init__(self) -> None:
        largest = max(self.concurrency, self.sweep_to or 0)
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if self.concurrency * self.bursts > MAX_CONNECTIONS:
            raise Why502Error("too many connections", why=f"at most {MAX_CONNECTIONS:,} in all")
        if 2 * largest + SPARE_FILES > files:
            why = f"{largest} connections need {2 * largest + SPARE_FILES} open files, allowed are {files}"
            raise Why502Error("too many connections at once", why=why, hint="raise the limit with ulimit -n")


class _EndedError(Exception):
    """Time is up, or the user has had enough."""


class Reproducer:
    """Loads one target, within the limits of its plan; ends at once, and still answers, when stopped."""

    def __init__(self, target: Target, plan: Plan, stop: threading.Event) -> None:
        self._target, self._plan, self._stop = target, plan, stop
        self._until_s = time.monotonic() + plan.limit_s
        self._lone = Burst(time.time(), ())
        self._bursts: list[Burst] = []
        self._sweep: list[Burst] = []

    def run(self) -> Reproduction:
        """Everything, in the network namespace of the calling thread."""
        return asyncio.run(self._run())

    async def _run(self) -> Reproduction:
        ended = None
        try:
            await self._all()
        except _EndedError as why:
            ended = str(why)
        tried = [*self._bursts, *self._sweep]
        shows, summary = shown(tried or [self._lone], self._lone)
        only_connect = self._plan.manners.connection_test_only
        return Reproduction(
            schema=REPRODUCTION_SCHEMA,
            url=self._target.url,
            address=self._target.text,
            concurrency=self._plan.concurrency,
            connection_test_only=only_connect,
            alone=self._lone,
            bursts=tuple(self._bursts),
            sweep=tuple(self._sweep),
            estimate=estimate(tried, self._lone, connection_test_only=only_connect),
            summary=summary,
            shows=shows,
            ended_early=ended,
        )

    async def _all(self) -> None:
        self._lone = await self._watched(alone(self._target, self._plan.manners, ALONE))
        if all(attempt.fate in NO_ONE_THERE for attempt in self._lone.attempts):
            return
        for _ in range(self._plan.bursts):
            await self._burst(self._plan.concurrency, self._bursts)
        if not self._lone.overflowed:
            await self._close_in()

    async def _close_in(self) -> None:
        """Double the burst until one is too large, then try what lies between; else the sizes around what is known."""
        largest = self._plan.concurrency if self._plan.sweep_to is None else self._plan.sweep_to
        passed, failing = 1, largest + 1
        while passed + 1 < failing:
            size = min(2 * passed, largest) if failing > largest else (passed + failing) // 2
            tried = [await self._burst(size, self._sweep) for _ in range(REPEATS)]
            if any(one.overflowed for one in tried):
                failing = size
            else:
                passed = size

    async def _burst(self, size: int, into: list[Burst]) -> Burst:
        """One burst. The queue was empty before: a lone connection got through, and queues are first in, first out."""
        await asyncio.sleep(REST_S)
        if self._bursts or self._sweep:
            await self._drained()
        done = await self._watched(burst(self._target, self._plan.manners, size))
        into.append(done)
        return done

    async def _drained(self) -> None:
        for _ in range(DRAIN_TRIES):
            if not (await self._watched(alone(self._target, self._plan.manners, 1))).overflowed:
                return
        raise _EndedError("the target takes no more connections: what it was sent is still in its queue")

    async def _watched(self, work: Coroutine[None, None, Burst]) -> Burst:
        """What comes of it, unless time is up or we are stopped first."""
        task = asyncio.create_task(work)
        while not (await asyncio.wait([task], timeout=LOOK_S))[0]:
            if why := self._must_end():
                task.cancel()
                await asyncio.wait([task])
                raise _EndedError(why)
        return task.result()

    def _must_end(self) -> str | None:
        if self._stop.is_set():
            return "interrupted"
        return f"the limit of {self._plan.limit_s:g} s was reached" if time.monotonic() > self._until_s else None
