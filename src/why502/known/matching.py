"""Questions that known issues ask about a listener: what runs there, in which version, with which limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.model.versions import within

if TYPE_CHECKING:
    from why502.facts.scene import ListenerWindow
    from why502.known.interface import Matches
    from why502.model.host import Server, Software

WAITED = 2
"""Connections in a queue that say nobody accepts: one alone, between its handshake and accept(), is everyday life."""
SHORTEST_POOL_S = 60.0
"""ALB, nginx and ingress-nginx keep idle connections for 60 s; hardly any proxy for less."""


def software(window: ListenerWindow, *names: str) -> Software | None:
    """The first of these that runs in the listener's process."""
    found = window.process.software if window.process else ()
    return next((one for name in names for one in found if one.name == name), None)


def server(window: ListenerWindow, *names: str) -> Server | None:
    """The server that the listener's process is, if it is one of these; a guess does not count."""
    found = window.process.server if window.process else None
    return found if found and found.name in names and not found.guessed else None


def runs(*names: str, first: str = "", fixed: str = "", so: str) -> Matches:
    """Matches where one of these runs, in a version from `first` on and before `fixed`; `so` says what follows."""

    def matches(window: ListenerWindow) -> str | None:
        found = software(window, *names)
        if found is None or not within(found.version, first, fixed):
            return None
        return f"{found.name} {found.version or '(version not found)'} runs here: {so}"

    return matches


def serves(*names: str, first: str = "", fixed: str = "", so: str) -> Matches:
    """The same for the server itself: what is merely part of the process does not count."""

    def matches(window: ListenerWindow) -> str | None:
        found = server(window, *names)
        if found is None or not within(found.version, first, fixed):
            return None
        return f"{called(found)} listens here: {so}"

    return matches


def closes_idle_within(longest_s: float, *names: str, first: str = "", fixed: str = "") -> Matches:
    """Matches one of these servers whose idle limit, by default or as set, is not longer than `longest_s`."""

    def matches(window: ListenerWindow) -> str | None:
        found = server(window, *names)
        if found is None or found.keepalive_s is None or found.keepalive_s > longest_s:
            return None
        if not within(found.version, first, fixed):
            return None
        return f"{called(found)} closes idle connections after {found.keepalive}; ALB and nginx keep theirs for 60 s"

    return matches


def called(found: Server) -> str:
    return f"{found.name} {found.version}" if found.version else found.name
