"""What Envoy's response flags, code details and transport failure tell of a request.

Sources: `docs/root/configuration/observability/access_log/usage.rst`, `response_code_details.rst`,
`source/common/stream_info/utility.h`, `source/common/http/utility.cc` of envoyproxy/envoy. Connect failures are 503,
timeouts 504 only once connected, and Envoy's own 502 is a response that it could not parse.
"""

from __future__ import annotations

import re
from functools import cache

from msgspec import Struct

from why502.formats.fate import SWITCHED, UNTOLD, Fate, answered
from why502.model.requests import Attempt, Manner, Phase, Side

FLAGS: dict[str, tuple[Phase, Manner | None]] = {
    "UF": (Phase.CONNECT, Manner.UNKNOWN),
    "UC": (Phase.WAIT, Manner.CUT),
    "UR": (Phase.WAIT, Manner.RESET),
    "UPE": (Phase.WAIT, Manner.MALFORMED),
    "UT": (Phase.WAIT, Manner.TIMEOUT),
    "UMSDR": (Phase.WAIT, Manner.TIMEOUT),
    "DT": (Phase.WAIT, Manner.TIMEOUT),
    "SI": (Phase.WAIT, Manner.TIMEOUT),
    "LR": (Phase.WAIT, Manner.UNKNOWN),
    "UH": (Phase.NO_TARGET, Manner.UNKNOWN),
    "NC": (Phase.NO_TARGET, Manner.UNKNOWN),
    "LH": (Phase.NO_TARGET, Manner.UNKNOWN),
    "DF": (Phase.NO_TARGET, Manner.UNRESOLVED),
    "UO": (Phase.NO_TARGET, Manner.EXHAUSTED),
    "OM": (Phase.UNKNOWN, Manner.EXHAUSTED),
    "DO": (Phase.UNKNOWN, Manner.EXHAUSTED),
    "URX": (Phase.UNKNOWN, Manner.UNKNOWN),
}
"""Flag -> how far it had come, how it failed; where several are set the first in this order counts."""

LONG_NAMES = {
    "UpstreamConnectionFailure": "UF",
    "UpstreamConnectionTermination": "UC",
    "UpstreamRemoteReset": "UR",
    "UpstreamProtocolError": "UPE",
    "UpstreamRequestTimeout": "UT",
    "UpstreamMaxStreamDurationReached": "UMSDR",
    "DurationTimeout": "DT",
    "StreamIdleTimeout": "SI",
    "LocalReset": "LR",
    "NoHealthyUpstream": "UH",
    "NoClusterFound": "NC",
    "FailedLocalHealthCheck": "LH",
    "DnsResolutionFailed": "DF",
    "UpstreamOverflow": "UO",
    "OverloadManagerTerminated": "OM",
    "DropOverload": "DO",
    "UpstreamRetryLimitExceeded": "URX",
    "DownstreamConnectionTermination": "DC",
}
"""`%RESPONSE_FLAGS_LONG%`"""

TUNNEL_ENDS = frozenset({"DC", "SI", "UT", "DT", "UMSDR"})
"""The client left, or a timer for idle or long streams ran out."""

LOCAL = frozenset({"RL", "RLSE", "UAEX", "FI", "DI", "IH", "DPE", "NR", "RFCF", "NFCF"})
"""Envoy answered as it was configured to, or refused the client's request."""

CONNECTS: tuple[tuple[str, Phase, Manner], ...] = (
    (r"TLS[_ ]error|CERTIFICATE_VERIFY|WRONG_VERSION_NUMBER|SSL", Phase.TLS, Manner.UNKNOWN),
    (r"[Cc]onnection[ _]refused|error: 111\b|error:_111\b", Phase.CONNECT, Manner.REFUSED),
    (
        r"[Nn]o[ _]route[ _]to[ _]host|[Nn]etwork[ _]is[ _]unreachable|error:[ _](?:101|113)\b",
        Phase.CONNECT,
        Manner.UNREACHABLE,
    ),
    (r"[Cc]annot[ _]assign|[Tt]oo[ _]many[ _]open|error:[ _](?:99|24)\b", Phase.CONNECT, Manner.EXHAUSTED),
    (r"connection[ _]timeout|[Cc]onnection[ _]timed[ _]out|error:[ _]110\b", Phase.CONNECT, Manner.TIMEOUT),
)
"""Within UF: words of the reset reason and of the transport failure."""

MAX_RETRIES = 16


class Told(Struct, frozen=True):
    """What one line says, None where the format lacks it."""

    status: int | None
    flags: str | None
    details: str | None = None
    failure: str | None = None
    """`UPSTREAM_TRANSPORT_FAILURE_REASON`"""
    answered: bool = False
    """The upstream's service time is there, so it returned headers."""


@cache
def _connects() -> tuple[tuple[re.Pattern[str], Phase, Manner], ...]:
    """Compiled when the first line asks for them."""
    return tuple((re.compile(pattern, re.ASCII), phase, manner) for pattern, phase, manner in CONNECTS)


def fate(told: Told) -> Fate:
    """Who made the status, how far it came, how it failed."""
    flags = {LONG_NAMES.get(flag, flag) for flag in re.split(r"[,|]", told.flags or "")} - {"", "-"}
    details = told.details or ""
    if told.status == SWITCHED and flags & TUNNEL_ENDS:
        return answered(told.status)
    if "DC" in flags or details.startswith("downstream_remote_disconnect"):
        return Fate(Side.CLIENT, Phase.WAIT if told.status == 0 else Phase.UNKNOWN, Manner.GONE)
    if "after_response_started" in details:
        return Fate(None, Phase.BODY, Manner.TIMEOUT if flags & {"UT", "SI", "DT"} else Manner.CUT)
    flag = next((flag for flag in FLAGS if flag in flags), None)
    failed = told.status == 0 or (told.status or 0) >= 500
    if flag is not None and (failed or _failed_call(told, details)):
        return Fate(Side.PROXY, *_refined(flag, f"{details} {told.failure or ''}"))
    if flag is not None and told.answered and flag in ("UC", "UR", "UPE", "LR", "UT"):
        return Fate(None, Phase.BODY, Manner.CUT)
    if flags & LOCAL:
        return Fate(Side.PROXY, Phase.UNKNOWN)
    return _unflagged(told, details, failed=failed)


def _failed_call(told: Told, details: str) -> bool:
    """gRPC: what Envoy answers itself is 200 with a `grpc-status` (`Utility::sendLocalReply`), and so are its logs."""
    begun = not details or "before_response_started" in details or not details.startswith(("via_upstream", "upstream_"))
    return told.status == 200 and not told.answered and begun


def _refined(flag: str, text: str) -> tuple[Phase, Manner | None]:
    if flag == "UF" or (flag == "URX" and "connection" in text):
        found = next(((phase, manner) for pattern, phase, manner in _connects() if pattern.search(text)), None)
        return found or (Phase.CONNECT, Manner.UNKNOWN)
    return FLAGS[flag]


def _unflagged(told: Told, details: str, *, failed: bool) -> Fate:
    if details == "via_upstream" or (not details and told.answered):
        return answered(told.status)
    if not failed:
        return answered(told.status) if not details else Fate(Side.PROXY, Phase.UNKNOWN)
    if details in ("overload", "load_shed"):
        # The overload manager refuses requests while a resource of Envoy's own (heap, connections) is short.
        return Fate(Side.PROXY, Phase.UNKNOWN, Manner.EXHAUSTED)
    return Fate(Side.PROXY, Phase.UNKNOWN) if details in ("direct_response", "maintenance_mode") else UNTOLD


def attempts(count: int | None, told: Told, target: str | None) -> tuple[Attempt, ...]:
    """`UPSTREAM_REQUEST_ATTEMPT_COUNT`: all but the last failed, and nothing says how."""
    if not count or count < 2:
        return ()
    failed = Attempt(None, None, manner=Manner.UNKNOWN)
    return (failed,) * min(count - 1, MAX_RETRIES) + (Attempt(target, told.status),)
