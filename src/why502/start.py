"""Where the process begins: before anything that takes time to load."""

from __future__ import annotations

import signal
from typing import NoReturn


def start() -> NoReturn:
    """The command line. Ctrl-C while it is still loading ends the process without Python's account of what it loaded.

    Afterwards `cli.main` answers it; what is ignored stays ignored.
    """
    answered = signal.getsignal(signal.SIGINT)
    if answered is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from why502.cli import script

    if answered is signal.default_int_handler:
        signal.signal(signal.SIGINT, answered)
    script()
