"""Crash loop

What happens
------------
The service dies and is started again, over and over; each time its connections end and its port is closed for a while.

How it looks from the proxy
---------------------------
Connections that end in the middle of requests, followed by refused connects, in waves.

What gives it away
------------------
Several listening sockets one after another at the same address, within minutes; or ends of the process in the journal,
in Kubernetes' events or in its counter of restarts, with the failures right after them.

What clears it
--------------
One process that ran through all the failures.

What to do
----------
Read why it died: the exit code, the last lines of its log, the kernel's log.

Sources
-------
`inet_diag` socket inodes; /proc/PID/stat start time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.facts.following import following, seen_window
from why502.facts.victims import at_target
from why502.model.evidence import Evidence, Source
from why502.model.verdict import Remedy
from why502.model.words import count, utc
from why502.suspects.ended import all_asked
from why502.suspects.interface import CannotTell, Judgement, Kind, Suspect, Weighed

if TYPE_CHECKING:
    from why502.facts.scene import ListenerWindow, Scene

LOOP = 3
"""One restart is maintenance, two can be; three while we watch are a loop."""
AFTERMATH_S = 30.0
"""Failures later than this after a restart are not its doing: services that come back do so within it."""
SIGNIFICANT = 0.01


def judge(scene: Scene) -> Judgement:
    watched = [w for w in scene.listeners if w.steady is not None]
    if not watched:
        return _told(scene) or CannotTell((Source.HOST,), "nobody watched the target's process")
    window = max(watched, key=lambda w: len(w.restarts))
    text = _text(scene, window)
    bits = 6.0 if len(window.restarts) >= LOOP else -5.0 if not window.restarts else -3.0
    # A roll-out starts services as often, and stops each before.
    asked = all_asked(window, scene.case.events, -6.0)
    return Weighed((Evidence(bits, text, Source.HOST, window.at), *asked), text)


def _told(scene: Scene) -> Judgement | None:
    """Ends of processes that a journal or Kubernetes recorded: whose they were is not known, only when."""
    ends = [event for event in scene.case.events if event.kind == "exit" and event.pid is None]
    ends = [event for event in ends if at_target(scene, event) is not False]
    failures_s = [f.at_s for f in scene.cluster.failures if f.at_s is not None]
    seen = seen_window(scene.case)
    if not ends or not failures_s or seen is None:
        return None
    found = following(failures_s, [event.at_s for event in ends], AFTERMATH_S, seen)
    text = found.told(f"within {AFTERMATH_S:.0f} s after {ends[0].process or 'a process'} ended (of {len(ends)} times)")
    held = found.p < SIGNIFICANT and 2 * found.inside > found.bursts
    bits = 6.0 if held and len(ends) >= LOOP else 2.0 if held else -3.0
    return Weighed((Evidence(bits, text, Source.EVENTS, ends[0].at),), text)


def _text(scene: Scene, window: ListenerWindow) -> str:
    owner = f"{window.process.name} (pid {window.process.pid})" if window.process else "its process"
    if not window.restarts and window.closings:
        since = utc(window.closings[-1].to_s).strftime("%H:%M:%S")
        return (
            f"{owner} closed {window.listener.address} while watched (seen at {since} UTC), and did not open it again"
        )
    if not window.restarts:
        return f"{owner} kept {window.listener.address} open for all of the {_seconds(window):.0f} s watched"
    failures_s = [f.at_s for f in scene.cluster.failures if f.at_s is not None]
    after = sum(any(0 <= at_s - r <= AFTERMATH_S for r in window.restarts) for at_s in failures_s)
    first = utc(window.restarts[0]).strftime("%H:%M:%S")
    return (
        f"the service at {window.listener.address} started {count(len(window.restarts), 'time')} while watched "
        f"(first at {first} UTC); {after} of {len(failures_s)} failures came within {AFTERMATH_S:.0f} s after"
    )


def _seconds(window: ListenerWindow) -> float:
    return window.watched.to_s - window.watched.from_s


SUSPECT = Suspect(
    name="crash-loop",
    kind=Kind.CONDITION,
    title="the service died and was started again, over and over",
    prior=0.03,
    judge=judge,
    explains=("connection-refused", "target-crashed", "target-restarted"),
    remedies=(Remedy("Read why it died: the exit code, the last lines of its log, the kernel's log (dmesg)."),),
)
