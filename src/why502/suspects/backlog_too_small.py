"""Backlog too small

What happens
------------
The service listens with a backlog that one page load can fill. It is harmless as long as pooled connections serve all
requests, and fails after idle spells and restarts.

How it looks from the proxy
---------------------------
Not at all, until the accept queue overflows (see accept-queue-overflow).

What gives it away
------------------
The listener's limit, read from the kernel; for want of that, the backlog that the target's configuration sets, and
`net.core.somaxconn`. A backlog equal to the first digit of `net.core.somaxconn` (1 of 128, 4 of
4096) was read one character short: the fault of Dropwizard 1.3.0 to 1.3.6.

What clears it
--------------
A backlog of 128 and more.

What to do
----------
Set the backlog in the application's configuration; see that `net.core.somaxconn` of its namespace allows it.

Sources
-------
`__inet_listen_sk` (net/ipv4/af_inet.c): the limit is min(argument, somaxconn); listen(2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.facts.backlog import SMALLEST_BACKLOG
from why502.facts.listeners import split_address
from why502.known import known_issues
from why502.model.evidence import Evidence, Source
from why502.model.verdict import Remedy
from why502.suspects.interface import CannotTell, Judgement, Kind, Suspect, Weighed
from why502.suspects.limited import backlog, backlog_small

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.scene import ListenerWindow, Scene
    from why502.known.interface import KnownIssue

AMPLE = 128
"""The default of most servers, and the system's own limit for decades."""

ENOUGH = 1024
"""What most servers and guides take for a busy service."""


def judge(scene: Scene) -> Judgement:
    if not scene.listeners:
        told = tuple(backlog_small(scene, small=6.0, ample=-4.0))
        if told:
            return Weighed(told, told[0].text, (Source.HOST,))
        return CannotTell((Source.HOST,), "the target's listener was not seen")
    window = max(scene.listeners, key=lambda w: (w.drops or 0, -w.listener.backlog))
    issue = _issue(window)
    text = _text(window) + (f"; {issue.matches(window)}" if issue else _capped(scene, window))
    return Weighed(
        (Evidence(_bits(window.listener.backlog), text, Source.HOST, window.at),),
        text,
        known_issue=issue.id if issue else None,
        remedies=(*_at_once(window), *(issue.remedies if issue else ())),
    )


def _at_once(window: ListenerWindow) -> Iterator[Remedy]:
    """What needs no restart, as far as the limit of the listener's namespace allows."""
    listener, space = window.listener, window.namespace
    enough = min(ENOUGH, space.somaxconn or ENOUGH) if space else ENOUGH
    _, port = split_address(listener.address)
    if port.isdecimal() and listener.backlog < min(SMALLEST_BACKLOG, enough):
        command = f"sudo why502 fix backlog --port {port} --to {enough}"
        yield Remedy("Raise it now, on the target's host, in the process that runs.", command, permanent=False)


def _bits(backlog: int) -> float:
    """Ten bits below the line: the number is not an observation with noise, the kernel itself told it."""
    if backlog < SMALLEST_BACKLOG:
        return 10.0
    return -6.0 if backlog >= AMPLE else 0.0


def _text(window: ListenerWindow) -> str:
    owner = f"{window.process.name} (pid {window.process.pid})" if window.process else "a process that was not seen"
    backlog = window.listener.backlog
    return f"{window.listener.address} of {owner} listens with a backlog of {backlog}: its queue holds {backlog + 1}"


def _capped(scene: Scene, window: ListenerWindow) -> str:
    """Who asked for more than the kernel gave."""
    told = backlog(scene)
    if told is None or told[0].value <= window.listener.backlog or told[1] != window.listener.backlog:
        return ""
    return f"; {told[2]} [{told[0].at}]"


def _issue(window: ListenerWindow) -> KnownIssue | None:
    matching = [issue for issue in known_issues() if issue.condition == SUSPECT.name and issue.matches(window)]
    return max(matching, key=lambda issue: issue.certainty, default=None)


SUSPECT = Suspect(
    name="backlog-too-small",
    kind=Kind.CONDITION,
    title="the service listens with a backlog that one page load can fill",
    prior=0.1,
    judge=judge,
    explains=("accept-queue-overflow",),
    remedies=(Remedy("Set the listen backlog explicitly to 1024 or more in the service's configuration."),),
)
