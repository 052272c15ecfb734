"""The join: one failed request and its conversation in the capture."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from why502.facts.scene import Failure
from why502.model.conversations import Conversation, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from why502.model.traffic import FailedRequest, Traffic
    from why502.model.wire import Wire

JOIN_STRICT_S = 0.05
"""A log with sub-second times, written on the machine that recorded the capture."""

JOIN_LOOSE_S = 1.5
"""A log with times of 1 s, or clocks that are not quite equal."""

LEFT_BY_PROXY = frozenset({Outcome.NOT_ANSWERED})
"""Ends that the proxy itself decided on: its log tells of each request that it gave up. One that no log tells of was
no request but a probe of its own (health checks are in no access log)."""


def failures(traffic: Traffic | None, wire: Wire | None) -> list[Failure]:
    """Every failure once.

    Logged requests come with their conversations where the capture has them; failed conversations of which no
    log tells follow as failures of their own.
    """
    logged = traffic.failures if traffic else ()
    failed = [c for target in (wire.targets if wire else ()) for c in target.failed]
    pairs = _pairs(logged, failed)
    joined = [_failure(place, pairs.get(index)) for index, place in enumerate(logged)]
    used = {id(pair.conversation) for pair in pairs.values()}
    targets = {target.target for target in (traffic.targets if traffic else ())}
    alone = [
        Failure(at_s=end_s(c), conversation=c, conversation_sure=True)
        for c in failed
        if id(c) not in used and not (c.target in targets and c.outcome in LEFT_BY_PROXY)
    ]
    return sorted(joined + alone, key=lambda failure: failure.at_s or 0.0)


@dataclass(frozen=True, slots=True)
class _Pair:
    conversation: Conversation
    sure: bool


def _failure(place: FailedRequest, pair: _Pair | None) -> Failure:
    at_s = place.request.end_s
    return Failure(at_s, place, pair.conversation, pair.sure) if pair else Failure(at_s, place)


def _pairs(logged: Sequence[FailedRequest], failed: Iterable[Conversation]) -> dict[int, _Pair]:
    """Index of a logged failure -> its conversation; `sure` if only that one came into question.

    The nearest pairs in time are joined first, strictly and then loosely; each conversation serves once.
    """
    by_target: dict[str, _Conversations] = defaultdict(_Conversations)
    for conversation in failed:
        by_target[conversation.target].add(conversation)
    for conversations in by_target.values():
        conversations.sort()
    pairs: dict[int, _Pair] = {}
    used: set[int] = set()
    for slack_s in (JOIN_STRICT_S, JOIN_LOOSE_S):
        found = [
            (distance_s, index, conversation)
            for index, place in enumerate(logged)
            if index not in pairs and place.request.target in by_target
            for distance_s, conversation in by_target[place.request.target].near(place, slack_s)
            if id(conversation) not in used
        ]
        rivals = Counter(index for _, index, _ in found)
        for _, index, conversation in sorted(found, key=lambda candidate: candidate[:2]):
            if index not in pairs and id(conversation) not in used:
                pairs[index] = _Pair(conversation, sure=rivals[index] == 1)
                used.add(id(conversation))
    return pairs


@dataclass(slots=True)
class _Conversations:
    """Failed conversations with one target, to be found by when they began or ended."""

    begun: list[tuple[float, int, Conversation]] = field(default_factory=list)
    ended: list[tuple[float, int, Conversation]] = field(default_factory=list)

    def add(self, conversation: Conversation) -> None:
        began_s = conversation.request_s or (conversation.syn_s[0] if conversation.syn_s else None)
        if began_s is not None:
            self.begun.append((began_s, len(self.begun), conversation))
        self.ended.append((end_s(conversation), len(self.ended), conversation))

    def sort(self) -> None:
        self.begun.sort()
        self.ended.sort()

    def near(self, place: FailedRequest, slack_s: float) -> Iterator[tuple[float, Conversation]]:
        """By their ends, or by the request's start and the SYN (or first data).

        A connect that timed out ends without a packet, so that only its beginning can be compared. One that
        lies near in both ways comes once, at the smaller distance.
        """
        nearest: dict[int, tuple[float, Conversation]] = {}
        request = place.request
        for at_s, table in ((request.end_s, self.ended), (request.start_s, self.begun)):
            if at_s is None:
                continue
            low = bisect_left(table, at_s - slack_s, key=lambda row: row[0])
            high = bisect_right(table, at_s + slack_s, key=lambda row: row[0])
            for when_s, _, conversation in table[low:high]:
                distance_s = abs(when_s - at_s)
                if distance_s < nearest.get(id(conversation), (slack_s + 1.0, conversation))[0]:
                    nearest[id(conversation)] = (distance_s, conversation)
        yield from nearest.values()


def end_s(conversation: Conversation) -> float:
    """When the conversation was seen to end: by RST or FIN, or with its last packet."""
    return conversation.end_s or conversation.last_s
