"""Error log of Apache Traffic Server: connects that failed, names that did not resolve (HttpTransact.cc, 9.2).

Local time in whole seconds without a zone, read as if UTC. The URL is the one after remapping.
"""

from __future__ import annotations

import re

from why502.formats.fate import Fate
from why502.formats.fields import host_and_port, iso_time, request_line
from why502.formats.fitting import share
from why502.formats.interface import LogFormat, Sample
from why502.model.evidence import Place, Source
from why502.model.expressions import expression
from why502.model.requests import Manner, Phase, Request, Side

_LINE = expression(r"(\d{4})(\d\d)(\d\d)\.(\d\d)h(\d\d)m(\d\d)s (.*)", re.ASCII)
_CONNECT = expression(
    r"CONNECT:.{0,80}?(?:\[([A-Z_]{1,40})\].{0,80}?)? to (\S{1,255}:\d{1,5}) for host='[^']{0,255}' "
    r".*?connection_result=[^\[]{0,200}\[(\d{1,4})\]"
)
_URL = expression(r"url='([^']{1,8192})'|looking up (\S{1,8192})")

CONNECTED = frozenset({"BAD_INCOMING_RESPONSE", "CONNECTION_CLOSED", "INACTIVE_TIMEOUT"})
"""States of the server (`HttpTransact::ServerState_t`) that follow a connect: the target ended the connection before a
header was complete, or sent none in time (`HttpSM::state_read_server_response_header`; a connect that runs into its own
limit is a CONNECTION_ERROR). Rows seen with 9.2."""

CODES = {
    "111": Manner.REFUSED,
    "110": Manner.TIMEOUT,
    "101": Manner.UNREACHABLE,
    "113": Manner.UNREACHABLE,
    "104": Manner.RESET,
    "99": Manner.EXHAUSTED,
    "24": Manner.EXHAUSTED,
}
"""errno in `connection_result`."""


def parse(line: str, at: Place) -> Request | None | str:
    """One line; None if it tells of no failed exchange, a string if it is no line of the error log."""
    found = _LINE.match(line)
    if not found:
        return "not the shape of Traffic Server's error log"
    year, month, day, hour, minute, second, text = found.groups()
    end_s = iso_time(f"{year}-{month}-{day}T{hour}:{minute}:{second}+00:00")
    if end_s is None:
        return "its time is no time"
    connect = _CONNECT.match(text)
    if connect:
        fate = _fate(connect[1], CODES.get(connect[3]))
    elif text.startswith("DNS Error: "):
        unusable = "no valid server" in text
        fate = Fate(Side.PROXY, Phase.NO_TARGET, Manner.UNKNOWN if unusable else Manner.UNRESOLVED)
    else:
        return None
    url = _URL.search(text)
    address = (url[1] or url[2]) if url else ""
    return Request(
        proxy="trafficserver",
        at=at,
        start_s=None,
        end_s=end_s,
        status=None,
        side=fate.side,
        phase=fate.phase,
        manner=fate.manner,
        target=connect[2] if connect else host_and_port(address),
        path=request_line(f"GET {address or '-'} HTTP/1.1")[1],
        reason=text[:1000],
    )


def _fate(state: str | None, manner: Manner | None) -> Fate:
    if state in CONNECTED:
        return Fate(Side.PROXY, Phase.WAIT, manner or Manner.CUT)
    return Fate(Side.PROXY, Phase.CONNECT, manner or Manner.UNKNOWN)


def fit(lines: list[str]) -> float:
    """The share of lines that have the shape."""
    return share(lines, _LINE.match)


FORMAT = LogFormat(
    kind="trafficserver-error-log",
    source=Source.ERROR_LOG,
    fit=fit,
    parse=parse,
    family="trafficserver",
    samples=(
        Sample(
            "20261122.20h37m10s CONNECT: attempt fail [CONNECTION_ERROR] to 127.0.0.1:48191 for host='127.0.0.1' "
            "connection_result=Connection refused [111] error=Connection refused [111] attempts=0 "
            "url='http://127.0.0.1:48191/refused?id=7'",
            {
                "status": None,
                "side": Side.PROXY,
                "phase": Phase.CONNECT,
                "manner": Manner.REFUSED,
                "target": "127.0.0.1:48191",
                "path": "/refused",
                "end_s": 1795379830.0,
            },
            "Traffic Server 9.2.5 on loopback",
        ),
        Sample(
            "20261122.23h19m42s CONNECT: attempt fail [BAD_INCOMING_RESPONSE] to 10.50.2.2:8080 for host='api.example' "
            "connection_result=Input/output error [5] error=Unknown error 19999 [-19999] attempts=0 "
            "url='http://10.50.2.2:8080/api/menu?page=2'",
            {"phase": Phase.WAIT, "manner": Manner.CUT, "target": "10.50.2.2:8080", "path": "/api/menu"},
            "Traffic Server 9.2.5 in the lab, closed-without-response",
        ),
        Sample(
            "20261123.17h11m27s CONNECT: attempt fail [INACTIVE_TIMEOUT] to 10.50.2.2:8080 for host='api.example' "
            "connection_result=Connection timed out [110] error=Connection timed out [110] attempts=0 "
            "url='http://10.50.2.2:8080/api/alerts?page=17'",
            {"phase": Phase.WAIT, "manner": Manner.TIMEOUT, "target": "10.50.2.2:8080", "path": "/api/alerts"},
            "Traffic Server 9.2.5 in the lab, cpu-throttled",
        ),
        Sample(
            "20261123.17h11m27s CONNECT: attempt fail [CONNECTION_ERROR] to 10.50.2.2:8080 for host='api.example' "
            "connection_result=Connection timed out [110] error=Success [0] attempts=0 "
            "url='http://10.50.2.2:8080/api/alerts?page=17'",
            {"phase": Phase.CONNECT, "manner": Manner.TIMEOUT},
            "Traffic Server 9.2.5 in the lab, packets-dropped",
        ),
        Sample(
            "20261122.20h37m10s DNS Error: looking up http://orders.invalid/name?id=7",
            {"phase": Phase.NO_TARGET, "manner": Manner.UNRESOLVED, "path": "/name"},
            "Traffic Server 9.2.5 on loopback",
        ),
    ),
)
