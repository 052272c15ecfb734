"""What came of opening connections on purpose: bursts, and the backlog that they let one guess."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Fate(StrEnum):
    """How one connection ended. A closed list, from good to bad."""

    ANSWERED = "answered"
    CONNECTED = "connected"
    """Taken in at once; no request was sent."""
    LATE = "late"
    """It got through, but only after the SYN, or the handshake's last step, had been repeated."""
    NOT_ANSWERED = "not-answered"
    """The target's kernel acknowledged the request; no answer came in time."""
    CLOSED = "closed"
    """The target closed without an answer."""
    RESET = "reset"
    """Reset after the target's kernel had acknowledged (part of) the request."""
    RESET_UNKNOWN = "reset-unknown"
    """Reset although nothing was ever acknowledged: the target's kernel did not know the connection."""
    UNACKNOWLEDGED = "unacknowledged"
    """We were connected, the target was not: nothing that was sent was acknowledged."""
    SYN_UNANSWERED = "syn-unanswered"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    TLS_FAILED = "tls-failed"


TURNED_AWAY = frozenset({Fate.LATE, Fate.RESET_UNKNOWN, Fate.UNACKNOWLEDGED, Fate.SYN_UNANSWERED})
"""What a full accept queue does to a connection."""
GOOD = frozenset({Fate.ANSWERED, Fate.CONNECTED})


class Attempt(Struct, frozen=True):
    """One connection."""

    fate: Fate
    begun_s: float
    """After the begin of its burst."""
    connect_s: float | None = None
    """From SYN to established; None: never."""
    first_byte_s: float | None = None
    """From the begin of the burst to the first byte of the answer."""
    syn_retransmits: int = 0
    """`tcpi_total_retrans` when it was established, or given up."""
    retransmits: int = 0
    """Of what came after the handshake."""
    rtt_s: float | None = None
    """`tcpi_rtt`"""
    status: int | None = None
    error: str | None = None


class Burst(Struct, frozen=True):
    """Connections opened at once."""

    at_s: float
    attempts: tuple[Attempt, ...]

    @property
    def size(self) -> int:
        return len(self.attempts)

    @property
    def through(self) -> int:
        """Connections that were taken in at once."""
        return sum(attempt.fate not in TURNED_AWAY for attempt in self.attempts)

    @property
    def overflowed(self) -> bool:
        return self.through < self.size


class BacklogEstimate(Struct, frozen=True):
    """The target's effective backlog as far as one can tell from outside."""

    sentence: str
    at_least: int | None
    """None: nothing speaks for a lower bound."""
    at_most: int | None
    """None: no burst was turned away."""
    cannot_know: tuple[str, ...]
    """What would mislead this estimate."""


class Reproduction(Struct, frozen=True):
    """Everything that `why502 reproduce` did, and what it saw."""

    schema: str
    """'why502-reproduce/1'"""
    url: str
    address: str
    """The one address that was connected to."""
    concurrency: int
    connection_test_only: bool
    alone: Burst
    """Connections one after the other: what the target does when nothing competes."""
    bursts: tuple[Burst, ...]
    sweep: tuple[Burst, ...]
    estimate: BacklogEstimate
    summary: str
    shows: str | None
    """The cause that was reproduced, None: no failure, or not determined."""
    ended_early: str | None = None

    @property
    def failed(self) -> int:
        """Connections that did not end well, in the bursts and in the sweep."""
        tried = [attempt for burst in (self.alone, *self.bursts, *self.sweep) for attempt in burst.attempts]
        return sum(attempt.fate not in GOOD or (attempt.status or 0) >= 500 for attempt in tried)


REPRODUCTION_SCHEMA = "why502-reproduce/1"
