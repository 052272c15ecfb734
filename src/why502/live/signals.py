"""Signals that end processes, kept until the process ends: its end itself (`sched_process_exit`) never says why."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Final

from why502.model.expressions import expression

if TYPE_CHECKING:
    from why502.live.pipe import Line

DEADLY: Final = "sig == 4 || sig == 6 || sig == 7 || sig == 8 || sig == 9 || sig == 11 || sig == 15"
STOPPING: Final = f"sig == 1 || sig == 2 || sig == 3 || {DEADLY}"
"""With those that people and supervisors stop programs by as well (hang-up, interrupt, quit)."""
SIGNAL_S: Final = 30.0
"""An exit that long after a signal has no visible connection with it."""
MAX_PENDING: Final = 4096
"""Processes; the oldest are forgotten."""
SENT: Final = expression(r"sig=(?P<signal>\d+) .*?comm=.* pid=(?P<pid>\d+) grp=\d")


class Signals:
    """Feeds on lines in the order of time."""

    def __init__(self) -> None:
        self._sent: dict[int, tuple[float, str]] = {}

    def take(self, line: Line) -> None:
        """A line of `signal_generate`: whoever runs is the sender, the fields tell of the receiver."""
        if not (sent := SENT.match(line.rest)):
            return
        pid, number = int(sent["pid"]), int(sent["signal"])
        own = pid in (line.pid, line.thread)
        if own:
            pid = line.pid  # of its process: another of its threads may be the last to end
        by = "" if own or not line.own else f" from {line.process} {line.pid}"
        while len(self._sent) >= MAX_PENDING:
            self._sent.pop(next(iter(self._sent)))
        before_s, before = self._sent.pop(pid, (float("-inf"), ""))
        words = _name(number) + by
        # Supervisors ask first, and kill what has not gone after its grace period.
        first = before.partition(" (")[0]
        earlier = f" ({first} before)" if line.at_s - before_s < SIGNAL_S and first != words else ""
        self._sent[pid] = line.at_s, words + earlier

    def before(self, exited: Line) -> str:
        """' 0.1 s after SIGTERM from systemd 1', for the line of a process that ended; '' if no signal was seen."""
        never = (float("-inf"), "")
        at_s, what = max(self._sent.pop(exited.pid, never), self._sent.pop(exited.thread, never))
        return f" {exited.at_s - at_s:.1f} s after {what}" if exited.at_s - at_s < SIGNAL_S else ""


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
