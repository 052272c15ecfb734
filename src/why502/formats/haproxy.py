"""Log of HAProxy: httplog, httpslog, tcplog, and the messages that stand between them.

`%b/%s` are names: the server's address is not in these formats. Times are local without a zone, taken as UTC, and
tell when the first byte of the request came (`%tr`) or the connection was accepted (TCP, `%t`).
"""

from __future__ import annotations

import re

from why502.formats.fields import end_of, local_time, milliseconds, request_line, whole
from why502.formats.fitting import share
from why502.formats.haproxy_health import tell, tells_state
from why502.formats.haproxy_state import NO_SERVER, Session, attempts, fate
from why502.formats.interface import LogFormat, Sample
from why502.model.evidence import Place, Source
from why502.model.expressions import expression
from why502.model.requests import Attempt, Manner, Phase, Request, Side

_TIME = r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d(?:\.\d{3})?(?: [+-]\d{4})?"
_HEAD = rf"(\S{{1,300}}) \[({_TIME})\] (\S{{1,256}}) ([^\s/]{{1,256}})/(\S{{1,256}}) "
_COUNTS = r"\d{1,9}/\d{1,9}/\d{1,9}/\d{1,9}/(\+?\d{1,6}) \d{1,9}/\d{1,9}"
_OWN = r"(?:[^\s/\"{}\[\]]{1,256} ){0,2}"
"""What people insert before the times: a host name, the client's certificate."""
_HTTP = expression(
    _HEAD + _OWN + r"(-?\d{1,9})/(-?\d{1,9})/(-?\d{1,9})/(-?\d{1,9})/\+?(-?\d{1,9}) (-?\d{1,3}) \+?(\d{1,18})"
    r" \S{1,4096} \S{1,4096} (\S{4}) " + _COUNTS + r"(?: \{[^}]{0,8192}\}){0,2} \"([^\"]*)",
    re.ASCII,
)
_TCP = expression(
    _HEAD + r"(-?\d{1,9})/(-?\d{1,9})/\+?(-?\d{1,9}) \+?(\d{1,18}) (\S\S) " + _COUNTS,
    re.ASCII,
)
_MESSAGE = expression(
    r"(?:\[(?:NOTICE|WARNING|ALERT|DIAG)\] .*)?"
    r"(?:Connect from \S+ to \S+ \(|(?:Backup )?[Ss]erver \S+/\S+ |[Pp]roxy \S+ |[Bb]ackend \S+ has no server|"
    r"Health check for |Connect\(\) failed |Stopping |Loading success|New worker|Proxy .*stopped|"
    rf"\S{{1,300}} \[{_TIME}\] \S{{1,512}}: )|\[(?:NOTICE|WARNING|ALERT|DIAG)\] ",
    re.ASCII,
)


def parse(line: str, at: Place) -> Request | None | str:
    """One line; None for a message of HAProxy that tells of no session."""
    if found := _HTTP.match(line):
        return _http(found.groups(""), at)
    if found := _TCP.match(line):
        return _tcp(found.groups(""), at)
    return None if _MESSAGE.match(line) else "not the fields of HAProxy's log"


def is_http(line: str) -> bool:
    """Whether the line is that of a session over HTTP."""
    return bool(_HTTP.match(line))


def is_tcp(line: str) -> bool:
    """Whether the line is that of a session over TCP."""
    return bool(_TCP.match(line))


def _http(fields: tuple[str, ...], at: Place) -> Request:
    client, time, _, backend, server, begun, _, connect, header, total, status, _, state, retries, line = fields
    session = Session(
        state=state,
        status=whole(status) or 0,
        server=server,
        connect_s=milliseconds(connect),
        header_s=milliseconds(header),
        total_s=milliseconds(total),
        retries=int(retries),
        redispatched=retries.startswith("+"),
    )
    return request(session, at, start_s=local_time(time), begun_s=milliseconds(begun), client=client,
                   group=f"{backend}/{server}", line=request_line(line))  # fmt: skip


def _tcp(fields: tuple[str, ...], at: Place) -> Request:
    client, time, _, backend, server, _, connect, total, _, state, retries = fields
    session = Session(
        state=state,
        status=None,
        server=server,
        connect_s=milliseconds(connect),
        total_s=milliseconds(total),
        retries=int(retries),
        redispatched=retries.startswith("+"),
    )
    return request(session, at, start_s=local_time(time), client=client, group=f"{backend}/{server}")


def request(
    session: Session,
    at: Place,
    *,
    start_s: float | None,
    begun_s: float | None = None,
    client: str | None = None,
    target: str | None = None,
    group: str | None = None,
    line: tuple[str | None, str | None] = (None, None),
) -> Request:
    """A session as a request; one over TCP has status 0, for nothing was said in HTTP."""
    ended = fate(session)
    total_s, connect_s = session.total_s, session.connect_s
    wait_s = session.header_s
    if ended.phase is Phase.WAIT and wait_s is None and total_s is not None and connect_s is not None:
        wait_s = round(max(0.0, total_s - connect_s - (begun_s or 0.0)), 6)
    return Request(
        proxy="haproxy",
        at=at,
        start_s=start_s,
        end_s=end_of(start_s, total_s),
        status=session.status or 0,
        side=ended.side,
        phase=ended.phase,
        manner=ended.manner,
        client=client,
        target=target,
        group=None if group is None else group.removesuffix(f"/{NO_SERVER}"),
        method=line[0],
        path=line[1],
        target_status=session.status if ended.side is Side.TARGET else None,
        connect_s=None if session.retries else connect_s,  # Tc counts the failed attempts and the pauses as well
        wait_s=wait_s,
        total_s=total_s,
        attempts=attempts(session, target),
        reason=session.state if ended.manner is not None else None,
    )


def fit(lines: list[str]) -> float:
    """The share of lines that are HAProxy's; of messages alone, one that only HAProxy writes has to be there."""
    if not any(_HTTP.match(line) or _TCP.match(line) or tells_state(line) for line in lines):
        return 0.0
    return share(lines, lambda line: not isinstance(parse(line, Place("")), str))


_MANUAL = "docs.haproxy.org configuration manual, 8.2 log formats"
_START = "127.0.0.1:46434 [22/Nov/2026:20:35:08.232]"

FORMAT = LogFormat(
    kind="haproxy-log",
    source=Source.ACCESS_LOG,
    fit=fit,
    parse=parse,
    tell=tell,
    family="haproxy",
    samples=(
        Sample(
            "10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- "
            '1/1/1/1/0 0/0 {1wt.eu} {} "GET /index.html?a=1 HTTP/1.1"',
            {
                "status": 200,
                "side": Side.TARGET,
                "phase": Phase.DONE,
                "manner": None,
                "client": "10.0.1.2:33317",
                "target": None,
                "group": "static/srv1",
                "path": "/index.html",
                "connect_s": 0.03,
                "wait_s": 0.069,
                "total_s": 0.109,
                "start_s": 1233922454.655,
            },
            _MANUAL + " (HTTP log format)",
        ),
        Sample(
            f'{_START} httplog usual/t 0/0/1/-1/7 502 209 - - SH-- 12/7/3/3/0 0/0 "GET /reset?id=7 HTTP/1.1"',
            {"status": 502, "side": Side.PROXY, "phase": Phase.WAIT, "manner": Manner.CUT, "wait_s": 0.006},
            "HAProxy 2.6, the target reset the connection",
        ),
        Sample(
            f'{_START} web api/t 0/0/0/-1/0 -1 0 - - SD-- 8/8/0/0/0 0/0 "POST /api/menu HTTP/1.1"',
            {"status": 0, "side": Side.PROXY, "phase": Phase.WAIT, "manner": Manner.CUT},
            "HAProxy 2.6, a used connection to the server was reset before any header",
        ),
        Sample(
            f'{_START} httpslog full/f 0/0/-1/-1/603 503 217 - - sC-- 19/5/1/1/1 0/0 "GET /a HTTP/1.1" 0/-/-/-/0 -/-/-',
            {"status": 503, "phase": Phase.CONNECT, "manner": Manner.TIMEOUT, "connect_s": None, "reason": "sC--"},
            "HAProxy 2.6, httpslog, connect timeout 300 ms to a full accept queue, one retry",
        ),
        Sample(
            f'{_START} httplog two/b 0/1002/0/2/1004 200 51 - - ---- 2/2/0/0/+1 0/0 "GET /retried HTTP/1.1"',
            {
                "manner": None,
                "attempts": (
                    Attempt(None, None, phase=Phase.CONNECT, manner=Manner.UNKNOWN),
                    Attempt(None, 200, 0.0),
                ),
            },
            "HAProxy 2.6, redispatched after the first server refused",
        ),
        Sample(
            "10.0.1.2:33313 [06/Feb/2009:12:12:51.443] fnt bck/srv1 0/0/5007 212 -- 0/0/0/0/3 0/0",
            {"status": 0, "phase": Phase.DONE, "manner": None, "group": "bck/srv1", "connect_s": None},
            _MANUAL + " (TCP log format)",
        ),
    ),
)
