"""What became of a conversation: a list of questions, asked in order.

The kernel's behaviour behind them: `tcp_conn_request`, `tcp_check_req`, `cookie_v4_check` (a full accept queue
drops a SYN, drops a final ACK, or answers data with RST), `tcp_v4_send_reset` (a segment that belongs to no socket
is answered by RST without ACK), `tcp_send_active_reset` (closing with data unread or without linger sends RST with
ACK, which also acknowledges).

A decision is the outcome (its place in `OUTCOMES`) and the frame that decided it. Frame 0: it never came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.sources.captures.kernels.decode import ACK
from why502.sources.captures.kernels.flows import relative
from why502.sources.captures.kernels.layout import (
    ACK_FRAME,
    ACKED,
    C_DATA_NS,
    C_FLOWS,
    C_LAST,
    C_OPENER,
    C_SPOKEN,
    C_UNTIL_NS,
    CONTINUED,
    EXPECTED,
    FIN_FRAME,
    FIN_NS,
    FIN_SEQ,
    FLOW_WORDS,
    RETRANSMISSIONS,
    RST_ACK,
    RST_FLAGS,
    RST_FRAME,
    RST_NS,
    RUN_ACK,
    RUN_FRAME,
    RUN_FROM,
    RUN_NS,
    RUN_SILENCE_NS,
    SENT,
    SPEAKS_HTTP1,
    SPEAKS_HTTP2,
    SYN_FRAME,
    SYN_LAST,
    SYN_NS,
    SYNS,
    TAIL_ENDED,
    TAIL_UNENDED,
    TURNS,
)
from why502.sources.captures.kernels.said import CHUNKED

if TYPE_CHECKING:
    from why502.sources.captures.kernels.words import Words

ANSWERED: Final = 0
REFUSED: Final = 1
SYN_UNANSWERED: Final = 2
NEVER_ACKNOWLEDGED: Final = 3
RESET_UNACKNOWLEDGED: Final = 4
RESET_BEFORE_ANSWER: Final = 5
CLOSED_BEFORE_ANSWER: Final = 6
RACED: Final = 7
STALE: Final = 8
ANSWER_CUT: Final = 9
NOT_ANSWERED: Final = 10
ABANDONED: Final = 11
UNUSED: Final = 12
STILL_OPEN: Final = 13
PARTIAL: Final = 14

SYN_RETRY_NS: Final = 1_000_000_000
"""A SYN that is not answered is sent again after this (`TCP_TIMEOUT_INIT`): a capture that ends earlier proves
nothing."""
SILENT_NS: Final = 500_000_000
"""A kernel that knows the connection acknowledges within 0.2 s (`TCP_DELACK_MAX`), and a lost request is sent
again after 0.2 s (`TCP_RTO_MIN`): silence beyond this is an answer in itself."""
LONGEST_TRIP_NS: Final = 3_000_000_000
"""A FIN or RST that crosses a request comes within one round trip after it. Within that time nothing is sent again
(RFC 6298: the timeout is longer than the round trip, and 0.2 s at least), so that a FIN after a retransmission and
more than `SILENT_NS` did not cross: the request, or its acknowledgement, was lost. Without one, no path that
carries HTTP takes longer than this (two hops by geostationary satellite take 1.2 s)."""
IDLE_NS: Final = 1_000_000_000
"""A reset this long after the last data closes an idle connection. The shortest idle timeout of a common server
is 2 s (gunicorn); a crash or an abort in the middle of an answer comes sooner."""
FAREWELL_NS: Final = 50_000_000
FAREWELL_BYTES: Final = 128
"""Data this short, followed by the sender's own FIN or RST this soon on a connection that had served: a TLS
close_notify (24 to 69 bytes, RFC 8446 6.1) or an HTTP/2 GOAWAY, not a request."""

BREATH_NS: Final = 5_000_000
BODY_BYTES: Final = 1000
"""A server that answers before the request is whole either closes with the answer (Apache 2.4, Node.js 20, Go 1.26:
its FIN came 0.03 to 0.5 ms after the answer), or takes the rest and closes then (nginx 1.22), while the rest goes on
0.1 to 2 ms after the answer began. Ten times that is the breath. The rest comes in full segments (1148 bytes and more
on any path that carries HTTP), most heads of requests are smaller. Recorded in `tests/sources/captures/early`."""


UNKNOWN: Final = 0
WHOLE: Final = 1
LACKING: Final = 2


def failed(outcome: int) -> int:
    return int(REFUSED <= outcome <= NOT_ANSWERED)


def decide(table: Words, r: int) -> tuple[int, int]:
    opener = r + C_FLOWS + table[r + C_OPENER] * FLOW_WORDS
    target = r + C_FLOWS + (1 - table[r + C_OPENER]) * FLOW_WORDS
    if table[opener + SYNS] and not table[target + SYNS]:
        return without_syn_ack(table, r, opener, target)
    if table[opener + SYNS] and not table[opener + ACK_FRAME]:
        return without_final_ack(table, r, opener, target)
    if not table[opener + RUN_FRAME]:
        return without_request(table, r, opener, target)
    if table[target + RUN_FRAME] > table[opener + RUN_FRAME]:
        if table[r + C_SPOKEN] & CONTINUED:
            return answered_early(table, r, opener, target)
        return answered(table, r, opener, target)
    if is_farewell(table, opener, target):
        return ANSWERED, table[target + RUN_FRAME] or table[opener + RUN_FRAME]
    if is_rest_of_body(table, r, opener, target):
        return PARTIAL, table[target + FIN_FRAME]
    if table[opener + ACKED] > table[opener + RUN_FROM]:
        return acknowledged_request(table, r, opener, target)
    return unacknowledged_request(table, r, opener, target)


def end_of(table: Words, flow: int) -> tuple[int, int]:
    """Frame and time of a side's first FIN or RST."""
    fin, rst = table[flow + FIN_FRAME], table[flow + RST_FRAME]
    if fin and (not rst or fin <= rst):
        return fin, table[flow + FIN_NS]
    return rst, table[flow + RST_NS]


def first(frame: int, other: int) -> int:
    """Whether nothing of the other kind came before."""
    return int(other == 0 or frame <= other)


def opened(table: Words, opener: int, target: int) -> int:
    """The handshake (its SYN or SYN-ACK) is in the capture."""
    return int(table[opener + SYNS] > 0 or table[target + SYNS] > 0)


def reused(table: Words, opener: int, target: int) -> int:
    """It had served before, or at least it had been open before the capture began."""
    return int(table[target + TURNS] > 0 or not opened(table, opener, target))


def without_syn_ack(table: Words, r: int, opener: int, target: int) -> tuple[int, int]:
    if table[target + RST_FRAME] and table[target + RST_FLAGS] & ACK:
        met = relative(table, opener, table[target + RST_ACK])
        if 0 <= met <= table[opener + SENT]:
            return REFUSED, table[target + RST_FRAME]
    if table[opener + ACK_FRAME] or table[target + ACK_FRAME]:
        return PARTIAL, table[r + C_LAST]
    if table[opener + RST_FRAME]:
        return ABANDONED, table[opener + RST_FRAME]
    if table[opener + SYNS] > 1 or table[r + C_UNTIL_NS] - table[opener + SYN_NS] >= SYN_RETRY_NS:
        return SYN_UNANSWERED, table[opener + SYN_LAST]
    return PARTIAL, table[r + C_LAST]


def without_final_ack(table: Words, r: int, opener: int, target: int) -> tuple[int, int]:
    if table[target + RST_FRAME]:
        return REFUSED, table[target + RST_FRAME]
    if table[opener + RST_FRAME]:
        return ABANDONED, table[opener + RST_FRAME]
    if table[opener + SYNS] > 1 and table[opener + SYN_LAST] > table[target + SYN_FRAME]:
        return SYN_UNANSWERED, table[opener + SYN_LAST]  # captured at the target: its SYN-ACK got lost
    return PARTIAL, table[r + C_LAST]


def without_request(table: Words, r: int, opener: int, target: int) -> tuple[int, int]:
    if not opened(table, opener, target):
        return PARTIAL, table[r + C_LAST]
    if table[target + RUN_FRAME]:
        return ANSWERED, table[target + RUN_FRAME]
    reset, left = table[target + RST_FRAME], end_of(table, opener)[0]
    if reset and not table[target + RST_FLAGS] & ACK and first(reset, left) and first(reset, table[target + FIN_FRAME]):
        return RESET_UNACKNOWLEDGED, reset  # `tcp_abort_on_overflow`: the final ACK met a RST
    return UNUSED, left or end_of(table, target)[0] or table[r + C_LAST]


def answered(table: Words, r: int, opener: int, target: int) -> tuple[int, int]:
    reset, extent = table[target + RST_FRAME], extent_of_answer(table, r, target)
    if reset and first(reset, end_of(table, opener)[0]) and first(reset, table[target + FIN_FRAME]):
        idle_ns = table[target + RST_NS] - table[r + C_DATA_NS]
        if idle_ns < IDLE_NS and extent != WHOLE:
            return (PARTIAL if extent == UNKNOWN and vanished(table, target) else ANSWER_CUT), reset
    return ANSWERED, table[target + RUN_FRAME]


def extent_of_answer(table: Words, r: int, target: int) -> int:
    """Whether the latest answer ended as its headers say, as far as they were read."""
    expected, spoken = table[target + EXPECTED], table[r + C_SPOKEN]
    if expected == CHUNKED:
        return WHOLE if spoken & TAIL_ENDED else LACKING if spoken & TAIL_UNENDED else UNKNOWN
    if expected <= table[target + RUN_FROM]:
        return UNKNOWN  # where an earlier one should have ended
    return WHOLE if table[target + SENT] >= expected else LACKING


def vanished(table: Words, target: int) -> int:
    """Whether its machine no longer knew of the connection: a RST without ACK says only that a segment, perhaps the
    late acknowledgement of a whole answer, met no socket (as `facts.vanished`).
    """
    return int(not table[target + RST_FLAGS] & ACK and not table[target + FIN_FRAME])


def answered_early(table: Words, r: int, opener: int, target: int) -> tuple[int, int]:
    """The answer began before the request was whole. A reset that then meets a proxy which still sends can cost it
    the answer (RFC 9112, section 9.6), so that it counts as a failure; a close does not.
    """
    reset = table[target + RST_FRAME]
    if reset and first(reset, end_of(table, opener)[0]) and table[target + RST_NS] - table[r + C_DATA_NS] < IDLE_NS:
        ended = end_of(table, target)[0]
        return (RESET_BEFORE_ANSWER if ended == reset else CLOSED_BEFORE_ANSWER), ended
    return ANSWERED, table[target + RUN_FRAME]


def is_farewell(table: Words, opener: int, target: int) -> int:
    left, left_ns = end_of(table, opener)
    if not left or not reused(table, opener, target):
        return 0
    if left_ns - table[opener + RUN_NS] > FAREWELL_NS:
        return 0
    if table[opener + SENT] - table[opener + RUN_FROM] > FAREWELL_BYTES:
        return 0
    if first(left, end_of(table, target)[0]):
        return 1
    saw_fin = table[target + FIN_FRAME] > 0 and relative(table, target, table[opener + RUN_ACK]) > relative(
        table, target, table[target + FIN_SEQ]
    )
    return int(saw_fin and first(left, table[target + RST_FRAME]) > 0)


def is_rest_of_body(table: Words, r: int, opener: int, target: int) -> int:
    """Whether what the opener sent last may be the rest of a request that was answered, with a close, before it was
    whole (RFC 9112, section 9.6). Only asked where no HTTP can be read: then the headers of TCP cannot tell.

    A RST after the FIN is what the rest met; the answer had come before both. After a FIN that came with an answer, no
    pool begins a request, however long it waits.
    """
    fin, reset, silence_ns = table[target + FIN_FRAME], table[target + RST_FRAME], table[opener + RUN_SILENCE_NS]
    if table[r + C_SPOKEN] & (SPEAKS_HTTP1 | SPEAKS_HTTP2) or not fin or 0 < reset <= fin or not table[target + TURNS]:
        return 0
    if silence_ns < 0 or table[opener + SENT] - table[opener + RUN_FROM] < BODY_BYTES:
        return 0
    after_answer_ns = table[target + FIN_NS] - table[opener + RUN_NS] + silence_ns
    goes_on = silence_ns <= BREATH_NS and reset == 0
    return int(after_answer_ns <= BREATH_NS or goes_on)


def acknowledged_request(table: Words, r: int, opener: int, target: int) -> tuple[int, int]:
    left, ended = end_of(table, opener)[0], end_of(table, target)[0]
    if ended and first(ended, left):
        reset = ended == table[target + RST_FRAME]
        return (RESET_BEFORE_ANSWER if reset else CLOSED_BEFORE_ANSWER), ended
    return (NOT_ANSWERED, left) if left else (STILL_OPEN, table[r + C_LAST])


def unacknowledged_request(table: Words, r: int, opener: int, target: int) -> tuple[int, int]:
    left, left_ns = end_of(table, opener)
    ended = end_of(table, target)[0]
    silent_ns = (left_ns if left else table[r + C_UNTIL_NS]) - table[opener + RUN_NS]
    if ended and (first(ended, left) or silent_ns < SILENT_NS):
        if is_late(table, opener, target):
            return STALE, ended
        return ended_unacknowledged(table, opener, target, ended)
    if silent_ns >= SILENT_NS and (left or table[opener + RETRANSMISSIONS]):
        return (STALE if reused(table, opener, target) else NEVER_ACKNOWLEDGED), table[r + C_LAST]
    return (PARTIAL if left else STILL_OPEN), table[r + C_LAST]


def is_late(table: Words, opener: int, target: int) -> int:
    """Whether the target's end, on a reused connection, comes too long after the request to have crossed it."""
    after_ns = end_of(table, target)[1] - table[opener + RUN_NS]
    if after_ns < SILENT_NS or not reused(table, opener, target):
        return 0
    return int(table[opener + RETRANSMISSIONS] > 0 or after_ns >= LONGEST_TRIP_NS)


def ended_unacknowledged(table: Words, opener: int, target: int, ended: int) -> tuple[int, int]:
    """The target's FIN or RST was all that came after the request."""
    rst = table[target + RST_FRAME]
    by_rst = rst == ended
    if not reused(table, opener, target):
        return (RESET_UNACKNOWLEDGED if by_rst else CLOSED_BEFORE_ANSWER), ended
    # A segment with both flags counts as the FIN that it is, and as the reset.
    carries_rst = by_rst or (ended == table[target + FIN_FRAME] and rst == ended)
    crossed = not carries_rst or table[target + RST_FLAGS] & ACK != 0
    return (RACED if crossed else STALE), rst or ended
