"""Captures of one direction (asymmetric routing, a filter, a mirror port of half a link): silence in them proves
nothing.

Without a SYN-ACK nobody sends data (RFC 9293, section 3.5): where openers did and no packet of the target was
captured, its packets went another way. A SYN that seems unanswered there may have had any answer.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from msgspec import structs

from why502.model.conversations import Conversation, Outcome
from why502.model.details import End

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from why502.model.wire import Counted

Missing = dict[tuple[str, str], End]
"""Capture and address of a target -> the end of which no packet was captured."""
FEWEST = 2
"""Conversations with packets of one end alone; one may have been cut by hand."""


def missing(conversations: Iterable[Conversation], counted: Iterable[Counted]) -> Missing:
    """Judged by address: routes and mirrors do not know ports. Where nothing at all was captured of any target, the
    whole capture is of one direction, that of targets to which there are only SYNs included.
    """
    ends: dict[tuple[str, str], list[End | None]] = defaultdict(list)
    for conversation in conversations:
        ends[conversation.at.path, _host(conversation.target)] += _lacks(conversation)
    for part in counted:
        ends[part.capture, _host(part.target)] += [None] * min(FEWEST, part.outcomes.get(Outcome.ANSWERED, 0))
    by_path: dict[str, list[End | None]] = defaultdict(list)
    for (path, _), seen in ends.items():
        by_path[path] += seen
    found: Missing = {}
    for place, seen in ends.items():
        end = _only(seen) or (_only(by_path[place[0]]) if not seen else None)
        if end is not None:
            found[place] = end
    return found


def unheard(conversation: Conversation, ends: Missing) -> Conversation:
    """PARTIAL, if all that is known is that a target was silent whose packets were not captured."""
    silent = conversation.outcome is Outcome.SYN_UNANSWERED and not conversation.packets_received
    if silent and ends.get((conversation.at.path, _host(conversation.target))) is End.TARGET:
        return structs.replace(conversation, outcome=Outcome.PARTIAL)
    return conversation


def unheard_counts(part: Counted, ends: Missing) -> Counted:
    """The same of those that were only counted."""
    outcomes = dict(part.outcomes)
    if ends.get((part.capture, _host(part.target))) is not End.TARGET or Outcome.SYN_UNANSWERED not in outcomes:
        return part
    silent = outcomes.pop(Outcome.SYN_UNANSWERED)
    return structs.replace(part, outcomes={**outcomes, Outcome.PARTIAL: outcomes.get(Outcome.PARTIAL, 0) + silent})


def by_host(ends: Mapping[tuple[str, str], End]) -> dict[str, End]:
    return {host: end for (_, host), end in sorted(ends.items())}


def _lacks(conversation: Conversation) -> list[End | None]:
    """The end whose packets should be there and are not; [None]: both have some; []: it does not tell."""
    sent = conversation.packets - conversation.packets_received
    if sent and conversation.packets_received:
        return [None]
    if conversation.packets_received:
        return [End.PROXY] if conversation.synack_s else []
    talked = conversation.opened and sent > len(conversation.syn_s) and conversation.bytes_sent
    return [End.TARGET] if talked else []


def _only(seen: Sequence[End | None]) -> End | None:
    """If of all conversations the same end is missing."""
    return seen[0] if len(seen) >= FEWEST and len(set(seen)) == 1 else None


def _host(endpoint: str) -> str:
    return endpoint.rpartition(":")[0]
