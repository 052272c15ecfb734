"""The network namespaces under watch: those behind given doors, or all there are, as they come and go."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec

from why502.errors import Why502Error
from why502.host import namespaces
from why502.host.connections import Census
from why502.host.opened import OpenedNamespace
from why502.host.queues import QueueTally
from why502.model.host import Unseen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from why502.host.namespaces import NetworkNamespace
    from why502.model.host import Listener, Namespace


class WatchedNamespaces:
    """What could be opened, and in `unseen` what could not. `close` must be called: an open one is kept alive."""

    def __init__(self, doors: Sequence[Path] | None) -> None:
        self._doors = doors
        self._open: dict[int, tuple[OpenedNamespace, QueueTally]] = {}
        self._refused: set[int] = set()
        self._hidden: tuple[Unseen, ...] = ()
        self._unseen: dict[Unseen, None] = {}

    @property
    def unseen(self) -> tuple[Unseen, ...]:
        return (*self._hidden, *self._unseen)

    def refresh(self) -> None:
        """Open what is new, let go what is gone. Given doors are opened once, and must exist."""
        if self._doors is None:
            found, self._hidden = namespaces.find()  # how many processes are hidden changes all the time
        elif self._open or self._refused:
            return
        else:
            found = tuple(map(_behind, self._doors))
        for namespace in found:
            if namespace.inode not in self._open.keys() | self._refused:
                self._try(namespace)
        for inode in self._open.keys() - {namespace.inode for namespace in found}:
            self._open.pop(inode)[0].close()

    def look(self, *, census: bool) -> tuple[list[Listener], tuple[Namespace, ...]]:
        """As of now, with what `look_at_queues` saw since the last call; with `census`, connections are counted."""
        listeners: list[Listener] = []
        namespaces: list[Namespace] = []
        for opened, tally in self._open.values():
            namespace = opened.look()
            try:
                found = tally.take(opened.watch.sample())
                if census:
                    counted = Census(opened.watch, found)
                    found = counted.listeners()
                    namespace = msgspec.structs.replace(namespace, destinations=counted.destinations())
                listeners += found
            except OSError as error:
                self._note(f"listeners of {_called(opened.namespace)}", error.strerror or str(error))
            namespaces.append(namespace)
        return listeners, tuple(namespaces)

    def look_at_queues(self) -> list[int]:
        """One quick look; what is refused here is refused to `listeners` too, which says so. The inodes of listeners at
        which connections wait.
        """
        waiting: list[int] = []
        for opened, tally in self._open.values():
            try:
                queues = opened.watch.queues()
            except OSError:
                continue
            tally.add(queues, time.monotonic())
            waiting += queues.waiting
        return waiting

    def close(self) -> None:
        while self._open:
            self._open.popitem()[1][0].close()

    def _try(self, namespace: NetworkNamespace) -> None:
        try:
            self._open[namespace.inode] = (OpenedNamespace(namespace), QueueTally())
        except FileNotFoundError:  # gone since it was found
            return
        except OSError as error:
            self._refused.add(namespace.inode)
            self._note(_called(namespace), namespaces.refusal(error))

    def _note(self, what: str, why: str) -> None:
        self._unseen[Unseen(what, why)] = None


def _behind(door: Path) -> NetworkNamespace:
    try:
        return namespaces.at(door)
    except OSError as error:
        raise Why502Error("no network namespace", where=str(door), why=error.strerror or str(error)) from error


def _called(namespace: NetworkNamespace) -> str:
    return f"network namespace {namespace.name or namespace.inode}"
