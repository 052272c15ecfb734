"""The second look: a few conversations are read again, their payload included, to see what the first cannot.

It is bounded (`selecting`), so that its cost does not grow with the capture, and it keeps no payload: request and
status lines without queries, names of errors, sizes and times.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import structs

from why502.model.conversations import Conversation
from why502.model.wire import Answered
from why502.sources.captures.detail.rereading import reread
from why502.sources.captures.detail.selecting import chosen, with_errors
from why502.sources.captures.machine import INTERPRETED, compiled_machine

if TYPE_CHECKING:
    from why502.sources.interface import EvidenceFile, Reading

FEW_PACKETS: Final = 20_000
"""Up to so many, plain Python is done before machine code is loaded."""


def look_twice(evidence: EvidenceFile, reading: Reading, others: int | None = None) -> Reading:
    """The reading of a capture, its failed and doubtful conversations revised and with their details.

    `others`: how many of its packets are no TCP; None: not known.
    """
    conversations = [fact for fact in reading.facts if isinstance(fact, Conversation)]
    errors = [line for fact in reading.facts if isinstance(fact, Answered) for line in fact.errors]
    picked = chosen(conversations, with_errors(conversations, errors))
    if not picked:
        return reading
    machine = compiled_machine() if reading.input.records > FEW_PACKETS else INTERPRETED
    with evidence.open() as stream:
        revised = reread(stream, picked, machine, others != 0)
    facts = tuple(
        revised.get(fact.at.number or 0, fact) if isinstance(fact, Conversation) else fact for fact in reading.facts
    )
    return structs.replace(reading, facts=facts)


def look_at(evidence: EvidenceFile, conversation: Conversation) -> Conversation:
    """One conversation of this capture, whatever became of it."""
    with evidence.open() as stream:
        return reread(stream, [conversation], compiled_machine()).get(conversation.at.number or 0, conversation)
