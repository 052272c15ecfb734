"""What logs tell beyond counts, in bounded form: fine intervals, silences of targets, and a sample of requests."""

from __future__ import annotations

from typing import Any, NamedTuple

from msgspec import Struct

from why502.model.requests import Side


class Interval(Struct, frozen=True):
    """Requests that ended in one short span of time, and how many of them failed; hidden failures included."""

    at_s: float
    requests: int
    by_gateway: int
    """Failed, and neither the target's answer nor the client's leaving: what this program is about."""
    by_target: int
    """The target answered with an error of its own."""


class Silence(Struct, frozen=True):
    """Bursts of one target's requests that began after about the same silence."""

    idle_s: float
    """Rounded down to two digits."""
    bursts: int
    failed: int
    """Those in which the gateway had a failure."""


class Span(NamedTuple):
    """One request at a target; they sort by their beginning."""

    asked_s: float
    until_s: float
    """Its first byte of an answer (be it too late), or the end of the connection: it is in nobody's way any more."""
    given_up_s: float | None
    """When the proxy gave it up; None: it was served in time."""
    fresh: bool = True
    """The first one on its connection, as far as that is told."""
    connected_s: float | None = None
    """When its connection was made, if it is the first one there: so they stand in the accept queue. A proxy may send
    the request well after that. None: not seen."""


class Traits(Struct, frozen=True):
    """Whom and what one request concerned; None: not told."""

    at_s: float | None
    side: Side | None
    target: str | None
    client: str | None
    path: str | None
    file: str
    """The log that tells of it."""
    proxy: str = ""
    node: str | None = None
    """As `Request.node`."""
    kind: str = ""
    """How it failed: phase and manner ('connect, refused'); '' if it did not."""
    server: str | None = None
    """As `facts.sampling.server`."""


class Sample(Struct, frozen=True):
    """Requests drawn evenly, to compare those that failed with those that did not."""

    failed: tuple[Traits, ...] = ()
    failed_total: int = 0
    others: tuple[Traits, ...] = ()
    """Requests that did not fail."""
    others_total: int = 0


MAX_INTERVALS = 4000
"""An hour in seconds, a day in half minutes."""

MAX_SAMPLED = 1000
"""How many requests of each sort are drawn: a share of 10 % is then known to within 2 %, of 1 % to within 0.6 %."""

SAMPLED_FROM = 4096
"""Up to so many lines all can be drawn; beyond, ever fewer (`threshold`)."""

MIN_SILENCE_S = 0.3
"""Shorter pauses than this are the rhythm of the load itself."""

_RANGE = 1 << 32
_STEPS = ((1103515245, 4294967291), (1597334677, 4294967279))


def priority(line: Any) -> Any:
    """A number below 2 ** 32 that looks random and is always the same for a line: the smallest are drawn.

    Two multiplications modulo two primes: arithmetic which Python, NumPy and every SQL engine do alike in 64 bits, so
    that `line` may be a number, an array of them or a column.

    >>> priority(1), priority(2)
    (242907283, 485814566)
    """
    for factor, modulus in _STEPS:
        line = line * factor % modulus
    return line


def threshold(lines: int) -> int:
    """Below which priority a line is kept for drawing when so many have been read: it sinks as they grow.

    >>> threshold(4096) == 2 ** 32, threshold(4097) == 2 ** 31, threshold(100_000) == 2 ** 27
    (True, True, True)
    """
    return _RANGE >> max(0, (max(lines, 1) - 1).bit_length() - (SAMPLED_FROM - 1).bit_length())
