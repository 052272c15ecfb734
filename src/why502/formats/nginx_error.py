"""Error log of nginx: the failures in its own words.

The messages are those of `ngx_http_upstream.c`, `ngx_event_connect.c`, `ngx_event_openssl.c` and
`ngx_connection.c` (nginx 1.22 to 1.31). A unix socket has errnos of its own: 11 is a full accept queue
(`unix_stream_connect`, net/unix/af_unix.c), 2 a socket that nobody has made.

A connection that nginx could not take (`accept4() failed`, `ngx_event_accept`) is no request, and tells why clients
waited: with no descriptor left it looks away from its listeners for `accept_mutex_delay` (500 ms) each time.

A line tells of one failed *attempt*: if another server was tried after it, the client may have got a 200, which only
the access log tells. Its time is local time without a zone; it is read as if it were UTC. nginx cuts a message at 2048
bytes (`NGX_MAX_ERROR_STR`), so the last fields may be missing.
"""

from __future__ import annotations

import re
from functools import cache

from why502.formats.envelopes import content
from why502.formats.fate import Fate
from why502.formats.fields import iso_time, request_line
from why502.formats.interface import LogFormat, Sample
from why502.model.case import ACCEPT_FAILED, KernelEvent
from why502.model.evidence import Place, Source
from why502.model.expressions import expression
from why502.model.requests import Manner, Phase, Request, Side

MAX_REASON_CHARACTERS = 1000

ACTIONS: tuple[tuple[str, Phase], ...] = (
    ("connecting to upstream", Phase.CONNECT),
    ("SSL handshaking to upstream", Phase.TLS),
    ("sending request to upstream", Phase.SEND),
    ("reading response header from upstream", Phase.WAIT),
    ("reading upstream", Phase.BODY),
    ("sending to client", Phase.BODY),
    ("proxying upgraded connection", Phase.BODY),
)
"""What follows ' while ' (`c->log->action`)."""

FAILURES: tuple[tuple[str, Phase | None, Manner], ...] = (
    (r"no live upstreams", Phase.NO_TARGET, Manner.UNKNOWN),
    (
        r"could not be resolved|no resolver defined to resolve|invalid host in upstream",
        Phase.NO_TARGET,
        Manner.UNRESOLVED,
    ),
    (r"socket\(\) failed|worker_connections are not enough", Phase.CONNECT, Manner.EXHAUSTED),
    (r"connect\(\) .*?failed \(111:", Phase.CONNECT, Manner.REFUSED),
    (r"connect\(\) .*?failed \((?:101|113):", Phase.CONNECT, Manner.UNREACHABLE),
    (r"connect\(\) .*?failed \(110:", Phase.CONNECT, Manner.TIMEOUT),
    (r"connect\(\) .*?failed \(104:", Phase.CONNECT, Manner.RESET),
    (r"connect\(\) .*?failed \((?:23|24|99):", Phase.CONNECT, Manner.EXHAUSTED),
    (r"connect\(\) to unix:.*?failed \(11:", Phase.CONNECT, Manner.QUEUE_FULL),
    (r"connect\(\) to unix:.*?failed \(2:", Phase.CONNECT, Manner.REFUSED),
    (r"connect\(\) .*?failed \((?:1|13):", Phase.CONNECT, Manner.FORBIDDEN),
    (r"connect\(\) .*?failed \(", Phase.CONNECT, Manner.UNKNOWN),
    (r"upstream SSL certificate|SSL_do_handshake\(\) failed", Phase.TLS, Manner.UNKNOWN),
    (r"peer closed connection in SSL handshake \(104:", Phase.TLS, Manner.RESET),
    (r"peer closed connection in SSL handshake", Phase.TLS, Manner.CLOSED),
    (r"upstream timed out", None, Manner.TIMEOUT),
    (r"upstream prematurely closed", None, Manner.CLOSED),
    (r"(?:recv|recvmsg|readv|send|writev|sendfile|SSL_read|SSL_write)\(\) failed \(104:", None, Manner.RESET),
    (r"(?:recv|recvmsg|readv) ?\(\) failed", None, Manner.CUT),
    (r"(?:send|writev|sendfile)\(\) failed \(32:", Phase.SEND, Manner.CUT),
    (r"upstream sent too big header", Phase.WAIT, Manner.TOO_LARGE),
    (r"upstream sent (?:invalid|duplicate|no valid|unsupported|unexpected)", None, Manner.MALFORMED),
    (r"upstream (?:sent goaway|rejected request)", None, Manner.UNKNOWN),
)
"""Message -> how far it had come (None: the action tells) and how it failed; the first that fits counts."""

_SEVERE = frozenset({"error", "crit", "alert", "emerg"})
_LINE = expression(r"(\d{4})/(\d\d)/(\d\d) (\d\d:\d\d:\d\d) \[([a-z]{2,8})\] \d{1,10}#\d{1,10}: (.*)", re.ASCII)
_CLIENT = expression(r", client: ([^,\s]{1,256})")
_SERVER = expression(r', upstream: "[a-z]{1,12}://(unix:[^":]{1,256}|[^/"]{1,256})')
_REQUEST = expression(r', request: "(.*?)(?:"(?:, (?:subrequest|upstream|host|referrer): "|$)|$)')
_ADDRESS = expression(r"unix:.+|.+:\d{1,5}", re.ASCII)
_OWN_LIMIT = expression(r"limiting (?:requests|connections)\b")
"""`limit_req` and `limit_conn` answer 503 unless told otherwise (`ngx_http_limit_req_module.c`, at level error)."""
_IDLE_TUNNEL = expression(r"upstream timed out .{0,80}while proxying upgraded connection")
"""A WebSocket on which nothing was said for `proxy_read_timeout`: its 101 was the answer, and nothing of it is missing
(`ngx_http_upstream_process_upgraded`)."""
_NOT_TAKEN = expression(r"accept4?\(\) failed \((?:23|24):")
"""ENFILE, EMFILE; `ngx_event_accept`."""
_CLIENT_GONE = "client prematurely closed connection"


@cache
def _failures() -> tuple[tuple[re.Pattern[str], Phase | None, Manner], ...]:
    """Compiled when the first line asks for them."""
    return tuple((re.compile(pattern), phase, manner) for pattern, phase, manner in FAILURES)


def parse(line: str, at: Place) -> Request | None | str:
    """One line; None if it tells of no request, a string if it is no line of an error log.

    A limit of nginx's own is told as a request that did not fail: it explains the 5xx of an access log.
    """
    found = _LINE.match(line)
    if not found:
        return "not the shape of nginx's error log"
    year, month, day, clock, level, text = found.groups()
    end_s = iso_time(f"{year}-{month}-{day}T{clock}+00:00")
    if end_s is None:
        return "its time is no time"
    message, fields = _halves(text)
    fate = _fate(level, message)
    return None if fate is None or not fields else _request(end_s, fate, message, fields, at)


def tell(line: str, at: Place, near_s: float | None, written_s: float | None = None) -> KernelEvent | None:  # noqa: ARG001
    """A connection that nginx could not take; None for anything else."""
    found = _LINE.match(content(line)) if "accept" in line else None
    if not found or not _NOT_TAKEN.search(found[6]):
        return None
    at_s = iso_time(f"{found[1]}-{found[2]}-{found[3]}T{found[4]}+00:00")
    return None if at_s is None else KernelEvent(at_s, ACCEPT_FAILED, at, process="nginx", text=_halves(found[6])[0])


def _halves(text: str) -> tuple[str, str]:
    """What happened, and the fields behind it (', client: ...'), without the connection's number."""
    cut = text.find(", client: ")
    message, fields = (text[:cut], text[cut:]) if cut >= 0 else (text, "")
    return re.sub(r"^\*\d{1,20} ", "", message)[:MAX_REASON_CHARACTERS], fields


def _fate(level: str, message: str) -> Fate | None:
    phase = next((phase for action, phase in ACTIONS if f"while {action}" in message), None)
    if _CLIENT_GONE in message:
        return Fate(Side.CLIENT, phase or Phase.UNKNOWN, Manner.GONE)
    if level not in _SEVERE or _IDLE_TUNNEL.search(message):
        return None
    if _OWN_LIMIT.match(message):
        return Fate(Side.PROXY, Phase.UNKNOWN)
    named = next(((told, manner) for pattern, told, manner in _failures() if pattern.search(message)), None)
    if named is None or (phase is None and "upstream" not in message and named[0] is not Phase.NO_TARGET):
        return None  # about the client's connection, a file, a limit
    phase = named[0] or phase or Phase.UNKNOWN
    return Fate(None if phase is Phase.BODY else Side.PROXY, phase, named[1])


def _request(end_s: float, fate: Fate, message: str, fields: str, at: Place) -> Request:
    client, server, request = (pattern.search(fields) for pattern in (_CLIENT, _SERVER, _REQUEST))
    method, path = request_line(request[1]) if request else (None, None)
    name = server[1] if server else None
    is_address = name is not None and _ADDRESS.fullmatch(name) is not None
    return Request(
        proxy="nginx",
        at=at,
        start_s=None,
        end_s=end_s,
        status=None,
        side=fate.side,
        phase=fate.phase,
        manner=fate.manner,
        client=client[1] if client else None,
        target=name if is_address else None,
        group=None if is_address else name,
        method=method,
        path=path,
        reason=message,
    )


def fit(lines: list[str]) -> float:
    """The share of lines that have the shape."""
    return sum(_LINE.match(line) is not None for line in lines) / len(lines) if lines else 0.0


_REST = ', client: 127.0.0.1, server: shop, request: "GET /orders?id=7 HTTP/1.1", upstream: "http://{}", host: "shop"'


def _sample(level: str, message: str, upstream: str, expected: dict[str, object]) -> Sample:
    line = f"2026/11/22 19:37:34 [{level}] 4242#4242: *7 {message}{_REST.format(upstream)}"
    common: dict[str, object] = {"end_s": 1795376254.0, "client": "127.0.0.1", "status": None, "path": "/orders"}
    return Sample(line, common | {"reason": message} | expected, "nginx 1.22 on loopback")


FORMAT = LogFormat(
    kind="nginx-error-log",
    source=Source.ERROR_LOG,
    fit=fit,
    parse=parse,
    tell=tell,
    family="nginx",
    samples=(
        _sample(
            "error",
            "connect() failed (111: Connection refused) while connecting to upstream",
            "10.0.0.7:8080/orders?id=7",
            {"phase": Phase.CONNECT, "manner": Manner.REFUSED, "side": Side.PROXY, "target": "10.0.0.7:8080"},
        ),
        _sample(
            "error",
            "upstream timed out (110: Connection timed out) while reading response header from upstream",
            "[fd00::7]:8080/orders?id=7",
            {"phase": Phase.WAIT, "manner": Manner.TIMEOUT, "target": "[fd00::7]:8080"},
        ),
        _sample(
            "error",
            "no live upstreams while connecting to upstream",
            "orders/orders?id=7",
            {"phase": Phase.NO_TARGET, "manner": Manner.UNKNOWN, "target": None, "group": "orders"},
        ),
        _sample(
            "info",
            "epoll_wait() reported that client prematurely closed connection, so upstream connection is closed too "
            "while reading response header from upstream",
            "unix:/run/orders.sock:/orders?id=7",
            {"phase": Phase.WAIT, "manner": Manner.GONE, "side": Side.CLIENT, "target": "unix:/run/orders.sock"},
        ),
    ),
)
