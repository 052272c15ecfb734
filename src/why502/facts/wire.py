"""Sums up the conversations of all captures."""

from __future__ import annotations

from collections import Counter, defaultdict
from statistics import median
from typing import TYPE_CHECKING

from why502.model.traffic import MAX_EXAMPLES
from why502.model.wire import TargetWire, Wire

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from why502.model.conversations import Conversation


def summarise(conversations: Iterable[Conversation]) -> Wire:
    """All captures of one case together, as judgement needs them."""
    by_target: dict[str, list[Conversation]] = defaultdict(list)
    for conversation in conversations:
        by_target[conversation.target].append(conversation)
    everything = [c for group in by_target.values() for c in group]
    return Wire(
        conversations=len(everything),
        targets=tuple(_target(target, by_target[target]) for target in sorted(by_target)),
        first_s=min((c.first_s for c in everything), default=None),
        last_s=max((c.last_s for c in everything), default=None),
    )


def delayed(conversation: Conversation) -> bool:
    """Whether the handshake lost time although it succeeded in the end."""
    waited_for_syn = conversation.established_s is not None and len(conversation.syn_s) > 1
    return not conversation.failed and (waited_for_syn or conversation.synacks_after_ack > 0)


def _target(target: str, conversations: Sequence[Conversation]) -> TargetWire:
    in_time = sorted(conversations, key=lambda c: c.first_s)
    slow = [c for c in in_time if delayed(c)]
    connects_s = [c.connect_s for c in in_time if c.connect_s is not None]
    answers_s = [c.answer_s - c.request_s for c in in_time if c.answer_s is not None and c.request_s is not None]
    return TargetWire(
        target=target,
        conversations=len(in_time),
        outcomes=dict(Counter(c.outcome for c in in_time)),
        failed=tuple(c for c in in_time if c.failed)[:MAX_EXAMPLES],
        delayed=tuple(slow[:MAX_EXAMPLES]),
        delayed_total=len(slow),
        connect_median_s=median(connects_s) if connects_s else None,
        answer_median_s=median(answers_s) if answers_s else None,
    )
