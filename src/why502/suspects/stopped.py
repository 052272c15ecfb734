"""Whether a target was stopped rather than dead: how a restart, a crash and a handler's failure weigh it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.facts.rollout import rollout
from why502.facts.stopping import stopping
from why502.model.evidence import Evidence, Source
from why502.model.requests import Manner
from why502.model.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.scene import Scene

CLOSING_S = 1.0
"""Handshakes that were under way when a listener was closed are reset as soon as the next segment comes."""


def told_to_stop(scene: Scene, bits: float) -> Iterator[Evidence]:
    """The listener or idle connections were closed first, the requests in flight later: what no death does."""
    found = stopping(scene)
    if found is None:
        return
    seen = scene.cluster.conversations
    source, at = Source.ACCESS_LOG, scene.cluster.logged[0].request.at if scene.cluster.logged else None
    if found.on_wire and seen:
        source, at = Source.CAPTURE, seen[0].decided_at
    if at is not None:
        first = [f"{count(found.refused, 'connect')} refused"] if found.refused else []
        first += [f"{found.idle} idle connections closed together"] if found.idle else []
        later = f"about {found.ahead_s:.0f} s" if found.by_seconds else f"{found.ahead_s:.1f} s"
        text = (
            f"{' and '.join(first)} while {count(found.requests, 'request')} went on, that ended {later} later: "
            "told to stop, not dead"
        )
        # A log tells when a connect failed, not that nothing was accepted in between; whole seconds are a guess.
        sure = 1.0 if found.on_wire else 0.25 if found.by_seconds else 0.5
        yield Evidence(bits * sure, text, source, at)


def one_after_the_other(scene: Scene, direction: float) -> Iterator[Evidence]:
    """All targets of the group were cut off one after the other, each once; `direction` is 1 or -1."""
    found = rollout(scene)
    if found is None:
        return
    if scene.cluster.conversations:
        source, at = Source.CAPTURE, scene.cluster.conversations[0].decided_at
    elif scene.cluster.logged:
        source, at = Source.ACCESS_LOG, scene.cluster.logged[0].request.at
    else:
        return
    even = "at even distances of" if found.even else "on average"
    text = (
        f"{found.requests} requests were cut off on {found.targets} targets one after the other, "
        f"on each at one instant, {even} {found.apart_s:.1f} s"
    )
    yield Evidence(direction * found.bits, text, source, at)


def listener_gone(scene: Scene, bits: float) -> Iterator[Evidence]:
    """The target refused connects at that very time: its listener was being closed, or opened again."""
    refused_s = [f.at_s for c in scene.others if c.manner is Manner.REFUSED for f in c.failures if f.at_s is not None]
    failures = [f for f in scene.cluster.failures if f.at_s is not None]
    near = sum(any(abs(at_s - (f.at_s or 0.0)) <= CLOSING_S for at_s in refused_s) for f in failures)
    if failures and near > len(failures) / 2 and scene.cluster.conversations:
        text = f"the target refused connects within {CLOSING_S:.0f} s of {near} of them: its listener went away"
        yield Evidence(bits, text, Source.CAPTURE, scene.cluster.conversations[0].decided_at)
