"""What Apache Traffic Server's result codes tell of an exchange (admin-guide/logging; rows seen with 9.2)."""

from __future__ import annotations

from msgspec import Struct

from why502.formats.fate import GATEWAY_STATUSES, UNTOLD, Fate, answered
from why502.model.requests import Manner, Phase, Side


class Told(Struct, frozen=True):
    """`extended2` has all of it, squid's format only the first two."""

    result: str
    """%<crc>: 'TCP_MISS', 'ERR_CONNECT_FAIL'..."""
    status: int | None
    """%<pssc>: what the client got."""
    target_status: int | None = None
    """%<sssc>; 0: no answer."""
    header_bytes: int | None = None
    """%<sshl>: more than 0 although nothing was answered if the request had been sent (seen with 9.2)."""


def fate(told: Told) -> Fate:
    """Who made the status, how far it came, how it failed."""
    if told.result.startswith("ERR_CLIENT"):
        return Fate(Side.CLIENT, Phase.UNKNOWN, Manner.GONE)
    if told.result == "ERR_READ_ERROR":
        return Fate(None if (told.status or 0) < 500 else Side.PROXY, Phase.BODY, Manner.CUT)
    if told.result == "ERR_DNS_FAIL":
        return Fate(Side.PROXY, Phase.NO_TARGET, Manner.UNRESOLVED)
    if not told.result.startswith("ERR_"):
        return answered(told.status)
    if (told.status or 0) < 500:
        return Fate(Side.PROXY, Phase.UNKNOWN)
    if told.result == "ERR_READ_TIMEOUT":
        return Fate(Side.PROXY, Phase.WAIT, Manner.TIMEOUT)
    if told.result == "ERR_CONNECT_FAIL":
        return _connect_fail(told)
    return UNTOLD if told.status in GATEWAY_STATUSES else Fate(Side.PROXY, Phase.UNKNOWN, Manner.UNKNOWN)


def _connect_fail(told: Told) -> Fate:
    """The name covers refused and timed-out connects, closed connections, and headers that were not accepted."""
    if told.target_status:
        return Fate(Side.PROXY, Phase.WAIT, Manner.UNKNOWN)
    if told.header_bytes is None:
        return Fate(Side.PROXY, Phase.UNKNOWN, Manner.UNKNOWN)
    if told.header_bytes > 0:
        return Fate(Side.PROXY, Phase.WAIT, Manner.CUT)
    return Fate(Side.PROXY, Phase.CONNECT, Manner.UNKNOWN)
