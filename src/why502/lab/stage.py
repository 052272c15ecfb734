"""Where a scenario plays: what its acts can do things to."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from why502.lab.hosts import Wire
from why502.lab.proxies.interface import RunningProxy
from why502.lab.recording import Recording
from why502.lab.target import Target


@dataclass(frozen=True, slots=True)
class Stage:
    """A scenario that is being played."""

    ends: Wire
    target: Target
    proxy: RunningProxy
    recording: Recording
    seed: int
    others: tuple[Target, ...] = ()
    """Further targets of the group."""

    @property
    def targets(self) -> tuple[Target, ...]:
        return (self.target, *self.others)

    def pause(self, seconds: float) -> None:
        """Let the load go on meanwhile, unless the client waits for the act."""
        time.sleep(seconds)


Act = Callable[[Stage], None]
"""Done when the client gives its cue."""


def restart_gracefully(stage: Stage) -> None:
    """As a well-made deployment does it: out of rotation first, and everything in flight is finished."""
    stage.proxy.deregister()
    stage.recording.note_change("the service was restarted, taken out of rotation meanwhile")
    stage.target.restart()
    stage.proxy.register()
