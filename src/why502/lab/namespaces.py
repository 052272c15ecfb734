"""Named network namespaces of the lab: made, removed, and swept when a killed lab left them.

Every one is named PREFIX-PID-RANDOM-ROLE, so that a later lab can tell whose it was.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import secrets
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psutil
from pyroute2 import netns

from why502.errors import Why502Error
from why502.host.namespaces import CLONE_NEWNET, NAMED

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX: Final = "why502lab"
ENDED_LIMIT_S: Final = 5.0


def stem() -> str:
    """How the names of one lab begin."""
    return f"{PREFIX}-{os.getpid()}-{secrets.token_hex(3)}"


def create(name: str) -> None:
    """A new namespace under a name, made by a thread that leaves ours.

    pyroute2's own `netns.create` and `NetNS` fork, which a process with threads and signal handlers cannot stand.
    """
    with ThreadPoolExecutor(1) as pool:
        pool.submit(_unshare, name).result()


def _unshare(name: str) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        error = ctypes.get_errno()
        raise Why502Error("cannot make a network namespace", why=os.strerror(error), hint="run it with sudo")
    with _alone():
        netns.attach(name, f"{os.getpid()}/task/{threading.get_native_id()}")


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """One at a time.

    Whoever names the first namespace since boot mounts the folder onto itself; two who do that at once hide each
    other's names.
    """
    NAMED.mkdir(mode=0o755, parents=True, exist_ok=True)
    folder = os.open(NAMED, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def remove(name: str) -> None:
    with contextlib.suppress(FileNotFoundError):  # never made, or another lab swept it in this very moment
        netns.remove(name)


def sweep() -> list[str]:
    """Remove the namespaces of labs whose process is dead (killed with SIGKILL); names of what was removed.

    What still runs inside is ended: a process that was stopped never heard the SIGTERM of its parent's death, and one
    that changed its user was not sent it (PR_SET_PDEATHSIG(2const)).
    """
    left = [name for name in netns.listnetns() if _owner_is_dead(name)]
    for name in left:
        _empty(NAMED / name)
        remove(name)
    return left


def _empty(door: Path) -> None:
    """Kill every process whose network namespace it is, and wait for its end."""
    with contextlib.suppress(OSError):  # another lab was faster
        inode = door.stat().st_ino
        living = [process for process in psutil.process_iter() if _lives_in(process, inode)]
        for process in living:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(living, ENDED_LIMIT_S)


def _lives_in(process: psutil.Process, inode: int) -> bool:
    try:
        return Path(f"/proc/{process.pid}/ns/net").stat().st_ino == inode
    except OSError:  # it has ended
        return False


def _owner_is_dead(name: str) -> bool:
    prefix, _, rest = name.partition("-")
    pid = rest.partition("-")[0]
    if prefix != PREFIX or not pid.isdigit():
        return False
    return not Path(f"/proc/{pid}").exists()
