"""Sums up the conversations of all captures."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from msgspec import structs

from why502.facts.begun_before import begins, of_unknown_age
from why502.facts.both_ends import both_ends
from why502.facts.empty_queue import lost_syns
from why502.facts.idleness import MIN_CONSTANT_S
from why502.facts.one_sided import by_host, missing, unheard, unheard_counts
from why502.facts.queue_depth import full_at
from why502.facts.recording import doubted, lossy
from why502.facts.stalled import with_stalls
from why502.facts.vanished import as_vanished
from why502.model.conversations import Outcome
from why502.model.details import End
from why502.model.traffic import MAX_EXAMPLES
from why502.model.wire import STEPS_PER_DOUBLING, Answered, Counted, TargetWire, Wire

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from why502.model.conversations import Conversation

AT_ONCE_S = 0.005
"""What waits in a socket leaves in one go, as far as the congestion window lets it; no timer is as short."""


def summarise(
    conversations: Iterable[Conversation], counted: Iterable[Counted] = (), answered: Iterable[Answered] = ()
) -> Wire:
    """All captures of one case together, as judgement needs them; what two of them show counts once."""
    told_by_target: dict[str, list[Conversation]] = defaultdict(list)
    once, pairings = both_ends(conversations)
    lacking, counted = lossy(once), list(counted)
    ends = missing(once, counted)
    begin_s = begins(once, counted)
    heard = [unheard(of_unknown_age(as_vanished(conversation), begin_s), ends) for conversation in once]
    for conversation in map(as_spare, map(as_left, with_stalls(map(doubted, heard) if lacking else heard))):
        told_by_target[conversation.target].append(conversation)
    counted_by_target: dict[str, list[Counted]] = defaultdict(list)
    far_ends = {pairing.target_side for pairing in pairings}
    for part in (unheard_counts(part, ends) for part in counted):
        if part.capture not in far_ends:
            counted_by_target[part.target].append(part)
    answered_by_target = _answers(answered, far_ends)
    told = [c for group in told_by_target.values() for c in group]
    parts = [p for group in counted_by_target.values() for p in group]
    targets = sorted(told_by_target.keys() | counted_by_target.keys())
    return Wire(
        conversations=len(told) + sum(part.conversations for part in parts),
        targets=tuple(
            _target(target, told_by_target[target], counted_by_target[target], answered_by_target[target])
            for target in targets
        ),
        first_s=min([*(c.first_s for c in told), *(p.first_s for p in parts)], default=None),
        last_s=max([*(c.last_s for c in told), *(p.last_s for p in parts)], default=None),
        pairings=pairings,
        lossy=lacking,
        one_sided=by_host(ends),
    )


def delayed(conversation: Conversation) -> bool:
    """Whether the handshake lost time although it succeeded in the end."""
    waited_for_syn = conversation.established_s is not None and len(conversation.syn_s) > 1
    return not conversation.failed and (waited_for_syn or conversation.synacks_after_ack > 0)


def repeated(conversation: Conversation) -> bool:
    """Whether data had to be sent again on a connection that the target had accepted: its own, or a later request.

    The first request of a new connection is sent again as well if a full accept queue dropped the final ACK, and with
    SYN cookies no SYN-ACK is repeated that would tell (`cookie_v4_check`).
    """
    if conversation.retransmissions_received:
        return True
    detail = conversation.detail
    if not conversation.retransmissions_sent or conversation.synacks_after_ack:
        return False
    if detail is None or not conversation.opened:
        return not conversation.opened
    sent = [p.seq for p in detail.packets if p.sender is End.PROXY and p.payload_bytes]
    return any(number > 1 and seq != sent[0] for seq, number in Counter(sent).items())


def taken_late(conversation: Conversation) -> bool:
    """Whether only the first request of a new connection had to be sent again.

    A full accept queue drops the final ACK and the data that come for a connection without a place in it
    (`tcp_v4_syn_recv_sock`, `tcp_check_req`), and repeats no SYN-ACK once the ACK was there (`inet_rsk(req)->acked`).
    One segment, so that no later part of a request is taken for its first.
    """
    if not conversation.opened or not conversation.retransmissions_sent or conversation.synacks_after_ack:
        return False
    short = conversation.exchanges <= 1 and conversation.segments_sent <= 1
    return (short or conversation.detail is not None) and not repeated(conversation)


def as_left(conversation: Conversation) -> Conversation:
    """An answer that came after the opener had given up, and that it met with a reset, is none for the proxy."""
    if _sent_to_nobody(conversation):
        return structs.replace(conversation, outcome=Outcome.ANSWERED)
    left_s, answer_s, asked_s = conversation.fin_by_opener_s, conversation.answer_s, conversation.request_s
    late = left_s is not None and answer_s is not None and answer_s > left_s
    if conversation.outcome is not Outcome.ANSWERED or not late or not conversation.reset_by_opener:
        return conversation
    if asked_s is None or left_s is None or asked_s > left_s:
        return conversation
    return structs.replace(conversation, outcome=Outcome.NOT_ANSWERED, end_s=left_s)


def _sent_to_nobody(conversation: Conversation) -> bool:
    """A request that left together with the proxy's FIN: the proxy had given it up before, and closed.

    While there is no way to the target, the kernel holds both back, and sends them when there is one again: the FIN
    goes on what was never sent (`tcp_send_fin` in net/ipv4/tcp_output.c). Who pools connections does not half-close
    them. What was asked before was answered.
    """
    gone = conversation.outcome is Outcome.NOT_ANSWERED or (
        conversation.outcome is Outcome.ANSWERED and conversation.reset_by_opener
    )
    return gone and conversation.exchanges > 0 and _closed_with_request(conversation)


def _closed_with_request(conversation: Conversation) -> bool:
    left_s, asked_s, detail = conversation.fin_by_opener_s, conversation.request_s, conversation.detail
    if left_s is None or asked_s is None or left_s < asked_s:
        return False
    packets = detail.packets if detail is not None else ()
    on_data = any(p.sender is End.PROXY and p.payload_bytes and "FIN" in p.flags for p in packets)
    return on_data or left_s - asked_s <= AT_ONCE_S


def as_spare(conversation: Conversation) -> Conversation:
    """A connection that was opened in advance had been silent before its first request as well.

    Pools open some while they wait for one that is in use (Go `net/http.Transport.getConn`); the target's timers run on
    these, too. A FIN that its kernel had sent before it took a byte of the request crossed that request.
    """
    asked_s, ready_s = conversation.request_s, conversation.established_s
    if conversation.exchanges or conversation.idle_before_request_s is not None or asked_s is None or ready_s is None:
        return conversation
    if asked_s - ready_s < MIN_CONSTANT_S:
        return conversation
    closed = conversation.outcome is Outcome.CLOSED_BEFORE_ANSWER and not conversation.bytes_acknowledged
    outcome = Outcome.RACED if closed else conversation.outcome
    return structs.replace(conversation, outcome=outcome, idle_before_request_s=asked_s - ready_s)


def _answers(answered: Iterable[Answered], far_ends: AbstractSet[str]) -> dict[str, list[Answered]]:
    """By target; what the other end's capture has counts only where the proxy's has nothing."""
    near, far = defaultdict[str, list[Answered]](list), defaultdict[str, list[Answered]](list)
    for part in answered:
        (far if part.capture in far_ends else near)[part.target].append(part)
    return defaultdict(list, {**far, **near})


def _target(
    target: str, conversations: Sequence[Conversation], counted: Sequence[Counted], answered: Sequence[Answered]
) -> TargetWire:
    in_time = sorted(conversations, key=lambda c: c.first_s)
    slow = [c for c in in_time if delayed(c)]
    connects_s = [c.connect_s for c in in_time if c.connect_s is not None]
    answers_s = [c.answer_s - c.request_s for c in in_time if c.answer_s is not None and c.request_s is not None]
    outcomes = Counter(c.outcome for c in in_time)
    lost = lost_syns(in_time)
    # An answer that met a reset came when nobody waited any more: what was sent again did not get through in time.
    well = [c for c in in_time if c.outcome is Outcome.ANSWERED and not c.reset_by_opener]
    again = [c for c in well if repeated(c)]
    late = [c for c in well if taken_late(c)]
    for part in counted:
        outcomes.update(part.outcomes)
    statuses: Counter[int] = Counter()
    for seen in answered:
        statuses.update(seen.statuses)
    return TargetWire(
        target=target,
        conversations=outcomes.total(),
        outcomes=dict(outcomes),
        failed=tuple(c for c in in_time if c.failed)[:MAX_EXAMPLES],
        delayed=tuple(slow[:MAX_EXAMPLES]),
        delayed_total=len(slow) + sum(part.delayed for part in counted),
        ended=tuple(c for c in in_time if c.outcome is Outcome.ANSWERED and c.end_s is not None)[:MAX_EXAMPLES],
        noted=tuple(c for c in in_time if c.notable)[:MAX_EXAMPLES],
        odd=tuple(c for c in in_time if c.oddity and not c.failed)[:MAX_EXAMPLES],
        syns_lost=lost.lost,
        syns_lost_alone=None if counted else lost.alone,
        syns_lost_beside_left=lost.beside_left,
        full_at=None if counted else full_at(in_time),
        told_answered=len(well),
        sent_again=len(again),
        sent_again_first=again[0].at if again else None,
        taken_late=len(late),
        taken_late_first=late[0].decided_at if late else None,
        statuses=dict(sorted(statuses.items())),
        errors=tuple(sorted((line for part in answered for line in part.errors), key=lambda e: e.at_s))[:MAX_EXAMPLES],
        connect_median_s=_median_s(connects_s, [part.connects for part in counted]),
        answer_median_s=_median_s(answers_s, [part.answers for part in counted]),
    )


def _median_s(exact_s: Sequence[float], steps: Sequence[Mapping[int, int]]) -> float | None:
    """Exact as long as every duration is known; else right to a step of the counted ones (2.2 %).

    >>> _median_s([0.1, 0.3, 0.2, 0.4], []), round(_median_s([1.0], [{957: 5}]) or 0, 2)
    (0.25, 1.01)
    """
    counts: Counter[float] = Counter(exact_s)
    for part in steps:
        counts.update({2 ** ((step + 0.5) / STEPS_PER_DOUBLING) / 1e9: count for step, count in part.items()})
    if not counts:
        return None
    values, middle = sorted(counts.items()), counts.total() - 1
    low, high = _value_at(values, middle // 2), _value_at(values, (middle + 1) // 2)
    return (low + high) / 2


def _value_at(counted: Sequence[tuple[float, int]], rank: int) -> float:
    """The value of this rank (from 0) among sorted values with their counts."""
    for value, count in counted:
        rank -= count
        if rank < 0:
            return value
    raise IndexError(rank)
