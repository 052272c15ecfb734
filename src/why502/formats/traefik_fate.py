"""What Traefik's access log tells of an exchange.

`OriginStatus` is taken at the service handler: Traefik's own 502 stands there too (field_middleware.go). What it says
of itself is the bare text of the status as the body (httputil/proxy.go).
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from why502.formats.fate import GATEWAY_STATUSES, UNTOLD, Fate, answered
from why502.model.requests import Attempt, Manner, Phase, Side

CLIENT_CLOSED: Final = 499
MAX_RETRIES: Final = 16


def fate(status: int | None, size: int | None, *, chosen: bool) -> Fate:
    """`size`: bytes of the answer's body; `chosen`: a server's URL is logged."""
    if status in (None, 0, CLIENT_CLOSED):
        return Fate(Side.CLIENT, Phase.UNKNOWN, Manner.GONE)
    if status < 500:
        return answered(status) if chosen else Fate(Side.PROXY, Phase.UNKNOWN)
    if status == 503 and not chosen:
        # A balancer without servers says "no available server"; the bare text is a circuit breaker's (and that of
        # a service without servers before v2): middlewares/circuitbreaker, service/loadbalancer/wrr.
        phase = Phase.UNKNOWN if size == _own_size(status) else Phase.NO_TARGET
        return Fate(Side.PROXY, phase, Manner.UNKNOWN)
    if not chosen:
        return Fate(Side.PROXY, Phase.UNKNOWN, Manner.UNKNOWN)
    if size == _own_size(status):
        # A target may write the same eleven bytes, but hardly for 502 and 504. 500 is what many frameworks say.
        return Fate(Side.PROXY, Phase.UNKNOWN, _manner(status)) if status in (502, 504) else UNTOLD
    return UNTOLD if status in GATEWAY_STATUSES else answered(status)


def _manner(status: int) -> Manner:
    return Manner.TIMEOUT if status == 504 else Manner.UNKNOWN


def _own_size(status: int) -> int | None:
    try:
        return len(HTTPStatus(status).phrase)
    except ValueError:
        return None


def attempts(retries: int, target: str | None, status: int | None) -> tuple[Attempt, ...]:
    """The retry middleware tries again only what the network failed, and does not say how."""
    if not retries:
        return ()
    failed = Attempt(None, None, manner=Manner.UNKNOWN)
    return (failed,) * min(retries, MAX_RETRIES) + (Attempt(target, status),)
