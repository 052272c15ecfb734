"""A target whose whole application stood still: what that says of slowness, of workers and of a full accept queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.facts.backlog import SMALLEST_BACKLOG
from why502.facts.scene import Basis
from why502.facts.standstill import FEWEST, FEWEST_ACCEPTED, standstill, standstills, stopped
from why502.facts.unheard import unheard
from why502.model.conversations import Outcome
from why502.model.evidence import Evidence, Source
from why502.model.requests import Manner, Phase
from why502.model.verdict import Remedy
from why502.model.words import count
from why502.suspects.accepting import AMPLE_BACKLOG, LONG_QUEUE
from why502.suspects.interface import Weighed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.scene import Scene

HELD = 8.0
"""The state of a process is the kernel's own word, and nobody serves in it."""
LET_GO = (
    "Find what held the process: SIGSTOP or a debugger (state T), the freezer (docker pause), a dump that was taken."
)
LOOK_INSIDE = Remedy(
    "Look for what stops the whole process: garbage collection (its log), a blocked event loop, a paused machine."
)
NOT_LET_IN = (Outcome.SYN_UNANSWERED, Outcome.NEVER_ACKNOWLEDGED)


def held(scene: Scene, bits: float) -> Iterator[Evidence]:
    """The process was seen held while the requests waited; `bits` gives the direction."""
    found = stopped(scene)
    if found is not None:
        window, looks = found
        who = f"{window.process.name} (pid {window.process.pid})" if window.process else "its process"
        text = f"{who} was held (stopped by a signal, a debugger or the freezer) at {count(looks, 'look')} meanwhile"
        yield Evidence(bits, text, Source.HOST, window.at)


def woke_at_once(scene: Scene, bits: float) -> Iterator[Evidence]:
    """When it was over, requests of different age were answered at one instant: none of them waited for another."""
    found = standstill(scene)
    if found is not None and found.woke >= FEWEST and scene.cluster.outcome is Outcome.NOT_ANSWERED:
        text = (
            f"nothing was answered for {found.to_s - found.from_s:.1f} s, and then {found.woke} requests of different "
            "age at one instant"
        )
        yield Evidence(bits, text, Source.CAPTURE, found.at)


def queue_filled(scene: Scene) -> Iterator[Evidence]:
    """Whoever stands still accepts nothing: connections wait then as they wait for a free worker, and tell as much."""
    found = standstill(scene)
    for window in scene.listeners if found is not None and found.woke >= FEWEST else ():
        if window.listener.backlog >= AMPLE_BACKLOG and window.queue_len_max >= LONG_QUEUE:
            text = f"nobody accepted: up to {window.queue_len_max} connections waited at {window.listener.address}"
            yield Evidence(5.0, text, Source.HOST, window.at)


def not_let_in(scene: Scene) -> Weighed | None:
    """For connects that failed because nobody accepted: the full accept queue is then a consequence.

    None if nothing shows that the application stood still, or if the connects failed otherwise.
    """
    cluster = scene.cluster
    silent = cluster.phase is Phase.CONNECT and cluster.manner is Manner.TIMEOUT and cluster.outcome is None
    if cluster.outcome not in NOT_LET_IN and not silent and cluster.basis is not Basis.DROPS:
        return None
    found, evidence, silent_kernel = standstill(scene), [*held(scene, HELD)], unheard(scene)
    # The kernel of a process that stands still acknowledges; where it is not heard either, packets are lost.
    heard = found is not None and found.heard > 0 and not (found.unheard or silent_kernel.closes or silent_kernel.dead)
    if found is not None and heard and found.accepted >= FEWEST_ACCEPTED:
        text = (
            f"{found.accepted} requests on connections that had served before got no answer at that time either, for "
            f"{found.to_s - found.from_s:.1f} s: nobody accepted, nobody answered"
        )
        evidence.append(Evidence(5.0, text, Source.CAPTURE, found.at))
    evidence += _filled_meanwhile(scene) if not (silent_kernel.closes or silent_kernel.dead) else ()
    if not evidence:
        return None
    target = cluster.target or "The target"
    summary = f"{target} stood still: nobody accepted {count(cluster.count, 'connection')}, and its queue filled."
    return Weighed(tuple(evidence), summary, remedies=remedies(scene))


def _filled_meanwhile(scene: Scene) -> Iterator[Evidence]:
    """An ample queue that filled whenever nobody was answered until the proxy gave up: a longer one would have filled,
    too, and those in it were given up as well. A small queue fills in pauses that hurt nobody else.
    """
    full = scene.wire.full_at if scene.wire is not None else None
    if full is None or full.depth <= SMALLEST_BACKLOG or scene.cluster.outcome is not Outcome.SYN_UNANSWERED:
        return
    found = [s for s in standstills(scene.wire) if s.heard and not s.unheard]
    lost_s = [failure.at_s for failure in scene.cluster.failures if failure.at_s is not None]
    during = sum(any(s.covers(at_s) for s in found) for at_s in lost_s)
    if 2 * during > len(lost_s):
        text = (
            f"{during} of {len(lost_s)} were lost in {count(len(found), 'spell')} in which nothing was answered, until "
            f"{sum(s.given_up for s in found)} requests that the target's kernel had taken were given up: the queue of "
            f"{full.depth} filled because nobody took from it"
        )
        yield Evidence(5.0, text, Source.CAPTURE, found[0].at)


def remedies(scene: Scene) -> tuple[Remedy, ...]:
    """What to do about a standstill; nothing if there was none."""
    if (found := stopped(scene)) is not None:
        process = found[0].process
        pid = str(process.pid) if process else "PID"
        return (Remedy(LET_GO, f"ps -o pid,stat,wchan,cmd -p {pid}; sudo kill -CONT {pid}"),)
    return (LOOK_INSIDE,) if standstill(scene) is not None else ()
