"""SIGINT, SIGTERM, SIGHUP and a limit of time that strike only where nothing is half done.

An exception out of a signal handler comes between any two instructions: between making a namespace and noting that
it has to go, or in the middle of removing it. So a lab holds signals back from its first step to its last, and lets
them strike where it only waits. What is being made is finished within a second or so, and then taken down in order.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from typing import TYPE_CHECKING

from why502.errors import Interrupted, Why502Error

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

HELD = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)


class Interruption:
    """What came, and whether it may strike now."""

    def __init__(self, limit_s: int = 0) -> None:
        self._limit_s = limit_s
        self._came: BaseException | None = None
        self._struck = False
        self._may_strike = False
        self._lab_pid = os.getpid()

    def check(self) -> None:
        """A place where it may strike, between two steps."""
        if self._came and not self._struck:
            self._struck = True
            raise self._came

    @contextlib.contextmanager
    def allowed(self) -> Iterator[None]:
        """It may strike all the time that we spend here; at once if it came before."""
        self._may_strike = True
        try:
            self.check()
            yield
        finally:
            self._may_strike = False

    def handle(self, number: int, _frame: FrameType | None) -> None:
        """The signal handler. Only the first one counts: a second must not interrupt the cleaning up."""
        if os.getpid() != self._lab_pid:  # a fork on its way to exec must not clean up for us
            os._exit(128 + number)
        if self._came is None:
            self._came = self._too_long() if number == signal.SIGALRM else Interrupted(number)
        if self._may_strike:
            self._may_strike = False
            self.check()

    def _too_long(self) -> Why502Error:
        return Why502Error("a run of the lab took too long", why=f"more than {self._limit_s} s")


@contextlib.contextmanager
def orderly_end(limit_s: int = 0) -> Iterator[Interruption]:
    """Hold the signals back, so that context managers begin and end undisturbed; after `limit_s` a Why502Error, too.

    A signal that found no place to strike is raised at the end as KeyboardInterrupt. Signals that are ignored stay
    ignored. Only the main thread can hold them; elsewhere nothing strikes.
    """
    interruption = Interruption(limit_s)
    if threading.current_thread() is not threading.main_thread():
        yield interruption
        return
    held = [number for number in HELD if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, interruption.handle) for number in held}
    signal.alarm(limit_s)
    try:
        yield interruption
    finally:
        if limit_s:
            signal.alarm(0)
        for number, handler in before.items():
            signal.signal(number, handler)
    interruption.check()
