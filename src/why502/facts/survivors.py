"""What became of the other connections to a target at the instants at which requests on it were cut off."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct

from why502.facts.idle_timer import idle_timer
from why502.facts.idleness import idleness
from why502.model.evidence import Place

if TYPE_CHECKING:
    from why502.facts.scene import Scene
    from why502.model.conversations import Conversation

INSTANT_S = 0.05
"""A process that dies closes all its connections within milliseconds (`deaths.TOGETHER_S`)."""
MAX_INSTANTS = 50
"""Enough to tell one death from many failures one by one."""
LATER_S = 0.1
"""What the target still did so long after an instant, it did as one that lives."""


class Survivors(Struct, frozen=True):
    """Connections that stood at these instants, counted once for each."""

    instants: int
    ended: int
    """Ended by the target then, idle ones and those in use."""
    idle: int
    """...of which were idle."""
    survived: int
    """On these the target went on: it answered, or ended them itself at another time."""
    told: int
    """Instants at which anything stood but the connection that failed..."""
    lived: int
    """...and those of them that some connection survived."""
    first: Place | None


def survivors(scene: Scene) -> Survivors | None:
    """None without a capture, or if the target's idle timeout explains what ended."""
    conversations = scene.cluster.conversations
    if scene.wire is None or not conversations:
        return None
    timer = idle_timer(scene.wire)
    if idleness(scene).holds([c.idle_before_request_s for c in conversations]):
        return None
    if timer is not None and 2 * sum(map(timer.fits, conversations)) > len(conversations):
        return None
    instants: list[float] = []
    for at_s in sorted(c.end_s for c in conversations if c.end_s is not None):
        if not instants or at_s - instants[-1] > INSTANT_S:
            instants.append(at_s)
    instants = instants[:MAX_INSTANTS]
    known = (*scene.wire.ended, *scene.wire.failed)
    standing = [(at_s, c) for at_s in instants for c in known if c.first_s < at_s - INSTANT_S]
    ended = [c for at_s, c in standing if _ended_then(c, at_s)]
    alive = {at_s for at_s, c in standing if _went_on(c, at_s)}
    at_each = Counter(at_s for at_s, c in standing if at_s in alive or _ended_then(c, at_s))
    return Survivors(
        instants=len(instants),
        ended=len(ended),
        idle=sum(not c.failed for c in ended),
        survived=sum(_went_on(c, at_s) for at_s, c in standing),
        told=sum(number > 1 for number in at_each.values()),
        lived=len(alive),
        first=conversations[0].decided_at,
    )


def _ended_then(conversation: Conversation, at_s: float) -> bool:
    end_s = conversation.fin_by_target_s
    if end_s is None and conversation.reset_by_target:
        end_s = conversation.end_s
    left_s = conversation.fin_by_opener_s
    first = end_s is not None and (left_s is None or end_s <= left_s)
    # What was answered just before, its answer ended: the target was at work on it, not taken away.
    if end_s is not None and not conversation.failed and end_s - (conversation.answer_s or 0.0) < INSTANT_S:
        return False
    return first and end_s is not None and -INSTANT_S <= end_s - at_s <= INSTANT_S


def _went_on(conversation: Conversation, at_s: float) -> bool:
    """The kernel of a process that died sends RST later, to whom still writes; an answer or a FIN it sends no more."""
    answered = conversation.answer_s is not None and conversation.answer_s > at_s + LATER_S
    return answered or (conversation.fin_by_target_s is not None and conversation.fin_by_target_s > at_s + LATER_S)
