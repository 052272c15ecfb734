"""The two tables of `why502 capture`."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from rich.table import Table
from rich.text import Text

from why502.model.conversations import Outcome
from why502.model.words import count, utc
from why502.reports.legible import legible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from why502.model.conversations import Conversation, FarSide
    from why502.model.wire import TargetWire, Wire

IDLE_SHOWN_S: Final = 0.1
"""Shorter silence is the pace of the conversation."""


def target_table(wire: Wire) -> Table:
    """One line a target: how many conversations, what became of them, how fast they were."""
    table = _table(("TARGET", "left"), ("CONVERSATIONS", "right"), ("FAILED", "right"), ("CONNECT", "right"))
    table.add_column("ANSWER", justify="right", no_wrap=True)
    table.add_column("OUTCOMES", overflow="fold")
    for target in wire.targets:
        table.add_row(*_target_row(target))
    return table


def failed_table(failed: Sequence[Conversation]) -> Table:
    """One line a conversation, numbered from 1."""
    table = _table(("N", "right"), ("UTC", "left"), ("CONVERSATION", "left"), ("OUTCOME", "left"), ("TOOK", "right"))
    table.add_column("WHAT", overflow="fold")
    table.add_column("AT", overflow="fold")
    several = len({conversation.at.path for conversation in failed}) > 1
    for number, conversation in enumerate(failed, start=1):
        place = conversation.decided_at
        at = f"{PurePath(place.path).name if several else ''}#{place.number}"
        table.add_row(*_failed_row(number, conversation), Text(legible(at), "dim"))
    return table


def what(conversation: Conversation) -> str:
    """The request, why it failed, and what the other end tells."""
    return "; ".join(_said(conversation))


def _table(*columns: tuple[str, str]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for name, side in columns:
        table.add_column(name, justify="right" if side == "right" else "left", overflow="fold")
    return table


def _target_row(target: TargetWire) -> Iterator[Text]:
    failed = sum(number for outcome, number in target.outcomes.items() if outcome.failed)
    yield Text(legible(target.target))
    yield Text(f"{target.conversations:,}")
    yield Text(f"{failed:,}", "bold red" if failed else "")
    yield Text(_duration(target.connect_median_s))
    yield Text(_duration(target.answer_median_s))
    ordered = sorted(target.outcomes.items(), key=lambda item: (-item[1], item[0]))
    yield Text(", ".join(f"{outcome} {number:,}" for outcome, number in ordered))


def _failed_row(number: int, conversation: Conversation) -> Iterator[Text]:
    began_s = conversation.request_s or conversation.first_s
    yield Text(str(number), "bold")
    yield Text(utc(conversation.first_s).strftime("%H:%M:%S.%f"))
    yield Text(legible(f"{conversation.opener} -> {conversation.target}"))
    yield Text(conversation.outcome, "red")
    yield Text(_duration(_over_s(conversation, began_s) - began_s))
    yield Text(legible(what(conversation)))


def _over_s(conversation: Conversation, began_s: float) -> float:
    """When it was over: the first FIN, reset or ICMP error after its last request. A FIN that crossed that request is
    older.
    """
    errors_s = [error.at_s for error in conversation.detail.icmp] if conversation.detail else []
    ends_s = [end_s for end_s in (conversation.end_s, *errors_s) if end_s is not None and end_s >= began_s]
    return min(ends_s, default=conversation.last_s)


def _said(conversation: Conversation) -> Iterator[str]:
    detail = conversation.detail
    if detail and detail.exchanges:
        yield detail.exchanges[-1].request or "a request"
    if (conversation.idle_before_request_s or 0.0) >= IDLE_SHOWN_S:
        yield f"idle for {_duration(conversation.idle_before_request_s)} before"
    if conversation.outcome in (Outcome.NEVER_ACKNOWLEDGED, Outcome.RESET_UNACKNOWLEDGED, Outcome.STALE):
        yield f"{conversation.bytes_acknowledged:,} of {count(conversation.bytes_sent, 'byte')} acknowledged"
    if len(conversation.syn_s) > 1:
        yield f"{len(conversation.syn_s)} SYNs"
    if detail:
        yield from filter(None, (detail.reason,))
        if conversation.outcome is not Outcome.UNREACHABLE:  # it is the reason already
            yield from (f"ICMP {error.name} from {error.sender}" for error in detail.icmp[:1])
    if detail and detail.path_mtu:
        large = detail.path_mtu
        yield f"segments of {large.smallest_lost_bytes} bytes are lost, those of {large.largest_passed_bytes} pass"
    if detail and detail.zero_windows_by_target:
        yield "the target's receive buffer was full"
    if conversation.far_side:
        yield from _far(conversation.far_side)


def _far(far_side: FarSide) -> Iterator[str]:
    lost = (
        (count(far_side.syns_lost, "SYN") if far_side.syns_lost else "", "never arrived"),
        (count(far_side.request_bytes_lost, "byte") if far_side.request_bytes_lost else "", "sent, never arrived"),
        (count(far_side.synacks_lost, "SYN-ACK") if far_side.synacks_lost else "", "lost on the way back"),
        (count(far_side.answer_bytes_lost, "byte") if far_side.answer_bytes_lost else "", "lost on the way back"),
    )
    yield from (f"{number} {fate}" for number, fate in lost if number)
    if far_side.unanswered:
        yield "arrived, never answered"


def _duration(length_s: float | None) -> str:
    """Three digits in the unit that suits.

    >>> _duration(0.000123), _duration(0.0123), _duration(3.2), _duration(None)
    ('0.123 ms', '12.3 ms', '3.20 s', '-')
    """
    if length_s is None:
        return "-"
    if length_s >= 1:
        return f"{length_s:.2f} s"
    return f"{length_s * 1000:.3g} ms"
