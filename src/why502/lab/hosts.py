"""Two hosts on one wire: network namespaces joined by a veth pair, gone by any end."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pyroute2 import IPRoute

from why502.errors import Why502Error
from why502.host.namespaces import NAMED, inside
from why502.lab import latency, limits, namespaces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

T = TypeVar("T")

INTERFACE = "eth0"
PYTHON = Path(sys.executable).name
"""For `Host.running`, which puts its folder first on the PATH."""

GRACE_S = 10.0
"""How long a process may take to end by itself after SIGTERM."""


@dataclass(frozen=True, slots=True)
class Host:
    """One network namespace with addresses of its own."""

    netns: str
    addresses: tuple[str, ...]

    @property
    def address(self) -> str:
        return self.addresses[0]

    @property
    def door(self) -> Path:
        """The file that stands for the namespace."""
        return NAMED / self.netns

    def call(self, function: Callable[[], T]) -> T:
        """Run `function` inside the namespace."""
        return inside(self.door, function)

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
                [sys.executable, "-m", "why502.lab.enter", str(self.door), str(os.getpid()), *arguments],
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
def wire(network: str = "10.50.2", targets: int = 1) -> Iterator[Wire]:
    """Two hosts, `network`.1 (proxy) and `network`.2 and following (targets), that see only each other."""
    check_rights()
    namespaces.sweep()
    limits.sweep()
    stem = namespaces.stem()
    targets_addresses = tuple(f"{network}.{2 + number}" for number in range(targets))
    ends = Wire(Host(f"{stem}-proxy", (f"{network}.1",)), Host(f"{stem}-target", targets_addresses))
    with contextlib.ExitStack() as stack:
        for host in (ends.proxy, ends.target):
            stack.callback(namespaces.remove, host.netns)
            namespaces.create(host.netns)
        ends.proxy.call(partial(_join, ends))
        for host in (ends.proxy, ends.target):
            host.call(partial(_bring_up, host.addresses))
            host.call(partial(latency.moderate, INTERFACE))
        yield ends


def _join(ends: Wire) -> None:
    """Lay the veth pair; runs at the proxy's end."""
    with IPRoute() as inside:
        peer = {"ifname": INTERFACE, "net_ns_fd": ends.target.netns}
        inside.link("add", ifname=INTERFACE, kind="veth", peer=peer)


def _bring_up(addresses: Sequence[str]) -> None:
    with IPRoute() as inside:
        link = inside.link_lookup(ifname=INTERFACE)[0]
        for address in addresses:
            inside.addr("add", index=link, address=address, prefixlen=24)
        for index in (link, inside.link_lookup(ifname="lo")[0]):
            inside.link("set", index=index, state="up")


def check_rights() -> None:
    if sys.platform != "linux":
        raise Why502Error("the lab runs on Linux only", why="it needs network namespaces")
    if os.geteuid() != 0:
        raise Why502Error("the lab needs root", why="it makes network namespaces", hint="run it with sudo")
