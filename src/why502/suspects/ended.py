"""Processes that ended as requests failed, and requests that no end of a process explains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.facts.deaths import AFTERWARDS_S
from why502.facts.victims import at_target, follow
from why502.facts.workers import coincidence
from why502.model.evidence import Evidence, Source
from why502.model.expressions import expression
from why502.model.words import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from why502.facts.scene import ListenerWindow, Scene
    from why502.model.case import KernelEvent

ENDS: Final = frozenset({"exit", "oom"})
SCHEDULER: Final = "comm="
"""As the kernel prints its tracepoint."""
RECORDED: Final = "ended "
"""As `why502 collect` writes an end of which it saw the signal (`live/signals.py`)."""
SIGNALS: Final = expression(r"\b(SIG[A-Z]+)\b")
STOPS: Final = frozenset({"SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP"})
FAULTS: Final = frozenset({"SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE", "SIGILL"})
ASKED_BITS: Final = 4.0
"""Whoever sends these wants it to stop; a few send them by mistake, or to what hangs anyway."""
FAULT_BITS: Final = 4.0
OWN_BITS: Final = 5.0
UNTOLD_BITS = 2.5
AGAIN_BITS = 6.0
"""For a process of which nobody told whose it was, ending once or whenever requests failed; at most what the chance of
such a moment allows."""
LEAST_BITS = 0.5


def process_ended(scene: Scene, *, stopped: bool = False) -> Iterator[Evidence]:
    """Ends of a process that owned the target's listener, while requests failed.

    That a process ended is no death by itself: who is stopped ends as well. `stopped`: only ends that may be a stop's.
    """
    owners = {pid for window in scene.listeners for pid in window.owners}
    failures_s = [f.at_s for f in scene.cluster.failures if f.at_s is not None]
    for event in scene.case.events:
        if event.kind not in ENDS or (stopped and not may_be_a_stop(event)):
            continue
        if not any(abs(event.at_s - at_s) <= AFTERWARDS_S for at_s in failures_s):
            continue
        if event.pid in owners:
            text = f"{event.process or 'the process'} (pid {event.pid}) ended as the requests failed: {event.kind}"
            yield Evidence(OWN_BITS, text, Source.EVENTS, event.at)
            return
        here = at_target(scene, event)
        if here is False or not follow(scene, event):
            continue  # another pod's end, or one that nothing followed
        if here:
            text = (
                f"{event.process or 'a container'} at the target's address ended as the requests failed: {event.kind}"
            )
            yield Evidence(OWN_BITS, text, Source.EVENTS, event.at)
            return
        if _may_be_its(scene, event):
            yield from _untold(scene, event)
            return


def signalled(scene: Scene, sign: float) -> Iterator[Evidence]:
    """The signal after which a process that owned the target's listener ended; `sign` is 1 for a stop, -1 for a death.

    SIGKILL alone tells neither: supervisors and people send it, too.
    """
    owners = {pid for window in scene.listeners for pid in window.owners}
    failures_s = [f.at_s for f in scene.cluster.failures if f.at_s is not None]
    near = (e for e in scene.case.events if any(abs(e.at_s - at_s) <= AFTERWARDS_S for at_s in failures_s))
    for event in near:
        names = set(SIGNALS.findall(event.text)) if event.kind == "exit" and event.text.startswith(RECORDED) else set()
        if event.pid not in owners or not names & (STOPS | FAULTS):
            continue
        bits = ASKED_BITS if names & STOPS else -FAULT_BITS
        text = f"{event.process or 'the process'} (pid {event.pid}) {event.text}"
        yield Evidence(sign * bits, text, Source.EVENTS, event.at)
        return


def all_asked(window: ListenerWindow, events: Iterable[KernelEvent], bits: float) -> Iterator[Evidence]:
    """Every process that held the listener, and whose end was seen, had been asked to stop."""
    ends = [event for event in events if event.kind == "exit" and event.pid in window.owners]
    if ends and all(e.text.startswith(RECORDED) and STOPS & set(SIGNALS.findall(e.text)) for e in ends):
        text = f"each of {count(len(ends), 'end')} that was seen came after a signal to stop: {ends[0].text}"
        yield Evidence(bits, text, Source.EVENTS, ends[0].at)


def cut_as_sent(scene: Scene) -> Iterator[Evidence]:
    """Requests that were cut the moment they were sent, at other times than a death that the same log shows: that one
    took along what was at work, and connects were refused afterwards.
    """
    cluster = scene.cluster
    if cluster.beside_deaths and cluster.logged:
        text = f"{count(cluster.count, 'request')} cut as sent, at other times than those that died together"
        yield Evidence(-3.0, text, Source.ACCESS_LOG, cluster.logged[0].request.at)


def may_be_a_stop(event: KernelEvent) -> bool:
    """The scheduler's event says that a process ended, never why (`sched_process_exit`); the signal before it may."""
    told = event.text.startswith(RECORDED) and not FAULTS & set(SIGNALS.findall(event.text))
    return event.kind == "exit" and (not event.text or event.text.startswith(SCHEDULER) or told)


def _untold(scene: Scene, event: KernelEvent) -> Iterator[Evidence]:
    """Nobody saw whose it was: it may be another machine's, or another of its programs. Machines on which processes end
    all the time show one at any moment; that it was then, again and again, is no chance.
    """
    who = f"{event.process or 'a process'}" + (f" (pid {event.pid})" if event.pid is not None else "")
    text = f"{who} ended as the requests failed: {event.kind}; whether it is the target is not told"
    found = coincidence(scene, (event.kind,))
    again = found is not None and found.holds and found.events > 1
    bits = UNTOLD_BITS if found is None else min(AGAIN_BITS if again else UNTOLD_BITS, found.bits)
    if bits >= LEAST_BITS:
        yield Evidence(bits, f"{text}; {found}" if again else text, Source.EVENTS, event.at)


def _may_be_its(scene: Scene, event: KernelEvent) -> bool:
    """Whether a process that no look saw at the listener may have served there all the same."""
    seen = [window for window in scene.listeners if window.owners]
    if not seen:
        return True
    lived = all(window.steady and not window.departures for window in seen)
    return not lived and _named_alike(scene, event)


def _named_alike(scene: Scene, event: KernelEvent) -> bool:
    """A worker that no look saw has at least its master's name."""
    return event.process is not None and any(w.process and w.process.name == event.process for w in scene.listeners)
