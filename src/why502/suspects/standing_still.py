"""A target whose whole application stood still: what that says of slowness, of workers and of a full accept queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.facts.scene import Basis
from why502.facts.standstill import FEWEST, FEWEST_ACCEPTED, standstill, stopped
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
    if not evidence:
        return None
    target = cluster.target or "The target"
    summary = f"{target} stood still: nobody accepted {count(cluster.count, 'connection')}, and its queue filled."
    return Weighed(tuple(evidence), summary, remedies=remedies(scene))


def remedies(scene: Scene) -> tuple[Remedy, ...]:
    """What to do about a standstill; nothing if there was none."""
    if (found := stopped(scene)) is not None:
        process = found[0].process
        pid = str(process.pid) if process else "PID"
        return (Remedy(LET_GO, f"ps -o pid,stat,wchan,cmd -p {pid}; sudo kill -CONT {pid}"),)
    return (LOOK_INSIDE,) if standstill(scene) is not None else ()
