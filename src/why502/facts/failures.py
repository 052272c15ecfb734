"""The join: one failed request and its conversation in the capture."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import pairwise, product
from typing import TYPE_CHECKING

from why502.facts.coarse import coarse_logs, moment_s
from why502.facts.given_up import Pair, given_up_connects
from why502.facts.scene import Failure
from why502.model.conversations import Conversation, Outcome
from why502.model.requests import Manner, Phase, Side

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from why502.model.requests import Request
    from why502.model.traffic import FailedRequest, Traffic
    from why502.model.wire import Wire

JOIN_STRICT_S = 0.05
"""A log with sub-second times, written on the machine that recorded the capture."""

JOIN_LOOSE_S = 1.5
"""A log with times of 1 s, or clocks that are not quite equal."""

NEVER_CONNECTED = frozenset({Outcome.REFUSED, Outcome.SYN_UNANSWERED, Outcome.UNREACHABLE})
SHORTEST_TIMER_S = 0.2
"""Nobody sets a proxy's timer shorter than this."""
TIMER_SPREAD = 0.05
"""Times after which one timer fires differ by less: proxies look at their timers several times a second."""

LEFT_BY_PROXY = frozenset({Outcome.NOT_ANSWERED, Outcome.STALLED})
"""Ends that the proxy itself decided on: its log tells of each request that it gave up. One that no log tells of was
no request but a probe of its own (health checks are in no access log)."""


ANY_TARGET = ""
"""Conversations with any target, for requests whose log does not tell the target's address."""


def failures(traffic: Traffic | None, wire: Wire | None) -> list[Failure]:
    """Every failure once.

    Logged requests come with their conversations where the capture has them: with one that failed, or else with one
    that ended just then although the target had answered. Failed conversations of which no log tells follow as failures
    of their own.
    """
    logged = traffic.failures if traffic else ()
    failed = [c for target in (wire.targets if wire else ()) for c in target.failed]
    pairs = given_up_connects(logged, failed)
    pairs |= _others(logged, pairs, failed)
    pairs |= _outlived(logged, pairs, failed)
    pairs |= _refused(logged, pairs, [c for target in (wire.targets if wire else ()) for c in target.ended])
    pairs = _believable(logged, pairs)
    joined = [_failure(place, pairs.get(index)) for index, place in enumerate(logged)]
    used = {id(pair.conversation) for pair in pairs.values()}
    by_timer = _left_by_timer(failed)
    alone = [
        Failure(at_s=end_s(c), conversation=c, conversation_sure=True)
        for c in failed
        if id(c) not in used
        and not (c.outcome in LEFT_BY_PROXY and (_told_of(traffic, c.target) or (_late(c) and id(c) not in by_timer)))
    ]
    return sorted(joined + alone, key=lambda failure: failure.at_s or 0.0)


def _outlived(
    logged: Sequence[FailedRequest], pairs: Mapping[int, Pair], failed: Sequence[Conversation]
) -> dict[int, Pair]:
    """Requests that were given up while the kernel went on repeating them to nobody.

    The proxy's FIN waits behind what was never acknowledged, so that the wire does not show when it gave up; the
    kernel repeats for minutes after that (`tcp_orphan_retries`). A log without durations does not tell when the request
    began, either: it was given up at some moment in between.
    """
    used = {id(pair.conversation) for pair in pairs.values()}
    open_ = sorted((c for c in failed if _without_end(c) and id(c) not in used), key=lambda c: c.request_s or 0.0)
    found: dict[int, Pair] = {}
    for index, place in enumerate(logged):
        request, given_up_s = place.request, place.request.end_s
        if index in pairs or given_up_s is None or request.start_s is not None or request.manner is not Manner.TIMEOUT:
            continue
        fits = [c for c in open_ if request.target in (None, c.target) and _compatible(request, c)]
        fits = [c for c in fits if (c.request_s or c.first_s) < given_up_s <= c.last_s]
        if fits and request.phase in (Phase.SEND, Phase.WAIT):
            found[index] = Pair(fits[0], sure=len(fits) == 1)
            open_.remove(fits[0])
    return found


def _without_end(conversation: Conversation) -> bool:
    silent = conversation.outcome in (Outcome.STALE, Outcome.NEVER_ACKNOWLEDGED, Outcome.NOT_ANSWERED)
    return silent and conversation.end_s is None and conversation.retransmissions_sent > 0


def _others(
    logged: Sequence[FailedRequest], pairs: Mapping[int, Pair], failed: Sequence[Conversation]
) -> dict[int, Pair]:
    """All that have no conversation yet."""
    used = {id(pair.conversation) for pair in pairs.values()}
    left = [index for index in range(len(logged)) if index not in pairs]
    found = _pairs(
        [logged[index] for index in left], [c for c in failed if id(c) not in used], (JOIN_STRICT_S, JOIN_LOOSE_S)
    )
    return {left[place]: pair for place, pair in found.items()}


def _refused(
    logged: Sequence[FailedRequest], pairs: Mapping[int, Pair], answered: Sequence[Conversation]
) -> dict[int, Pair]:
    """Requests that failed at the very instant at which a conversation ended in which the target had answered them.

    Conversations end for other reasons as well, so that some fit by chance: see `_believable`.
    """
    left = [index for index, place in enumerate(logged) if index not in pairs and _refusable(place)]
    return {
        left[place]: pair
        for place, pair in _pairs([logged[index] for index in left], answered, (JOIN_STRICT_S,)).items()
        if _answers_it(pair.conversation, logged[left[place]])
    }


def _believable(logged: Sequence[FailedRequest], pairs: dict[int, Pair]) -> dict[int, Pair]:
    """Without what may fit by chance: failures paired with a conversation that went better than the proxy says.

    Of what was logged alike, most must fit.
    """
    better = [index for index, pair in pairs.items() if _went_better(logged[index].request, pair.conversation)]
    alike = Counter(said(place.request) for place in logged)
    fitting = Counter(said(logged[index].request) for index in better)
    chance = {i for i in better if 2 * fitting[said(logged[i].request)] <= alike[said(logged[i].request)]}
    return {index: pair for index, pair in pairs.items() if index not in chance}


def _went_better(request: Request, conversation: Conversation) -> bool:
    """The target answered, or the connection stood although the proxy says that its connect failed."""
    stood = request.phase is Phase.CONNECT and conversation.established_s is not None
    return stood or conversation.outcome is Outcome.ANSWERED


def _refusable(place: FailedRequest) -> bool:
    """Whether the target may have answered all the same, and the proxy did not like the answer: a header, or what it
    sent in a TLS handshake.
    """
    request = place.request
    refused = request.manner in (Manner.CUT, Manner.UNKNOWN, Manner.MALFORMED, Manner.TOO_LARGE)
    return refused and request.phase in (Phase.WAIT, Phase.CONNECT) and request.side in (Side.PROXY, None)


def _answers_it(conversation: Conversation, place: FailedRequest) -> bool:
    """Whether its last exchange lies within the request."""
    request, asked_s = place.request, conversation.request_s
    if asked_s is None or request.start_s is None or request.end_s is None:
        return False
    inside = request.start_s - JOIN_STRICT_S <= asked_s <= request.end_s + JOIN_STRICT_S
    return inside and abs(end_s(conversation) - request.end_s) <= JOIN_STRICT_S


def said(request: Request) -> tuple[object, ...]:
    """What a proxy logged of a failure, whatever the wire shows."""
    return request.target, request.side, request.phase, request.manner, request.status


def _late(conversation: Conversation) -> bool:
    """The answer did come, after the opener had left."""
    return conversation.answer_s is not None and conversation.answer_s > end_s(conversation)


def _left_by_timer(conversations: Iterable[Conversation]) -> set[int]:
    """Ids of the conversations in which the opener gave up after the same time as in another one of that target.

    Without a log that tells of it, one that left before a late answer may be anybody: a probe, a client of its own.
    """
    waits: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for c in conversations:
        waited_s = end_s(c) - (c.request_s or c.first_s)
        if c.outcome in LEFT_BY_PROXY and waited_s >= SHORTEST_TIMER_S:
            waits[c.target].append((waited_s, id(c)))
    found: set[int] = set()
    for timed in waits.values():
        for (before_s, before), (after_s, after) in pairwise(sorted(timed)):
            if after_s - before_s <= max(JOIN_STRICT_S, TIMER_SPREAD * after_s):
                found |= {before, after}
    return found


def _told_of(traffic: Traffic | None, target: str) -> bool:
    """Whether a log tells what became of the requests to this target."""
    return traffic is not None and (traffic.unnamed is not None or traffic.target(target) is not None)


def _failure(place: FailedRequest, pair: Pair | None) -> Failure:
    at_s = place.request.end_s
    return Failure(at_s, place, pair.conversation, pair.sure) if pair else Failure(at_s, place)


def _pairs(
    logged: Sequence[FailedRequest], candidates: Iterable[Conversation], slacks_s: Sequence[float]
) -> dict[int, Pair]:
    """Index of a logged failure -> its conversation; `sure` if only that one came into question.

    The nearest pairs in time are joined first, strictly and then loosely, and each time those before others in which
    log and wire agree about the connect; each conversation serves once.
    """
    by_target: dict[str, _Conversations] = defaultdict(_Conversations)
    for conversation in candidates:
        by_target[conversation.target].add(conversation)
        by_target[ANY_TARGET].add(conversation)
    for conversations in by_target.values():
        conversations.sort()
    pairs: dict[int, Pair] = {}
    used: set[int] = set()
    coarse = coarse_logs(place.request for place in logged)
    for slack_s, agreeing in product(slacks_s, (True, False)):
        found = [
            (distance_s, index, conversation)
            for index, place in enumerate(logged)
            if index not in pairs and place.request.phase is not Phase.NO_TARGET
            for distance_s, conversation in _with(by_target, place).near(place, slack_s, coarse)
            if id(conversation) not in used and _compatible(place.request, conversation)
            if not agreeing or _agree(place.request, conversation.outcome)
        ]
        rivals = Counter(index for _, index, _ in found)
        for _, index, conversation in sorted(found, key=lambda candidate: candidate[:2]):
            if index not in pairs and id(conversation) not in used:
                pairs[index] = Pair(conversation, sure=rivals[index] == 1)
                used.add(id(conversation))
    return pairs


def _compatible(request: Request, conversation: Conversation) -> bool:
    """Whether the proxy could have logged this of such a conversation: it knows whether it was connected."""
    if conversation.outcome in NEVER_CONNECTED:
        return request.phase not in (Phase.SEND, Phase.WAIT, Phase.BODY)
    if request.phase is Phase.CONNECT and request.reason_at is not None and conversation.established_s is not None:
        return False  # an error log tells a connect from a handshake or a request on a connection that stands
    return request.manner is not Manner.REFUSED


def _agree(request: Request, outcome: Outcome) -> bool:
    """Whether both say that the connect failed, or that it did not.

    Where they do not, it was a TLS handshake that failed, or two failures of the same second are being mixed up.
    """
    return request.phase is Phase.UNKNOWN or (request.phase is Phase.CONNECT) is (outcome in NEVER_CONNECTED)


def _with(by_target: dict[str, _Conversations], place: FailedRequest) -> _Conversations:
    return by_target.get(place.request.target or ANY_TARGET) or _Conversations()


@dataclass(slots=True)
class _Conversations:
    """Conversations with one target, to be found by when they began or ended."""

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

    def near(
        self, place: FailedRequest, slack_s: float, coarse: frozenset[str]
    ) -> Iterator[tuple[float, Conversation]]:
        """By their ends, or by the request's start and the SYN (or first data).

        A connect that timed out ends without a packet, so that only its beginning can be compared. One that
        lies near in both ways comes once, at the smaller distance. In `coarse` logs the moment lies later than told.
        """
        nearest: dict[int, tuple[float, Conversation]] = {}
        request = place.request
        for told_s, table in ((request.end_s, self.ended), (request.start_s, self.begun)):
            if (at_s := moment_s(told_s, request, coarse)) is None:
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
