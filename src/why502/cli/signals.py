"""An orderly end: what a signal asks for, the loops do."""

from __future__ import annotations

import atexit
import os
import signal
import threading
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import FrameType

ENDS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def stop_on_signals() -> threading.Event:
    """An event that SIGINT, SIGTERM and SIGHUP set; nothing is interrupted, so that everything is cleaned up.

    What is ignored stays so: who says nohup(1) wants to go on when the terminal is closed.
    """
    stop = threading.Event()
    for number in ENDS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda *_: stop.set())
    return stop


def end_in_order() -> None:
    """SIGTERM and SIGHUP remove temporary files before they end this process; unless it ignores them.

    At once and where it stands. An exception, as Ctrl-C is one, is lost where Python can only report it: in a
    finalizer, in a callback of the import system.
    """
    for number in ENDS[1:]:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, partial(_end, os.getpid()))


def _end(owner_pid: int, number: int, _frame: FrameType | None) -> None:
    if os.getpid() != owner_pid:  # a fork has nothing to clean up
        os._exit(128 + number)
    atexit._run_exitfuncs()  # noqa: SLF001 - what `os._exit` leaves out
    with suppress(OSError):  # the terminal is gone
        os.write(2, b"why502: interrupted\n")
    os._exit(128 + number)
