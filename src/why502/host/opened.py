"""A network namespace that is held open, so that it can be looked at often and from outside."""

from __future__ import annotations

import os
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from why502.host import conntrack, counters, limits, namespaces, ports
from why502.host.listeners import ListenerWatch
from why502.model.host import Namespace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from why502.host.namespaces import NetworkNamespace

OWN_NET: Final = Path("/proc/thread-self/net")
"""/proc/self/net would be that of the process, not of the thread which entered a namespace."""
READ_BYTES: Final = 256 * 1024
"""Many times what the counters take; one read gives them all as of one instant."""


class OpenedNamespace:
    """Listeners, counters and limits of one namespace, read through what was opened inside it.

    Making one raises OSError when the namespace cannot be entered.
    """

    def __init__(self, namespace: NetworkNamespace) -> None:
        self.namespace = namespace
        self._counters: list[int] = []
        self._limits: dict[str, int] = {}
        self._conntrack: dict[str, int] = {}
        self._ports: dict[str, int] = {}
        with ExitStack() as stack:
            self.watch = namespaces.inside(namespace.door, lambda: self._open(stack))
            self._stack = stack.pop_all()

    def look(self) -> Namespace:
        """Limits and counters as of now."""
        settings: dict[str, Any] = {field: limits.parse(_again(fd)) for field, fd in self._limits.items()}
        settings.update(ports.parse(_again(self._ports.get("range"))))
        return Namespace(
            inode=self.namespace.inode,
            name=self.namespace.name,
            counters=counters.parse("\n".join(_again(fd) for fd in self._counters)),
            conntrack=conntrack.read(lambda name: _again(self._conntrack.get(name))),
            **settings,
        )

    def close(self) -> None:
        self._stack.close()

    def _open(self, stack: ExitStack) -> ListenerWatch:
        """Runs inside the namespace."""
        self._counters = [_hold(OWN_NET / name, stack) for name in counters.FILES]
        self._limits = _hold_all({field: limits.SYSCTL / name for field, name in limits.FILES.items()}, stack)
        self._conntrack = _hold_all(conntrack.FILES, stack)
        self._ports = _hold_all({"range": ports.FILE}, stack)
        return stack.enter_context(closing(ListenerWatch(self.namespace.inode)))


def _hold_all(paths: Mapping[str, Path], stack: ExitStack) -> dict[str, int]:
    """Those that exist."""
    return {name: _hold(path, stack) for name, path in paths.items() if path.exists()}


def _hold(path: Path, stack: ExitStack) -> int:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    stack.callback(os.close, fd)
    return fd


def _again(fd: int | None) -> str:
    """The text of an open file of /proc, made anew by the kernel; empty if it is not there any more."""
    if fd is None:
        return ""
    try:
        return os.pread(fd, READ_BYTES, 0).decode("ascii", "replace")
    except OSError:
        return ""
