"""A tracked conversation, told in the words of the model."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from why502.model.conversations import Conversation
from why502.model.evidence import Place
from why502.sources.captures.outcomes import decide
from why502.sources.captures.packets import ACK, Segment

if TYPE_CHECKING:
    from why502.sources.captures.conversations import Tracked


def endpoint(raw: bytes) -> str:
    """Address and port, readable.

    >>> endpoint(bytes([10, 0, 0, 7]) + bytes([0x1F, 0x90])), endpoint(bytes(15) + bytes([1, 0, 80]))
    ('10.0.0.7:8080', '[::1]:80')
    """
    address, port = ip_address(raw[:-2]), int.from_bytes(raw[-2:], "big")
    return f"{address}:{port}" if address.version == 4 else f"[{address}]:{port}"


def tell(tracked: Tracked, path: str, until_s: float) -> Conversation:
    """The finished conversation; `until_s` as in `outcomes.decide`."""
    opener, target = tracked.opener, tracked.target
    outcome, decided = decide(tracked, until_s)
    answered = bool(opener.run and target.run and target.run.frame > opener.run.frame)
    established = opener.ack if target.syns else None
    end = min((e for e in (opener.end, target.end) if e), key=lambda s: s.frame, default=None)
    return Conversation(
        opener=endpoint(opener.endpoint),
        target=endpoint(target.endpoint),
        outcome=outcome,
        at=Place(path, tracked.first.frame, mark="#"),
        decided_at=Place(path, decided.frame, mark="#"),
        first_s=tracked.first.at_s,
        last_s=tracked.last.at_s,
        packets=tracked.packets,
        opened=bool(opener.syns),
        syn_s=tuple(s.at_s for s in opener.syns),
        synack_s=tuple(s.at_s for s in target.syns),
        established_s=_time(established),
        synacks_after_ack=sum(s.frame > established.frame for s in target.syns[1:]) if established else 0,
        bytes_sent=opener.sent_bytes,
        bytes_acknowledged=max(0, min(opener.acked_bytes, opener.sent_bytes)),
        bytes_received=target.sent_bytes,
        segments_sent=opener.segments,
        retransmissions_sent=opener.retransmissions,
        exchanges=target.turns,
        request_s=_time(opener.run),
        answer_s=_time(target.run) if answered else None,
        idle_before_request_s=opener.run_silence_s,
        reset_by_target=target.rst is not None,
        reset_by_opener=opener.rst is not None,
        reset_bare=target.rst is not None and not target.rst.flags & ACK,
        end_s=_time(end),
        fin_by_target_s=_time(target.fin),
        fin_by_opener_s=_time(opener.fin),
    )


def _time(segment: Segment | None) -> float | None:
    return segment.at_s if segment else None
