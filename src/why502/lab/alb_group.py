"""The load balancer's target group: round robin over its targets, health checks that fail open."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING

from why502.lab.alb_target import UNHEALTHY_AFTER, Target, TargetSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


class Group:
    """All targets; they are registered and deregistered together."""

    def __init__(self, settings: Sequence[TargetSettings], check_every_s: float, check_timeout_s: float) -> None:
        self.targets = tuple(Target(each, check_timeout_s) for each in settings)
        self.ended = False
        self.registered = True
        self._check_every_s = check_every_s
        self._turns: Iterator[Target] = itertools.cycle(self.targets)

    def choose(self) -> Target | None:
        """The next one that is healthy; if none is, the next one all the same (documented: it fails open)."""
        if not self.registered:
            return None
        turn = list(itertools.islice(self._turns, len(self.targets)))
        chosen = next((target for target in turn if target.failed_checks < UNHEALTHY_AFTER), turn[0])
        while next(self._turns) is not chosen:
            pass
        return chosen

    def register(self) -> None:
        self.registered = True
        for target in self.targets:
            target.register()

    def deregister(self) -> None:
        """No new requests; pooled connections are closed, those in use end with their request."""
        self.registered = False
        for target in self.targets:
            target.deregister()

    def close(self) -> None:
        self.ended = True
        for target in self.targets:
            target.close()

    async def check_health(self, report: Callable[[int], None]) -> None:
        """Report the number of healthy hosts now and then."""
        while True:
            if self.registered:
                await asyncio.gather(*(target.check() for target in self.targets))
            report(sum(target.failed_checks < UNHEALTHY_AFTER for target in self.targets) if self.registered else 0)
            await asyncio.sleep(self._check_every_s)
