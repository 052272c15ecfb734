"""What `why502 reproduce` shows: bursts, connections, and what follows from them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import msgspec

from why502.model.probe import GOOD
from why502.model.words import count
from why502.reports.legible import legible, legible_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.model.probe import Attempt, Burst, Reproduction

ROWS_SHOWN: Final = 12
"""Connections of one burst; those that failed come first."""


def render(done: Reproduction) -> str:
    return "\n".join(_lines(done)) + "\n"


def render_json(done: Reproduction) -> str:
    """One document with every connection."""
    return legible_json(msgspec.json.format(msgspec.json.encode(done), indent=2).decode())


def tally(one: Burst) -> str:
    """'3 answered, 2 late' with the longest wait."""
    fates = Counter(attempt.fate for attempt in one.attempts)
    listed = ", ".join(f"{number} {fate.value}" for fate, number in fates.items())
    slowest_s = max((_took_s(attempt) for attempt in one.attempts), default=0.0)
    again = sum(attempt.syn_retransmits for attempt in one.attempts)
    return f"{listed}; slowest {slowest_s:.3f} s" + (f", {count(again, 'SYN')} sent again" if again else "")


def _lines(done: Reproduction) -> Iterator[str]:
    what = "connections without a request" if done.connection_test_only else "requests on fresh connections"
    yield f"{legible(done.url)} ({done.address}): {what}"
    yield ""
    if done.alone.size:
        yield f"{'alone':14} {tally(done.alone)}"
    for number, one in enumerate(done.bursts, 1):
        yield f"{f'burst {number} of {one.size}':14} {tally(one)}"
    for one in done.sweep:
        yield f"{f'sweep {one.size}':14} {tally(one)}"
    if worst := max((one for one in done.bursts if one.overflowed or _failed(one)), key=_failed, default=None):
        yield ""
        yield from _table(worst)
    yield ""
    yield f"result: {legible(done.summary)}" + (f" This is {done.shows}." if done.shows else "")
    yield f"backlog: {done.estimate.sentence}"
    for caution in done.estimate.cannot_know:
        yield f"cannot be known: {caution}"
    if done.ended_early:
        yield f"ended early: {done.ended_early}"


def _table(one: Burst) -> Iterator[str]:
    yield f"{'CONNECTION':>10}  {'CONNECT':>9}  {'SYN AGAIN':>9}  {'FIRST BYTE':>10}  {'RTT':>8}  {'STATUS':>6}  FATE"
    ranked = sorted(enumerate(one.attempts, 1), key=lambda pair: pair[1].fate in GOOD)
    for number, attempt in sorted(ranked[:ROWS_SHOWN]):
        first_byte_s = None if attempt.first_byte_s is None else attempt.first_byte_s - attempt.begun_s
        times = f"{_seconds(attempt.connect_s):>9}  {attempt.syn_retransmits:>9}  {_seconds(first_byte_s):>10}"
        end = f"{_ms(attempt.rtt_s):>8}  {attempt.status or '-':>6}  {attempt.fate.value}{_error(attempt)}"
        yield f"{number:>10}  {times}  {end}"
    if one.size > ROWS_SHOWN:
        yield f"{one.size - ROWS_SHOWN:>10} more"


def _failed(one: Burst) -> int:
    return sum(attempt.fate not in GOOD for attempt in one.attempts)


def _took_s(attempt: Attempt) -> float:
    if attempt.first_byte_s is not None:
        return attempt.first_byte_s - attempt.begun_s
    return attempt.connect_s or 0.0


def _seconds(value_s: float | None) -> str:
    return "-" if value_s is None else f"{value_s:.3f} s"


def _ms(value_s: float | None) -> str:
    return "-" if value_s is None else f"{value_s * 1000:.1f} ms"


def _error(attempt: Attempt) -> str:
    return f" ({legible(attempt.error, 80)})" if attempt.error else ""
