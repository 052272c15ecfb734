"""Two hosts on one wire: network namespaces joined by a veth pair, gone by any end."""

from __future__ import annotations

import contextlib
import ctypes
import os
import secrets
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pyroute2 import IPRoute, netns

from why502.errors import Why502Error
from why502.host import namespaces
from why502.lab import latency

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

T = TypeVar("T")

CLONE_NEWNET = 0x40000000
"""From <linux/sched.h>."""

PREFIX = "why502lab"
"""Every namespace of the lab is named PREFIX-PID-RANDOM-ROLE, so that a later lab can tell what a killed one left."""

INTERFACE = "eth0"
PYTHON = Path(sys.executable).name
"""For `Host.running`, which puts its folder first on the PATH."""

GRACE_S = 10.0
"""How long a process may take to end by itself after SIGTERM."""


@dataclass(frozen=True, slots=True)
class Host:
    """One network namespace with an address of its own."""

    netns: str
    address: str

    @property
    def door(self) -> Path:
        """The file that stands for the namespace."""
        return namespaces.NAMED / self.netns

    def call(self, function: Callable[[], T]) -> T:
        """Run `function` inside the namespace."""
        return namespaces.inside(self.door, function)

    def set_sysctls(self, settings: Mapping[str, str]) -> None:
        for name, value in settings.items():
            path = Path("/proc/sys") / name.replace(".", "/")
            self.call(partial(path.write_text, value))

    @contextlib.contextmanager
    def running(self, *arguments: str, log: Path, answers: bool = False) -> Iterator[subprocess.Popen[str]]:
        """Run a program inside; at the end SIGTERM, after `GRACE_S` SIGKILL. It dies with the lab in any case.

        Its output goes to `log`; with `answers`, stdin and stdout are pipes to talk with it.
        """
        pipe = subprocess.PIPE if answers else None
        own_folder = str(Path(sys.executable).parent)  # so that command lines, which get recorded, need no path
        with log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "why502.lab.enter", self.netns, str(os.getpid()), *arguments],
                stdin=pipe or subprocess.DEVNULL,
                stdout=pipe or output,
                stderr=output,
                text=True,
                env={**os.environ, "PATH": os.pathsep.join((own_folder, os.environ.get("PATH", os.defpath)))},
                start_new_session=True,  # a Ctrl-C of the terminal reaches the lab alone, which ends it in order
            )
        try:
            yield process
        finally:
            end(process)


def end(process: subprocess.Popen[str]) -> None:
    """End a process, politely first."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream:
            with contextlib.suppress(BrokenPipeError):
                stream.close()


@dataclass(frozen=True, slots=True)
class Wire:
    """The two ends of the lab's one link."""

    proxy: Host
    target: Host


@contextlib.contextmanager
def wire(network: str = "10.50.2") -> Iterator[Wire]:
    """Two hosts, `network`.1 (proxy) and `network`.2 (target), that see only each other."""
    check_rights()
    sweep()
    stem = f"{PREFIX}-{os.getpid()}-{secrets.token_hex(3)}"
    ends = Wire(Host(f"{stem}-proxy", f"{network}.1"), Host(f"{stem}-target", f"{network}.2"))
    with contextlib.ExitStack() as stack:
        for host in (ends.proxy, ends.target):
            stack.callback(remove, host.netns)
            create(host.netns)
        ends.proxy.call(partial(_join, ends))
        for host in (ends.proxy, ends.target):
            host.call(partial(_bring_up, host.address))
            host.call(partial(latency.moderate, INTERFACE))
        yield ends


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
        raise Why502Error("cannot make a network namespace", why=os.strerror(error))
    netns.attach(name, f"{os.getpid()}/task/{threading.get_native_id()}")


def remove(name: str) -> None:
    with contextlib.suppress(FileNotFoundError):  # never made, or another lab swept it in this very moment
        netns.remove(name)


def _join(ends: Wire) -> None:
    """Lay the veth pair; runs at the proxy's end."""
    with IPRoute() as inside:
        peer = {"ifname": INTERFACE, "net_ns_fd": ends.target.netns}
        inside.link("add", ifname=INTERFACE, kind="veth", peer=peer)


def _bring_up(address: str) -> None:
    with IPRoute() as inside:
        link = inside.link_lookup(ifname=INTERFACE)[0]
        inside.addr("add", index=link, address=address, prefixlen=24)
        for index in (link, inside.link_lookup(ifname="lo")[0]):
            inside.link("set", index=index, state="up")


def check_rights() -> None:
    if sys.platform != "linux":
        raise Why502Error("the lab runs on Linux only", why="it needs network namespaces")
    if os.geteuid() != 0:
        raise Why502Error("the lab needs root", why="it makes network namespaces", hint="run it with sudo")


def sweep() -> list[str]:
    """Remove the namespaces of labs whose process is dead (killed with SIGKILL); names of what was removed."""
    left = [name for name in netns.listnetns() if _owner_is_dead(name)]
    for name in left:
        remove(name)
    return left


def _owner_is_dead(name: str) -> bool:
    prefix, _, rest = name.partition("-")
    pid = rest.partition("-")[0]
    if prefix != PREFIX or not pid.isdigit():
        return False
    return not Path(f"/proc/{pid}").exists()


@contextlib.contextmanager
def orderly_end() -> Iterator[None]:
    """Turn SIGTERM into KeyboardInterrupt, so that context managers clean up. Only the main thread can."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    lab_pid = os.getpid()

    def interrupt(number: int, _frame: object) -> None:
        if os.getpid() != lab_pid:  # a fork on its way to exec must not clean up for us
            os._exit(128 + number)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one must not interrupt the cleaning up
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
