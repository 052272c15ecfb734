"""Two captures of the same traffic, at the proxy's and at the target's end: what left, what arrived.

A conversation is the same in both if addresses and the SYN's initial sequence number are; one that began before the
captures, if its addresses are and its times overlap. What only the proxy's capture has while the target's was
running never arrived.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations
from statistics import median
from typing import TYPE_CHECKING, Final

from msgspec import structs

from why502.facts.arrivals import marked
from why502.model.conversations import Conversation, FarSide
from why502.model.evidence import Place
from why502.model.wire import Pairing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MAX_CAPTURES: Final = 32
"""That are compared with each other; a ring has more files, but no second end."""
SLACK_S: Final = 0.5
"""Clocks drift and their difference is estimated: times of two captures are compared this loosely."""

Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class _Ends:
    """Two captures, and the conversations that are in both: (proxy's view, target's view)."""

    pairs: list[tuple[Conversation, Conversation]]
    pairing: Pairing

    @property
    def ahead_s(self) -> float:
        return self.pairing.target_clock_ahead_s or 0.0


def both_ends(conversations: Iterable[Conversation]) -> tuple[list[Conversation], tuple[Pairing, ...]]:
    """Every conversation once, with what the capture at the other end tells of it; and which captures are a pair."""
    by_path: dict[str, list[Conversation]] = defaultdict(list)
    for conversation in conversations:
        by_path[conversation.at.path].append(conversation)
    pairings = []
    for one, other in combinations(list(by_path)[:MAX_CAPTURES], 2):
        ends = _ends(by_path[one], by_path[other])
        if ends is not None:
            pairing = ends.pairing
            pairings.append(pairing)
            by_path[pairing.proxy_side], by_path[pairing.target_side] = _joined(
                ends, by_path[pairing.proxy_side], by_path[pairing.target_side]
            )
    return [c for group in by_path.values() for c in group], tuple(pairings)


def _ends(one: Sequence[Conversation], other: Sequence[Conversation]) -> _Ends | None:
    """None unless at least one handshake is in both."""
    known = {_key(c): c for c in other if c.opener_isn is not None}
    pairs = [(c, known[_key(c)]) for c in one if c.opener_isn is not None and _key(c) in known]
    if not pairs:
        return None
    if sum(_nearer_to_proxy(a, b) for a, b in pairs) < 0:
        pairs = [(b, a) for a, b in pairs]
        one, other = other, one
    ahead_s = _ahead_s(pairs)
    pairs += _begun_before(one, other, ahead_s or 0.0)
    return _Ends(pairs, Pairing(one[0].at.path, other[0].at.path, len(pairs), ahead_s))


def _key(conversation: Conversation) -> Key:
    return conversation.opener, conversation.target, conversation.opener_isn


def _nearer_to_proxy(a: Conversation, b: Conversation) -> int:
    """1: a is the proxy's view, -1: b is, 0: it cannot be told.

    The round trip lies between SYN and SYN-ACK at the opener, between SYN-ACK and ACK at the other end; and only
    the opener's capture has SYNs that got lost.
    """
    if len(a.syn_s) != len(b.syn_s):
        return 1 if len(a.syn_s) > len(b.syn_s) else -1
    if not (a.synack_s and b.synack_s):
        return 0
    waits = a.synack_s[0] - a.syn_s[-1], b.synack_s[0] - b.syn_s[-1]
    return (waits[0] > waits[1]) - (waits[0] < waits[1])


def _ahead_s(pairs: Sequence[tuple[Conversation, Conversation]]) -> float | None:
    """As NTP does it: the mean of the difference on the way there and on the way back (RFC 5905, section 8)."""
    found = [
        (there.syn_s[0] - here.syn_s[0] + there.synack_s[0] - here.synack_s[0]) / 2
        for here, there in pairs
        if len(here.syn_s) == len(there.syn_s) and len(here.synack_s) == len(there.synack_s) > 0
    ]
    return median(found) if found else None


def _begun_before(
    here: Iterable[Conversation], there: Iterable[Conversation], ahead_s: float
) -> Iterator[tuple[Conversation, Conversation]]:
    """Those whose SYN is in neither."""
    waiting: dict[Key, list[Conversation]] = defaultdict(list)
    for conversation in there:
        if not conversation.opened:
            waiting[conversation.opener, conversation.target].append(conversation)
    for conversation in here:
        rivals = [] if conversation.opened else waiting[conversation.opener, conversation.target]
        fits = [r for r in rivals if _overlap(conversation, r, ahead_s)]
        if fits:
            rivals.remove(fits[0])
            yield conversation, fits[0]


def _overlap(here: Conversation, there: Conversation, ahead_s: float) -> bool:
    begin_s, end_s = there.first_s - ahead_s, there.last_s - ahead_s
    return here.first_s <= end_s + SLACK_S and begin_s <= here.last_s + SLACK_S


def _joined(
    ends: _Ends, here: Sequence[Conversation], there: Sequence[Conversation]
) -> tuple[list[Conversation], list[Conversation]]:
    """The proxy's conversations with what is known of their other end; those that only the target's capture has."""
    far = {id(near): seen for near, seen in ends.pairs}
    used = {id(seen) for seen in far.values()}
    rest = [c for c in there if id(c) not in used]
    joined = [_with_far_side(c, far[id(c)]) if id(c) in far else _missed(c, there, ends.ahead_s) for c in here]
    return joined, rest


def _with_far_side(here: Conversation, there: Conversation) -> Conversation:
    arrived_whole = there.bytes_sent >= here.bytes_sent
    silent = not there.synack_s if there.opened and not there.established_s else there.answer_s is None
    asked = (there.opened and not there.synack_s) or there.request_s is not None
    far_side = FarSide(
        at=there.at,
        syns_lost=max(0, len(here.syn_s) - len(there.syn_s)),
        synacks_lost=max(0, len(there.synack_s) - len(here.synack_s)),
        request_bytes_lost=max(0, here.bytes_sent - there.bytes_sent),
        answer_bytes_lost=max(0, there.bytes_received - here.bytes_received),
        unanswered=arrived_whole and silent and bool(asked),
    )
    seen = there.detail
    complete = seen is not None and not seen.packets_left_out
    return structs.replace(
        here, far_side=far_side, detail=marked(here.detail, seen.packets) if seen and complete else here.detail
    )


def _missed(here: Conversation, there: Sequence[Conversation], ahead_s: float) -> Conversation:
    """Not in the target's capture: it never arrived, if that was running and shows others on their way there."""
    begin_s, end_s = min(c.first_s for c in there) - ahead_s, max(c.last_s for c in there) - ahead_s
    covered = begin_s <= here.first_s and here.last_s <= end_s
    if not covered or not here.opened or here.synack_s or all(c.target != here.target for c in there):
        return here
    far_side = FarSide(Place(there[0].at.path), syns_lost=len(here.syn_s), request_bytes_lost=here.bytes_sent)
    return structs.replace(here, far_side=far_side, detail=marked(here.detail, ()))
