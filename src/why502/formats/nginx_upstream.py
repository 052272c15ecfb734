"""What nginx's `$upstream_*` variables tell of an exchange.

The lists hold one item per attempt, joined with ', ', and ' : ' after an internal redirect; all have the same
number of items (ngx_http_upstream_module). nginx stores its *own* 502 or 504 in `$upstream_status` when an attempt
fails (`ngx_http_upstream_next`): only a number in `$upstream_header_time` proves that the target answered.
"""

from __future__ import annotations

import re
from itertools import islice, zip_longest
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from why502.formats.fate import GATEWAY_STATUSES, UNTOLD, Fate, answered
from why502.formats.fields import present, seconds, whole
from why502.model.expressions import expression
from why502.model.requests import Attempt, Manner, Phase, Side

if TYPE_CHECKING:
    from collections.abc import Iterable

OWN_STATUSES = frozenset({502, 504})
"""What `ngx_http_upstream_next` writes into `$upstream_status` for an attempt that failed without an answer."""

CLIENT_CLOSED = 499
"""NGX_HTTP_CLIENT_CLOSED_REQUEST"""

MAX_ATTEMPTS = 64
"""More servers than any request tries; bounds what a forged line can make us keep."""

NOTHING = frozenset({"", "-", " "})

_JOINT = expression(r",\s?| : ")
_ADDRESS = expression(r"unix:\S+|(?:\[[0-9a-fA-F:.%]+\]|[^\s:/\[\]]+):\d{1,5}", re.ASCII)


class Upstream(Struct, frozen=True):
    """The lists as logged; None: the variable is not in this log format."""

    address: str | None = None
    status: str | None = None
    connect_time: str | None = None
    header_time: str | None = None
    response_time: str | None = None
    response_length: str | None = None
    own_page: bool = False
    """nginx sent a body to the client: if none came from the target, it is nginx's own error page."""
    service: bool = False
    """`$proxy_upstream_name` of ingress-nginx names a service."""


class Exchange(Struct, frozen=True):
    """What they tell together, of the last attempt and of all."""

    fate: Fate
    target: str | None = None
    group: str | None = None
    target_status: int | None = None
    connect_s: float | None = None
    wait_s: float | None = None
    attempts: tuple[Attempt, ...] = ()


class _Last(Struct, frozen=True):
    """The last attempt, with what its format could have told."""

    attempt: Attempt
    group: str | None
    """The name in place of an address: no server of that group could be chosen."""
    received: bool
    """A body came, so a header had come: `response_length` counts only what followed it."""
    own_page: bool
    """Nothing came, and yet the client got a body."""
    tells_connect: bool
    tells_header: bool
    service: bool = False


def read(status: int | None, upstream: Upstream) -> Exchange:
    """The exchange behind one access-log line that ended with `status`."""
    rows = _rows(upstream)
    lasts = [_last(row, upstream) for row in rows] or [_last(NO_ROW, upstream)]
    last = lasts[-1]
    attempts = (*map(_given_up, lasts[:-1]), last.attempt) if rows else ()
    fate, target_status = _fate(status, last)
    return Exchange(
        fate=fate,
        target=last.attempt.target,
        group=last.group,
        target_status=target_status,
        connect_s=last.attempt.connect_s,
        wait_s=_wait_s(last.attempt) if last.tells_header else None,
        attempts=attempts,
    )


def _last(row: _Row, upstream: Upstream) -> _Last:
    """One attempt as if it had been the last."""
    attempt, name, length = _attempt(row), row[0].strip(), row[5].strip()
    return _Last(
        attempt=attempt,
        group=None if attempt.target else present(name),
        received=(whole(length) or 0) > 0,
        own_page=upstream.own_page and length == "0",
        tells_connect=upstream.connect_time is not None,
        tells_header=upstream.header_time is not None,
        service=upstream.service,
    )


def _given_up(earlier: _Last) -> Attempt:
    """An attempt after which another server was tried: how it failed, if it did (a redirect follows a good answer)."""
    fate, _ = _fate(earlier.attempt.status, earlier)
    return structs.replace(earlier.attempt, phase=fate.phase, manner=fate.manner)


def _wait_s(attempt: Attempt) -> float | None:
    """In nginx all times of an attempt count from its beginning, ours from the previous stage."""
    until_s = attempt.header_s if attempt.header_s is not None else attempt.response_s
    if until_s is None or attempt.connect_s is None:
        return None
    return round(max(0.0, until_s - attempt.connect_s), 3)


_Row = tuple[str, ...]
NO_ROW: _Row = ("",) * 6


def _rows(upstream: Upstream) -> list[_Row]:
    """One row for each attempt: address, status, connect, header and response time, length."""
    logged = (
        upstream.address or "",
        upstream.status or "",
        upstream.connect_time or "",
        upstream.header_time or "",
        upstream.response_time or "",
        upstream.response_length or "",
    )
    rows: Iterable[_Row] = (logged,)
    if any("," in text or " : " in text for text in logged):
        rows = islice(zip_longest(*map(_JOINT.split, logged), fillvalue=""), MAX_ATTEMPTS)
    return [row for row in rows if not NOTHING.issuperset(row)]


def _attempt(row: _Row) -> Attempt:
    name, status, connect, header, response, _ = row
    name = name.strip()
    return Attempt(
        name if _ADDRESS.fullmatch(name) else None,
        whole(status.strip()),
        seconds(connect.strip()),
        seconds(header.strip()),
        seconds(response.strip()),
    )


def _fate(status: int | None, last: _Last) -> tuple[Fate, int | None]:
    """The fate, and what the target itself answered."""
    if status == CLIENT_CLOSED:
        return Fate(Side.CLIENT, _reached(last), Manner.GONE), None
    if last.attempt.header_s is not None or last.received or _only_targets_say(last):
        if status in (0, 9):
            # "009": the target spoke no HTTP, and nginx passed it on as HTTP/0.9 (`ngx_http_upstream_process_header`)
            return Fate(Side.TARGET, Phase.BODY, Manner.MALFORMED), None
        if status != last.attempt.status and status in GATEWAY_STATUSES:
            return UNTOLD, last.attempt.status  # an error page or another module replaced the target's answer
        return answered(status), last.attempt.status
    if status is None or status < 500:
        return Fate(Side.PROXY if last.attempt.status is None else None, Phase.UNKNOWN), None
    return _unanswered(status, last), None


def _only_targets_say(last: _Last) -> bool:
    """Without a header time: a status that nginx never makes up itself."""
    return not last.tells_header and last.attempt.status is not None and last.attempt.status not in OWN_STATUSES


def _reached(last: _Last) -> Phase:
    if last.attempt.header_s is not None:
        return Phase.BODY
    if last.attempt.connect_s is not None:
        return Phase.WAIT if last.tells_header else Phase.UNKNOWN
    return Phase.CONNECT if last.tells_connect and last.attempt.target else Phase.UNKNOWN


def _unanswered(status: int, last: _Last) -> Fate:
    """A 5xx, and no proof that the target answered (rows of `ngx_http_upstream_next`; seen with nginx 1.22)."""
    if last.attempt.target is None and last.group is None and last.attempt.status is None:
        return _without_target(status, last)
    if last.group is not None and last.attempt.status in OWN_STATUSES:
        # All peers marked down: `$upstream_addr` is the group's name.
        return Fate(Side.PROXY, Phase.NO_TARGET, Manner.UNKNOWN)
    if last.tells_connect and last.attempt.connect_s is None and last.attempt.status in OWN_STATUSES:
        # 502: refused, reset or unreachable. 504: the connect or the TLS handshake timed out; TLS counts in it.
        return Fate(Side.PROXY, Phase.CONNECT, Manner.TIMEOUT if last.attempt.status == 504 else Manner.UNKNOWN)
    if last.tells_header and last.attempt.connect_s is not None and last.attempt.status in OWN_STATUSES:
        return Fate(Side.PROXY, Phase.WAIT, Manner.TIMEOUT if last.attempt.status == 504 else Manner.CUT)
    if last.own_page and last.attempt.status in OWN_STATUSES:
        return Fate(Side.PROXY, Phase.UNKNOWN, Manner.TIMEOUT if last.attempt.status == 504 else Manner.UNKNOWN)
    return UNTOLD


def _without_target(status: int, last: _Last) -> Fate:
    """No server was set when nginx failed."""
    if status == 500 and last.attempt.response_s is not None:
        # socket() failed (24) or worker_connections are not enough: 500, no address, time 0.000.
        return Fate(Side.PROXY, Phase.CONNECT, Manner.EXHAUSTED)
    if status == 502 and (last.tells_connect or last.tells_header):
        # The name of a variable target was not resolved.
        return Fate(Side.PROXY, Phase.NO_TARGET, Manner.UNKNOWN)
    if status == 503 and last.service:
        # ingress-nginx knows the service, and no endpoint of it: rootfs/etc/nginx/lua/balancer.lua.
        return Fate(Side.PROXY, Phase.NO_TARGET, Manner.UNKNOWN)
    if status == 503 and (last.tells_connect or last.tells_header):
        # nginx makes no 503 by itself: `return 503`, limit_req, limit_conn, a script; no server was asked for.
        return Fate(Side.PROXY, Phase.UNKNOWN)
    return UNTOLD
