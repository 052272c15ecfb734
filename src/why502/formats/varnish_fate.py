"""What Varnish's `FetchError` tells: every failure of a backend is 503 to the client, the cause is only here.

Texts of cache_backend.c, cache_conn_pool.c, cache_http1_fetch.c; rows seen with 7.1.1.
"""

from __future__ import annotations

import re
from functools import cache

from why502.formats.fate import Fate
from why502.model.requests import Manner, Phase, Side

ERRORS: tuple[tuple[str, Phase, Manner], ...] = (
    (r"errno 111\b", Phase.CONNECT, Manner.REFUSED),
    (r"errno 110\b", Phase.CONNECT, Manner.TIMEOUT),
    (r"errno (?:101|113)\b", Phase.CONNECT, Manner.UNREACHABLE),
    (r"errno (?:99|24|23)\b", Phase.CONNECT, Manner.EXHAUSTED),
    (r"\bfail(?:ed)? errno", Phase.CONNECT, Manner.UNKNOWN),
    (r"unhealthy|No backend|[Dd]irector .* returned no backend", Phase.NO_TARGET, Manner.UNKNOWN),
    (r": busy", Phase.NO_TARGET, Manner.EXHAUSTED),
    (r"first byte timeout", Phase.WAIT, Manner.TIMEOUT),
    (r"overflow", Phase.WAIT, Manner.TOO_LARGE),
    (r"http format error|[Rr]eceived junk", Phase.WAIT, Manner.MALFORMED),
    (r"HTC eof|backend closed", Phase.WAIT, Manner.CUT),
    (r"backend write error", Phase.SEND, Manner.CUT),
    (r"chunked|Invalid chunked|gunzip|[Gg]zip", Phase.BODY, Manner.MALFORMED),
    (r"insufficient bytes|eof socket fail", Phase.BODY, Manner.CUT),
    (r"Resource temporarily unavailable|between.bytes", Phase.BODY, Manner.TIMEOUT),
    (r"HTC |workspace", Phase.WAIT, Manner.UNKNOWN),
)
"""'fail errno 0 (Success)' stands for a backend in its hold-down time: nothing was attempted."""


@cache
def _errors() -> tuple[tuple[re.Pattern[str], Phase, Manner], ...]:
    """Compiled when the first line asks for them."""
    return tuple((re.compile(pattern), phase, manner) for pattern, phase, manner in ERRORS)


def fate(error: str, status: int | None) -> Fate:
    """A body that broke off before delivery began still becomes a 503; later the target's status stands."""
    found = next(((phase, manner) for pattern, phase, manner in _errors() if pattern.search(error[:1000])), None)
    phase, manner = found or (Phase.UNKNOWN, Manner.UNKNOWN)
    return Fate(Side.PROXY if status == 503 or phase is not Phase.BODY else None, phase, manner)
