"""What became of a conversation: a list of questions, asked in order.

The kernel's behaviour behind them: `tcp_conn_request`, `tcp_check_req`, `cookie_v4_check` (a full accept queue
drops a SYN, drops a final ACK, or answers data with RST), `tcp_v4_send_reset` (a segment that belongs to no socket
is answered by RST without ACK), `tcp_send_active_reset` (closing with data unread or without linger sends RST with
ACK, which also acknowledges).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.model.conversations import Outcome
from why502.sources.captures.packets import ACK, RST

if TYPE_CHECKING:
    from why502.sources.captures.conversations import Tracked
    from why502.sources.captures.packets import Segment

Decision = tuple["Outcome", "Segment"]
"""The outcome, and the packet that decided it."""

SYN_RETRY_S = 1.0
"""A SYN that is not answered is sent again after this (`TCP_TIMEOUT_INIT`): a capture that ends earlier proves
nothing."""
SILENT_S = 0.5
"""A kernel that knows the connection acknowledges within 0.2 s (`TCP_DELACK_MAX`), and a lost request is sent
again after 0.2 s (`TCP_RTO_MIN`): silence beyond this is an answer in itself."""
IDLE_S = 1.0
"""A reset this long after the last data closes an idle connection. The shortest idle timeout of a common server
is 2 s (gunicorn); a crash or an abort in the middle of an answer comes sooner."""
FAREWELL_S = 0.05
FAREWELL_BYTES = 128
"""Data this short, followed by the sender's own FIN or RST this soon on a connection that had served: a TLS
close_notify (24 to 69 bytes, RFC 8446 6.1) or an HTTP/2 GOAWAY, not a request."""


def decide(tracked: Tracked, until_s: float) -> Decision:
    """`until_s`: when the capture ended, or when something else took the conversation's place."""
    opener, target = tracked.opener, tracked.target
    if opener.syns and not target.syns:
        return _without_syn_ack(tracked, until_s)
    if opener.syns and not opener.ack:
        return _without_final_ack(tracked)
    if opener.run is None:
        return _without_request(tracked)
    if target.run is not None and target.run.frame > opener.run.frame:
        return _answered(tracked, target.run)
    if _is_farewell(tracked, opener.run):
        return Outcome.ANSWERED, target.run or opener.run
    if opener.acked_bytes > opener.run_from:
        return _acknowledged(tracked)
    return _unacknowledged(tracked, opener.run, until_s)


def _without_syn_ack(tracked: Tracked, until_s: float) -> Decision:
    opener, target = tracked.opener, tracked.target
    if target.rst and target.rst.flags & ACK and 0 <= opener.relative(target.rst.ack) <= opener.sent_bytes:
        return Outcome.REFUSED, target.rst
    if opener.ack or target.ack:
        return Outcome.PARTIAL, tracked.last
    if opener.rst:
        return Outcome.ABANDONED, opener.rst
    if len(opener.syns) > 1 or until_s - opener.syns[0].at_s >= SYN_RETRY_S:
        return Outcome.SYN_UNANSWERED, opener.syns[-1]
    return Outcome.PARTIAL, tracked.last


def _without_final_ack(tracked: Tracked) -> Decision:
    opener, target = tracked.opener, tracked.target
    if target.rst:
        return Outcome.REFUSED, target.rst
    if opener.rst:
        return Outcome.ABANDONED, opener.rst
    if len(opener.syns) > 1 and opener.syns[-1].frame > target.syns[0].frame:
        return Outcome.SYN_UNANSWERED, opener.syns[-1]  # captured at the target: its SYN-ACK got lost
    return Outcome.PARTIAL, tracked.last


def _without_request(tracked: Tracked) -> Decision:
    opener, target = tracked.opener, tracked.target
    if not tracked.opened:
        return Outcome.PARTIAL, tracked.last
    if target.run:
        return Outcome.ANSWERED, target.run
    if target.rst and not target.rst.flags & ACK and _first(target.rst, opener.end, target.fin):
        return Outcome.RESET_UNACKNOWLEDGED, target.rst  # `tcp_abort_on_overflow`: the final ACK met a RST
    return Outcome.UNUSED, opener.end or target.end or tracked.last


def _answered(tracked: Tracked, answer: Segment) -> Decision:
    opener, target = tracked.opener, tracked.target
    if target.rst and _first(target.rst, opener.end, target.fin):
        idle_s = target.rst.at_s - (tracked.data_s or answer.at_s)
        if idle_s < IDLE_S:
            return Outcome.ANSWER_CUT, target.rst
    return Outcome.ANSWERED, answer


def _is_farewell(tracked: Tracked, data: Segment) -> bool:
    opener, target = tracked.opener, tracked.target
    left = opener.end
    if left is None or not tracked.reused:
        return False
    if left.at_s - data.at_s > FAREWELL_S or opener.sent_bytes - opener.run_from > FAREWELL_BYTES:
        return False
    saw_fin = target.fin is not None and target.relative(data.ack) > target.relative(target.fin.data_end)
    return _first(left, target.end) or (saw_fin and _first(left, target.rst))


def _acknowledged(tracked: Tracked) -> Decision:
    left, ended = tracked.opener.end, tracked.target.end
    if ended and _first(ended, left):
        reset = ended.flags & RST
        return (Outcome.RESET_BEFORE_ANSWER if reset else Outcome.CLOSED_BEFORE_ANSWER), ended
    return (Outcome.NOT_ANSWERED, left) if left else (Outcome.OPEN, tracked.last)


def _unacknowledged(tracked: Tracked, request: Segment, until_s: float) -> Decision:
    left, ended = tracked.opener.end, tracked.target.end
    silent_s = (left.at_s if left else until_s) - request.at_s
    if ended and (_first(ended, left) or silent_s < SILENT_S):
        return _ended_unacknowledged(tracked, ended)
    if silent_s >= SILENT_S and (left or tracked.opener.retransmissions):
        return (Outcome.STALE if tracked.reused else Outcome.NEVER_ACKNOWLEDGED), tracked.last
    return (Outcome.PARTIAL if left else Outcome.OPEN), tracked.last


def _ended_unacknowledged(tracked: Tracked, ended: Segment) -> Decision:
    """The target's FIN or RST was all that came after the request."""
    rst = tracked.target.rst
    if not tracked.reused:
        return (Outcome.RESET_UNACKNOWLEDGED if rst is ended else Outcome.CLOSED_BEFORE_ANSWER), ended
    crossed = rst is not ended or ended.flags & ACK
    return (Outcome.RACED if crossed else Outcome.STALE), rst or ended


def _first(segment: Segment, *others: Segment | None) -> bool:
    return all(other is None or segment.frame <= other.frame for other in others)
