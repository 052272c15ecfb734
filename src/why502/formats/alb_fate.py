"""What statuses and times of an ALB's access log tell of an exchange.

Sources: `load-balancer-access-logs` and `load-balancer-troubleshooting` of the Elastic Load Balancing user guide.
"""

from __future__ import annotations

from typing import NamedTuple

from why502.formats.fate import ANSWERED_ERROR, GATEWAY_STATUSES, UNTOLD, Fate, answered
from why502.model.requests import Manner, Phase, Side

CONNECT_TIMEOUT_S = (9.5, 11.0)
"""A total in this range is the documented connect timeout: 10 s, not configurable (`load-balancer-troubleshooting`,
HTTP 504)."""


class Row(NamedTuple):
    """What the rules look at."""

    status: int | None
    target_status: int | None
    times: tuple[str, str, str]
    """As logged: until the request was sent, until the header came, until the answer was passed on."""
    total_s: float | None
    without_target: bool
    """The load balancer wrote '-' in place of a target."""
    fixed_response: bool
    reason: str | None = None
    """`error_reason`: of Lambda targets it names what went wrong."""


LAMBDA: dict[str, Fate] = {
    **dict.fromkeys(("LambdaUnhandled", "LambdaUnhandledException"), ANSWERED_ERROR),
    **dict.fromkeys(
        ("LambdaInvalidResponse", "LambdaBadRequest", "LambdaResponseTooLarge"),
        Fate(Side.PROXY, Phase.WAIT, Manner.MALFORMED),
    ),
    **dict.fromkeys(
        (
            "LambdaThrottling",
            "LambdaEC2ThrottledException",
            "LambdaENILimitReachedException",
            "LambdaSubnetIPAddressLimitReachedException",
        ),
        Fate(Side.PROXY, Phase.NO_TARGET, Manner.EXHAUSTED),
    ),
    **dict.fromkeys(("LambdaConnectionError",), Fate(Side.PROXY, Phase.CONNECT, Manner.UNKNOWN)),
    **dict.fromkeys(("LambdaConnectionTimeout",), Fate(Side.PROXY, Phase.CONNECT, Manner.TIMEOUT)),
    **dict.fromkeys(("LambdaServiceException", "LambdaEC2UnexpectedException"), UNTOLD),
}
"""Reasons that tell how far it came (`load-balancer-access-logs`, error reason codes). Every other one tells of a
function that cannot be called as it is set up: no permission, no such function, its key, its network, its archive."""


def fate(row: Row) -> Fate:
    """`target_status_code` is set only if the target sent a response; without it the load balancer answered."""
    if row.status == 460:
        return Fate(Side.CLIENT, _reached(row.times), Manner.GONE)
    if row.target_status is not None and (row.status == row.target_status or row.status not in GATEWAY_STATUSES):
        return answered(row.target_status)
    if row.status not in GATEWAY_STATUSES or row.fixed_response:
        return Fate(Side.PROXY, Phase.UNKNOWN)
    if row.reason is not None and row.reason.startswith("Lambda"):
        return LAMBDA.get(row.reason, Fate(Side.PROXY, Phase.NO_TARGET, Manner.UNKNOWN))
    if row.target_status is not None:
        return Fate(Side.PROXY, Phase.BODY, Manner.UNKNOWN)
    return Fate(Side.PROXY, *_own_failure(row))


def _reached(times: tuple[str, str, str]) -> Phase:
    """460: the request did reach a target, but the times may not say how far it came."""
    if times[2] != "-1":
        return Phase.BODY
    return Phase.UNKNOWN if times[0] == "-1" else Phase.WAIT


def _own_failure(row: Row) -> tuple[Phase, Manner]:
    """A 502, 503 or 504 made by the load balancer (`load-balancer-troubleshooting`, and the documented times)."""
    dispatched, sent_for, _ = (text != "-1" for text in row.times)
    if row.status == 503:
        return (Phase.UNKNOWN if dispatched else Phase.NO_TARGET), Manner.UNKNOWN
    if dispatched and row.status == 504:
        return Phase.WAIT, Manner.TIMEOUT
    if dispatched:
        # With the last time set as well a header of some kind came: malformed or too large, not told which.
        cut = sent_for and row.times[2] == "-1"
        return Phase.WAIT, Manner.CUT if cut else Manner.UNKNOWN
    if row.without_target:
        return Phase.UNKNOWN, Manner.UNKNOWN  # Lambda, WAF, or a request that never was complete
    low, high = CONNECT_TIMEOUT_S
    if row.status == 504 or (row.total_s is not None and low <= row.total_s <= high):
        return Phase.CONNECT, Manner.TIMEOUT
    # 502: RST to the SYN, an ICMP error, or a failed TLS handshake; one and the same row.
    return Phase.CONNECT, Manner.UNKNOWN
