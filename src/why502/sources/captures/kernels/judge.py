"""Finished conversations: each gets its outcome, and is then told one by one or only counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.sources.captures.kernels.hearing import TWICE, oddity
from why502.sources.captures.kernels.layout import (
    ACK_FRAME,
    ACK_NS,
    ANSWERS,
    C_CHOSEN,
    C_DECIDED,
    C_FIRST_NS,
    C_FLOWS,
    C_LAST_NS,
    C_NEXT,
    C_OPENER,
    C_OUTCOME,
    C_PREVIOUS,
    CONNECTS,
    CONVERSATION_WORDS,
    DELAYED,
    DELAYED_COUNTED,
    FAILED,
    FLOW_WORDS,
    LONE,
    M_COUNTED,
    M_DONE,
    M_FIRST_NS,
    M_LAST_NS,
    M_SINCE_NS,
    M_TELL_ALL,
    M_TELL_EACH,
    M_TELL_LEFT,
    M_TOLD,
    M_UNTIL_NS,
    ODD,
    OUTCOME,
    RST_FRAME,
    RUN_FRAME,
    RUN_NS,
    SERVED,
    SYN_LAST,
    SYN_NS,
    SYNS,
    UNUSUAL,
)
from why502.sources.captures.kernels.outcomes import ANSWERED, PARTIAL, decide, end_of, failed
from why502.sources.captures.kernels.table import append, release
from why502.sources.captures.kernels.tally import count_of, endpoint_of, increase, is_crowded, step

if TYPE_CHECKING:
    from why502.sources.captures.kernels.words import Words


MAX_UNUSUAL: Final = 100
"""Of one target that are told because their answers are unusual, or their SYN was alone at the end."""
MAX_SAMPLES: Final = 5
"""Of one target and one ending."""


def judge(table: Words, pool: Words, tally: Words, meta: Words) -> int:
    """Empty the list of the finished: into the list of those to tell, or into the tally.

    1: the tally has to grow before the rest can follow.
    """
    row = meta[M_DONE]
    while row >= 0:
        r = row * CONVERSATION_WORDS
        if is_crowded(meta):
            table[r + C_PREVIOUS], meta[M_DONE] = -1, row
            return 1
        following = table[r + C_NEXT]
        wanted = in_window(table, r, meta)
        if wanted:
            table[r + C_OUTCOME], table[r + C_DECIDED] = decide(table, r)
        if wanted and (table[r + C_CHOSEN] or is_told(table, r, tally, meta)):
            append(table, row, meta, M_TOLD)
        else:
            if wanted:
                count(table, r, tally, meta)
            release(row, table, pool, meta)
        row = following
    meta[M_DONE] = meta[M_DONE + 1] = -1
    return 0


def in_window(table: Words, r: int, meta: Words) -> int:
    """Whether any of it lies in the window that was asked for."""
    return int(table[r + C_LAST_NS] >= meta[M_SINCE_NS] and table[r + C_FIRST_NS] <= meta[M_UNTIL_NS])


def is_told(table: Words, r: int, tally: Words, meta: Words) -> int:
    """In a small capture all are. In a large one, of each target the first that failed, that were delayed, in which
    something odd was said, whose SYN was alone at the end; and of those served a few of each ending, as samples.
    """
    if meta[M_TELL_ALL]:
        return 1
    item, most = kind_of(table, r, meta)
    if most == 0 or meta[M_TELL_LEFT] <= 0:
        return 0
    high, low, port = endpoint_of(table, r, 1 - table[r + C_OPENER])
    if count_of(tally, meta, high, low, port, item) >= most:
        return 0
    increase(tally, meta, high, low, port, item)
    meta[M_TELL_LEFT] -= 1
    return 1


def kind_of(table: Words, r: int, meta: Words) -> tuple[int, int]:
    """Under which item a conversation is told, and how many of these of one target; 0: it is none to tell."""
    each, outcome = meta[M_TELL_EACH], table[r + C_OUTCOME]
    if failed(outcome):
        return FAILED, each
    if delayed(table, r):
        return DELAYED, each
    odd = oddity(table, r)
    if odd:
        return (ODD, each) if odd == TWICE else (UNUSUAL, MAX_UNUSUAL)
    if outcome == PARTIAL and table[r + C_FLOWS + table[r + C_OPENER] * FLOW_WORDS + SYNS]:
        return LONE, MAX_UNUSUAL
    ending = ending_of(table, r)
    return (SERVED + ending, MAX_SAMPLES) if outcome == ANSWERED and ending else (SERVED, 0)


def ending_of(table: Words, r: int) -> int:
    """How a conversation ended, as a number up to 8; 0: it did not."""
    opener = r + C_FLOWS + table[r + C_OPENER] * FLOW_WORDS
    target = r + C_FLOWS + (1 - table[r + C_OPENER]) * FLOW_WORDS
    own, its = end_of(table, opener)[0], end_of(table, target)[0]
    if not own and not its:
        return 0
    resets = 2 * int(table[target + RST_FRAME] > 0) + 4 * int(table[opener + RST_FRAME] > 0)
    return resets + int(its > 0 and (not own or its < own)) or 8


def delayed(table: Words, r: int) -> int:
    """Whether the handshake lost time although it succeeded in the end (as `facts.wire.delayed`)."""
    opener = r + C_FLOWS + table[r + C_OPENER] * FLOW_WORDS
    target = r + C_FLOWS + (1 - table[r + C_OPENER]) * FLOW_WORDS
    if failed(table[r + C_OUTCOME]) or not table[target + SYNS] or not table[opener + ACK_FRAME]:
        return 0
    repeated = table[target + SYNS] > 1 and table[target + SYN_LAST] > table[opener + ACK_FRAME]
    return int(table[opener + SYNS] > 1 or repeated)


def count(table: Words, r: int, tally: Words, meta: Words) -> None:
    """One more of its outcome at its target, and how long it took to connect and to answer."""
    opener = r + C_FLOWS + table[r + C_OPENER] * FLOW_WORDS
    target = r + C_FLOWS + (1 - table[r + C_OPENER]) * FLOW_WORDS
    high, low, port = endpoint_of(table, r, 1 - table[r + C_OPENER])
    increase(tally, meta, high, low, port, OUTCOME + table[r + C_OUTCOME])
    if delayed(table, r):
        increase(tally, meta, high, low, port, DELAYED_COUNTED)
    if table[opener + SYNS] and table[target + SYNS] and table[opener + ACK_FRAME]:
        increase(tally, meta, high, low, port, CONNECTS + step(table[opener + ACK_NS] - table[opener + SYN_NS]))
    if table[opener + RUN_FRAME] and table[target + RUN_FRAME] > table[opener + RUN_FRAME]:
        increase(tally, meta, high, low, port, ANSWERS + step(table[target + RUN_NS] - table[opener + RUN_NS]))
    if meta[M_COUNTED] == 0 or table[r + C_FIRST_NS] < meta[M_FIRST_NS]:
        meta[M_FIRST_NS] = table[r + C_FIRST_NS]
    meta[M_LAST_NS] = max(meta[M_LAST_NS], table[r + C_LAST_NS])
    meta[M_COUNTED] += 1
