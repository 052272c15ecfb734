"""Whose the processes were that somebody told to have been killed for memory, and whether failures came with it."""

from __future__ import annotations

from enum import StrEnum
from ipaddress import ip_address
from typing import TYPE_CHECKING

from why502.facts.listeners import split_address

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

    from why502.facts.scene import Scene
    from why502.model.case import KernelEvent

AFTERWARDS_S = 10.0
"""What a kill brings about shows at once, or with the next connects, which come within seconds."""
BEFORE_S = 2.0
"""A kernel's log is written in the order of events, but a proxy may note a failure by the time its request began."""


class Whose(StrEnum):
    """To whom the victim of a kill belonged."""

    TARGETS = "the target's"
    OTHERS = "not the target's"
    ELSEWHERE = "at another address than the target's"
    """A service's address of its own may stand before it."""
    UNKNOWN = "whose is not told"


def killings(scene: Scene) -> tuple[tuple[KernelEvent, Whose], ...]:
    """Every kill that the kernel or somebody else told of, with whose it was."""
    known = _Target(scene)
    return tuple((event, known.whose(event)) for event in scene.case.events if event.kind == "oom")


class _Target:
    """By what the target's processes are known."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._pids = {pid for window in scene.listeners for pid in window.owners}
        self._names = {window.process.name for window in scene.listeners if window.process}
        groups = (window.process.cgroup for window in scene.listeners if window.process)
        self._groups = {group.path for group in groups if group}

    def whose(self, event: KernelEvent) -> Whose:
        if event.pid is not None and event.pid in self._pids:
            return Whose.TARGETS
        if (here := at_target(self._scene, event)) is not None:
            return Whose.TARGETS if here else Whose.ELSEWHERE
        if event.group is not None and self._groups:
            within = any(f"{path}/".endswith(f"{event.group.rstrip('/')}/") for path in self._groups)
            return Whose.TARGETS if within else Whose.OTHERS
        if event.pid is None or not self._names or event.process in self._names:
            return Whose.UNKNOWN  # a life of the target that no look saw, or a namesake
        return Whose.OTHERS


def at_target(scene: Scene, event: KernelEvent) -> bool | None:
    """Whether it happened at the target's address; None: one of the two is not told, or the target has but a name.

    IPv6 has several spellings of one address.
    """
    if scene.cluster.target is None or not event.addresses:
        return None
    own = _ip(split_address(scene.cluster.target)[0])
    told = {_ip(address) for address in event.addresses}
    return None if own is None or None in told else own in told


def _ip(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text.strip("[]"))
    except ValueError:
        return None


def follow(scene: Scene, event: KernelEvent) -> bool:
    """Whether the failures came with the event: the first of them, or half of them."""
    failed_s = sorted(f.at_s for f in scene.cluster.failures if f.at_s is not None)
    near = [-BEFORE_S <= at_s - event.at_s <= AFTERWARDS_S for at_s in failed_s]
    return bool(near) and (near[0] or 2 * sum(near) >= len(near))
