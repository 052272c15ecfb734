"""How single fields of log lines become ours: absent is None, times are epoch seconds, paths have no query."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

from why502.model.expressions import expression

ABSENT = frozenset({"", "-", "-1"})
"""How logs write that there is no value."""

CACHED_CHARACTERS = 256
"""Longer request lines are not kept, so that the cache stays below a few megabytes."""

_NUMBER = expression(r"\d{1,12}(?:\.\d{1,9})?", re.ASCII)
_WHOLE = expression(r"\d{1,18}", re.ASCII)
_METHOD = expression(r"[A-Z][A-Z_-]{0,31}", re.ASCII)
_AUTHORITY = expression(r"[a-z]{1,8}://[^/?#]*", re.ASCII)
SECURE = frozenset({"https", "h2", "grpcs", "wss"})
_URI = expression(
    r"([a-z0-9]{1,12})://((?:\[[0-9a-fA-F:.%]{2,64}\]|[^\s/?#:@\[\]]{1,256})(:\d{1,5})?)(?=[/?#]|$)", re.ASCII
)
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}
_LOCAL = expression(r"(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d:\d\d:\d\d(?:\.\d{1,6})?)(?: ([+-]\d{4}))?", re.ASCII)

_QUERY = expression(r"""(://[^\s'"?]{1,4096}+)\?[^\s'"]*+""")


def present(text: str) -> str | None:
    """The text, or None where a log writes that there is none.

    >>> present("-"), present("10.0.0.7:80")
    (None, '10.0.0.7:80')
    """
    return None if text in ABSENT else text


@lru_cache(maxsize=8192)
def seconds(text: str) -> float | None:
    """A duration or a time in seconds; None for '-', '-1' and what is no number.

    >>> seconds("0.012"), seconds("-1"), seconds("1.2.3")
    (0.012, None, None)
    """
    return float(text) if _NUMBER.fullmatch(text) else None


def milliseconds(text: str) -> float | None:
    """A duration in milliseconds, as seconds.

    >>> milliseconds("1002"), milliseconds("-1"), milliseconds("-")
    (1.002, None, None)
    """
    value = seconds(text)
    return None if value is None else round(value / 1000, 6)


def end_of(start_s: float | None, total_s: float | None) -> float | None:
    """When what began at one time and took so long was over; its begin where nothing tells how long it took."""
    return round(start_s + total_s, 6) if start_s is not None and total_s is not None else start_s


@lru_cache(maxsize=8192)
def whole(text: str) -> int | None:
    """A count or a status.

    >>> whole("502"), whole("-")
    (502, None)
    """
    return int(text) if _WHOLE.fullmatch(text) else None


def iso_time(text: str) -> float | None:
    """An ISO 8601 time; without a zone it is taken as UTC.

    >>> iso_time("2018-08-28T20:17:23.366947Z"), iso_time("yesterday")
    (1535487443.366947, None)
    """
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


@lru_cache(maxsize=4096)
def local_time(text: str) -> float | None:
    """`$time_local` of nginx, `%t` of Apache, `%tr` of HAProxy (which has no zone: taken as UTC).

    >>> local_time("22/Nov/2026:21:37:34 +0200"), local_time("22/Nov/2026:19:37:34.250")
    (1795376254.0, 1795376254.25)
    """
    found = _LOCAL.fullmatch(text)
    if not found or found[2] not in _MONTHS:
        return None
    return iso_time(f"{found[3]}-{_MONTHS[found[2]]:02}-{found[1]}T{found[4]}{found[5] or '+0000'}")


def host_and_port(uri: str) -> str | None:
    """'address:port' of a target named by URI; the scheme's port if none is written.

    >>> host_and_port("http://10.0.0.7:8080/orders"), host_and_port("https://shop.internal/a")
    ('10.0.0.7:8080', 'shop.internal:443')
    """
    found = _URI.match(uri)
    if not found:
        return None
    return found[2] if found[3] else f"{found[2]}:{443 if found[1] in SECURE else 80}"


def request_line(text: str) -> tuple[str | None, str | None]:
    """Method and path (without host and query) of a request line, as far as they are there.

    >>> request_line("GET https://shop.example:443/a/b?token=1 HTTP/1.1")
    ('GET', '/a/b')
    >>> request_line("GET HTTP/2.0")
    ('GET', None)
    """
    return _request_line(text) if len(text) <= CACHED_CHARACTERS else _request_line.__wrapped__(text)


def without_queries(text: str) -> str:
    """A message without the query strings of the URLs in it: they hold what people sent, and reports are passed on.

    >>> without_queries("attempt fail, url='http://shop/pay?token=x'")
    "attempt fail, url='http://shop/pay?***'"
    """
    return _QUERY.sub(r"\1?***", text)


@lru_cache(maxsize=8192)
def _request_line(text: str) -> tuple[str | None, str | None]:
    first, _, rest = text.partition(" ")
    method = first if _METHOD.fullmatch(first) else None
    uri, _, version = rest.rpartition(" ")
    if not version.startswith("HTTP/"):
        uri = rest
    return method, _path(uri.strip())


def _path(uri: str) -> str | None:
    if uri.strip("- ") == "":
        return None
    authority = _AUTHORITY.match(uri)
    local = uri[authority.end() :] if authority else uri
    return re.split(r"[?#]", local, maxsplit=1)[0] or "/"
