"""Counts of things at endpoints: who listens, how many conversations had which outcome, how long they took.

One table for all: an entry is an endpoint, an item (see `layout`) and a count. When the table has no room left,
further endpoints go uncounted; totals are kept elsewhere.
"""

from __future__ import annotations

from math import log2

from why502.sources.captures.kernels.layout import (
    C_A_HIGH,
    C_A_LOW,
    C_B_HIGH,
    C_B_LOW,
    C_PORTS,
    M_SEED,
    M_TALLIED,
    M_TALLY_MASK,
    T_COUNT,
    T_HIGH,
    T_ITEM,
    T_LOW,
    T_PORT,
    TALLY_WORDS,
)
from why502.sources.captures.kernels.words import Words, mix

MAX_TALLIED = 1 << 20
"""Places (40 MB): enough for tens of thousands of targets."""
MOST_ENTRIES = 8
STEPS_PER_DOUBLING = 32
"""Times are counted in steps of 2.2 %: medians are right to about 1 %."""


def endpoint_of(table: Words, r: int, side: int) -> tuple[int, int, int]:
    """Address (two words), and version and port (one), of a conversation's side."""
    ports = table[r + C_PORTS]
    version = ports >> 32 << 16
    if side:
        return table[r + C_B_HIGH], table[r + C_B_LOW], version | ports & 0xFFFF
    return table[r + C_A_HIGH], table[r + C_A_LOW], version | ports >> 16 & 0xFFFF


def spot(tally: Words, meta: Words, high: int, low: int, port: int, item: int) -> int:
    """Where an entry is, or where it would be."""
    mask = meta[M_TALLY_MASK]
    place = mix(mix(mix(mix(meta[M_SEED], high), low), port), item) >> 5 & mask
    while True:
        t = place * TALLY_WORDS
        if tally[t + T_COUNT] == 0:
            return t
        if (
            tally[t + T_ITEM] == item
            and tally[t + T_LOW] == low
            and tally[t + T_PORT] == port
            and tally[t + T_HIGH] == high
        ):
            return t
        place = place + 1 & mask


def count_of(tally: Words, meta: Words, high: int, low: int, port: int, item: int) -> int:
    return tally[spot(tally, meta, high, low, port, item) + T_COUNT]


def increase(tally: Words, meta: Words, high: int, low: int, port: int, item: int) -> None:
    t = spot(tally, meta, high, low, port, item)
    if tally[t + T_COUNT] == 0:
        if meta[M_TALLIED] * 4 > meta[M_TALLY_MASK] * 3:
            return
        meta[M_TALLIED] += 1
        tally[t + T_HIGH], tally[t + T_LOW], tally[t + T_PORT], tally[t + T_ITEM] = high, low, port, item
    tally[t + T_COUNT] += 1


def is_crowded(meta: Words) -> int:
    """Whether it shall grow before another conversation is counted, which may add `MOST_ENTRIES`."""
    places = meta[M_TALLY_MASK] + 1
    return int((meta[M_TALLIED] + MOST_ENTRIES) * 4 > places * 3 and places < MAX_TALLIED)


def retally(old: Words, tally: Words, meta: Words) -> None:
    """Move all entries into an empty table of another size."""
    for index in range(len(old) // TALLY_WORDS):
        o = index * TALLY_WORDS
        if old[o + T_COUNT]:
            t = spot(tally, meta, old[o + T_HIGH], old[o + T_LOW], old[o + T_PORT], old[o + T_ITEM])
            for word in range(TALLY_WORDS):
                tally[t + word] = old[o + word]


def step(duration_ns: int) -> int:
    """The step of a duration: its logarithm."""
    return int(log2(max(duration_ns, 1)) * STEPS_PER_DOUBLING)
