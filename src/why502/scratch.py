"""Temporary folders that are gone whatever happens: at the end of their use, or when the next one is made.

A process that is killed by SIGKILL cannot clean up, and what `diagnose` spills can be gigabytes. So each folder is
locked (`flock`) while its owner lives, and whoever makes one removes those whose owner is gone.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Final
from weakref import finalize

PREFIX: Final = "why502.scratch."
SETTLED_S: Final = 60.0
"""A folder so young may belong to somebody who is about to lock it."""


class Scratch(tempfile.TemporaryDirectory[str]):
    """A `TemporaryDirectory` that the next one sweeps if this process is killed."""

    def __init__(self) -> None:
        sweep()
        super().__init__(prefix=PREFIX)
        lock = _locked(Path(self.name))
        if lock is not None:
            finalize(self, os.close, lock)


def sweep() -> None:
    """Remove what killed processes of this user left. Folders of others, links, and what is locked stay."""
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):  # somebody else sweeps as well
            found = path.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
                continue
            if time.time() - found.st_mtime >= SETTLED_S and (lock := _locked(path)) is not None:
                try:
                    shutil.rmtree(path)
                finally:
                    os.close(lock)


def _locked(folder: Path) -> int | None:
    """The lock, held as long as it is open; None: another process holds it, or the file system knows no locks."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(opened)
        return None
    return opened
