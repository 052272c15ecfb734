"""What status, substatus and Windows error of IIS tell of an exchange.

IIS is a gateway in front of Application Request Routing (ARR), CGI, FastCGI and ASP.NET Core; the substatus says which.
Sources: learn.microsoft.com, "The HTTP status code in IIS" (502.1 to 502.4, 503.2 to 503.4), "Troubleshooting 502
errors in ARR" (sc-win32-status is the error of WinHTTP, with which ARR forwards), "WinHTTP error messages".
"""

from __future__ import annotations

from typing import Final

from why502.formats.fate import GATEWAY_STATUSES, UNTOLD, Fate, answered
from why502.model.requests import Manner, Phase, Side

WINHTTP: Final[dict[int, Fate]] = {
    12002: Fate(Side.PROXY, Phase.UNKNOWN, Manner.TIMEOUT),
    12007: Fate(Side.PROXY, Phase.NO_TARGET, Manner.UNRESOLVED),
    12029: Fate(Side.PROXY, Phase.CONNECT, Manner.UNKNOWN),
    12030: Fate(Side.PROXY, Phase.UNKNOWN, Manner.CUT),
    12152: Fate(Side.PROXY, Phase.WAIT, Manner.MALFORMED),
    12175: Fate(Side.PROXY, Phase.TLS, Manner.UNKNOWN),
}
"""502.3: TIMEOUT (connecting, sending or waiting: the article says that a trace is needed to tell), NAME_NOT_RESOLVED,
CANNOT_CONNECT, CONNECTION_ERROR (reset, or not TLS at all), INVALID_SERVER_RESPONSE, SECURE_FAILURE."""

SUBSTATUS: Final[dict[tuple[int, int], Fate]] = {
    (502, 1): Fate(Side.PROXY, Phase.WAIT, Manner.TIMEOUT),
    (502, 2): Fate(Side.PROXY, Phase.WAIT, Manner.UNKNOWN),
    (502, 3): Fate(Side.PROXY, Phase.UNKNOWN, Manner.UNKNOWN),
    (502, 4): Fate(Side.PROXY, Phase.NO_TARGET, Manner.UNKNOWN),
    (502, 5): Fate(Side.PROXY, Phase.UNKNOWN, Manner.UNKNOWN),
    (503, 2): Fate(Side.PROXY, Phase.UNKNOWN, Manner.EXHAUSTED),
    (503, 3): Fate(Side.PROXY, Phase.UNKNOWN, Manner.UNKNOWN),
    (503, 4): Fate(Side.PROXY, Phase.UNKNOWN, Manner.UNKNOWN),
}
"""CGI timeout, CGI's premature exit, forwarder connection error, no server, ASP.NET Core's process failed to start;
IIS's own limit of concurrent requests (`appConcurrentRequestLimit`), full queues of ASP.NET and FastCGI."""

HRESULT: Final = 0x8007_0000
"""The module of ASP.NET Core logs the same errors as HRESULT_FROM_WIN32: 2147954402 is 12002."""


def fate(status: int | None, substatus: int | None, win32: int | None, target_status: int | None) -> Fate:
    """`target_status`: what ARR says in the query that the server answered (SERVER-STATUS)."""
    if status == 502 and substatus == 3 and (known := WINHTTP.get(_error(win32))):
        return known
    if status is not None and substatus is not None and (told := SUBSTATUS.get((status, substatus))):
        return told
    if target_status is not None and target_status == status:
        return answered(status)
    if status is not None and status >= 500:
        return UNTOLD if not target_status else Fate(Side.PROXY, Phase.UNKNOWN, Manner.UNKNOWN)
    return Fate(None, Phase.UNKNOWN)


def reason(status: int | None, substatus: int | None, win32: int | None) -> str | None:
    """As people write it and look it up: '502.3, win32 12002'.

    >>> reason(502, 3, 2147954402), reason(503, 0, 0)
    ('502.3, win32 12002', None)
    """
    if status not in GATEWAY_STATUSES or not substatus:
        return None
    return f"{status}.{substatus}" + (f", win32 {_error(win32)}" if win32 else "")


def _error(win32: int | None) -> int:
    """The Windows error, out of an HRESULT where it is one."""
    return (win32 or 0) & 0xFFFF if (win32 or 0) & ~0xFFFF == HRESULT else win32 or 0
