"""What HAProxy's termination state tells of a session (configuration.txt, 8.5; rows measured with 2.6).

The first letter is who ended it, the second how far it had come.
"""

from __future__ import annotations

from msgspec import Struct

from why502.formats.fate import SWITCHED, Fate, answered
from why502.model.requests import Attempt, Manner, Phase, Side

NO_SERVER = "<NOSRV>"

PHASES = {
    "Q": Phase.NO_TARGET,
    "C": Phase.CONNECT,
    "H": Phase.WAIT,
    "D": Phase.BODY,
    "L": Phase.BODY,
}
"""Second letter."""

AT_ONCE_S = 0.1
"""HAProxy waits min(1 s, connect timeout) before it tries the same server again after a *remote* failure; retries
without that wait mean that its own sockets failed (measured: no free ports, no free descriptors)."""

EXHAUSTED_CODES = frozenset({"2", "9"})
"""`bc_err`: too many sockets on the process; out of local source ports."""

TUNNEL_ENDS = "Ccs"
"""The client left, or nothing was said for `timeout tunnel`."""

MAX_RETRIES = 16
"""Bounds what a forged line can make us keep; `retries` is 3 unless configured."""


class Session(Struct, frozen=True):
    """What the rules look at."""

    state: str
    status: int | None
    """None in TCP mode."""
    server: str
    connect_s: float | None = None
    """Tc; None: never connected."""
    header_s: float | None = None
    """Tr; None: no complete headers."""
    total_s: float | None = None
    retries: int = 0
    redispatched: bool = False
    error_code: str | None = None
    """`bc_err`, if the format has it."""

    @property
    def over_tcp(self) -> bool:
        return self.status is None


def fate(session: Session) -> Fate:
    """Who made the status, how far it came, how it failed."""
    who, when = session.state[0], session.state[1]
    phase = PHASES.get(when, Phase.UNKNOWN)
    if session.status == SWITCHED and phase is Phase.BODY and who in TUNNEL_ENDS:
        return answered(session.status)
    if who in "Cc":
        return Fate(Side.CLIENT, phase, None if when in "RT" else Manner.GONE)
    if who == "-":
        return _ended_well(session)
    if who == "L" or (who == "P" and (when in "RT" and session.status != 500)):
        return Fate(Side.PROXY, Phase.UNKNOWN)  # redirect, deny, a bad request
    if who in "Ss" and when == "C" and session.server == NO_SERVER:
        phase = Phase.NO_TARGET
    if phase is Phase.BODY and not session.over_tcp and session.header_s is None:
        # A used connection to the server died before any header: the client's is closed without an answer (SD, -1).
        phase = Phase.WAIT
    side = None if phase is Phase.BODY else Side.PROXY
    return Fate(side, phase, _manner(session, who, phase))


def _ended_well(session: Session) -> Fate:
    if session.over_tcp or session.header_s is not None:
        return answered(session.status)
    failed = session.status is not None and session.status >= 500
    return Fate(Side.PROXY, Phase.UNKNOWN, Manner.UNKNOWN if failed else None)


def _manner(session: Session, who: str, phase: Phase) -> Manner:
    if who == "s":
        return Manner.TIMEOUT
    if who == "R" or (who == "P" and phase is Phase.CONNECT):
        return Manner.EXHAUSTED
    if who == "P" and session.status != 500:
        return Manner.MALFORMED if phase in (Phase.WAIT, Phase.BODY) else Manner.UNKNOWN
    if who == "S" and phase in (Phase.WAIT, Phase.BODY):
        return Manner.CUT
    if who == "S" and phase is Phase.NO_TARGET and session.state[1] == "Q":
        return Manner.EXHAUSTED  # the queue for a connection slot was full (`maxqueue`)
    if who == "S" and phase is Phase.CONNECT and _own_sockets_failed(session):
        return Manner.EXHAUSTED
    return Manner.UNKNOWN  # SC: refused, no route, or a failed TLS handshake


def _own_sockets_failed(session: Session) -> bool:
    if session.error_code is not None:
        return session.error_code in EXHAUSTED_CODES
    at_once = session.total_s is not None and session.total_s < AT_ONCE_S
    return at_once and session.retries > 0 and not session.redispatched


def attempts(session: Session, target: str | None) -> tuple[Attempt, ...]:
    """The failed connects before the last attempt, and the last one; nothing if there was only one.

    Only connects are tried again unless `retry-on` says otherwise. After a redispatch the failures were another
    server's.
    """
    if not session.retries:
        return ()
    elsewhere = None if session.redispatched else target
    failed = Attempt(elsewhere, None, phase=Phase.CONNECT, manner=Manner.UNKNOWN)
    return (failed,) * min(session.retries, MAX_RETRIES) + (Attempt(target, session.status, session.connect_s),)
