"""When a conversation is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.sources.captures.kernels.flows import relative
from why502.sources.captures.kernels.layout import (
    ACKED,
    C_CLOSED,
    C_CLOSED_NS,
    C_DATA_NS,
    C_FIRST_SIDE,
    C_FLOWS,
    C_OPENER,
    C_STATE,
    C_TAG,
    C_UNTIL_NS,
    CONVERSATION_WORDS,
    FIN_FRAME,
    FIN_SEQ,
    FINISHED,
    FLOW_WORDS,
    LISTENS,
    M_CLOSING,
    M_DONE,
    M_MASK,
    M_NOW_NS,
    M_OPEN,
    RST_FRAME,
)
from why502.sources.captures.kernels.slots import remove, row_mark
from why502.sources.captures.kernels.table import append, unlink
from why502.sources.captures.kernels.tally import count_of, endpoint_of

if TYPE_CHECKING:
    from why502.sources.captures.kernels.words import Words

LINGER_NS: Final = 5_000_000_000
"""How long a closed conversation still takes late packets (a second reset, a repeated FIN)."""
LATE_NS: Final = 1_000_000_000
"""Data that crosses a close on its way comes within a round trip; a second later somebody goes on."""


def closed(table: Words, r: int) -> int:
    a, b = r + C_FLOWS, r + C_FLOWS + FLOW_WORDS
    if table[a + RST_FRAME] or table[b + RST_FRAME]:
        return 1
    return int(table[a + FIN_FRAME] > 0 and table[b + FIN_FRAME] > 0)


def expire(table: Words, slots: Words, tally: Words, meta: Words) -> None:
    """Finish what has been closed for a while; a clock that steps back ends the waiting, too."""
    row = meta[M_CLOSING]
    while row >= 0 and abs(meta[M_NOW_NS] - table[row * CONVERSATION_WORDS + C_CLOSED_NS]) > LINGER_NS:
        if goes_on(table, row * CONVERSATION_WORDS):
            reopen(table, row, meta)
        else:
            finish(row, table, slots, tally, meta)
        row = meta[M_CLOSING]


def goes_on(table: Words, r: int) -> int:
    """Whether more may come, long after the close: it was not the end for somebody who sent data later still, and a
    FIN that nobody acknowledged is sent again for minutes (`tcp_orphan_retries`).
    """
    a, b = r + C_FLOWS, r + C_FLOWS + FLOW_WORDS
    if table[r + C_DATA_NS] - table[r + C_CLOSED_NS] > LATE_NS:
        return 1
    return int(not table[a + RST_FRAME] and not table[b + RST_FRAME] and not fins_arrived(table, a, b))


def fins_arrived(table: Words, a: int, b: int) -> int:
    """Whether both sides' FINs were acknowledged."""
    a_seen = table[a + ACKED] > relative(table, a, table[a + FIN_SEQ])
    return int(a_seen and table[b + ACKED] > relative(table, b, table[b + FIN_SEQ]))


def reopen(table: Words, row: int, meta: Words) -> None:
    """It is not over: until the capture ends, or another FIN or reset closes it again."""
    unlink(table, row, meta, M_CLOSING)
    table[row * CONVERSATION_WORDS + C_CLOSED] = 0


def finish(row: int, table: Words, slots: Words, tally: Words, meta: Words) -> None:
    """Out of the table, into the list of the finished."""
    r = row * CONVERSATION_WORDS
    remove(slots, meta[M_MASK], table[r + C_TAG], row_mark(row))
    if table[r + C_CLOSED]:
        unlink(table, row, meta, M_CLOSING)
    if table[r + C_OPENER] < 0:
        table[r + C_OPENER] = guess_opener(table, r, tally, meta)
    table[r + C_STATE], table[r + C_UNTIL_NS] = FINISHED, meta[M_NOW_NS]
    append(table, row, meta, M_DONE)
    meta[M_OPEN] -= 1


def guess_opener(table: Words, r: int, tally: Words, meta: Words) -> int:
    """Without a SYN: not the end that others connected to, else the one with the higher port, else the first."""
    a_high, a_low, a_port = endpoint_of(table, r, 0)
    b_high, b_low, b_port = endpoint_of(table, r, 1)
    a_listens = count_of(tally, meta, a_high, a_low, a_port, LISTENS) > 0
    b_listens = count_of(tally, meta, b_high, b_low, b_port, LISTENS) > 0
    if a_listens != b_listens:
        return int(a_listens)
    if a_port != b_port:
        return int(a_port < b_port)
    return table[r + C_FIRST_SIDE]
