"""Log of HAProxy as JSON, hand-made with `log-format` or written by `%{+json}o` (3.0 and later).

There is no standard; these are the names of the `log-format` fields themselves and what people commonly call them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.formats.fields import iso_time, local_time, request_line
from why502.formats.fitting import share
from why502.formats.haproxy import request
from why502.formats.haproxy_state import Session
from why502.formats.interface import LogFormat, Sample
from why502.formats.json_line import Row, row
from why502.model.evidence import Place, Source
from why502.model.requests import Manner, Phase, Request, Side

if TYPE_CHECKING:
    from collections.abc import Iterable

STATE = ("tsc", "ts", "termination_state", "term_state", "state")
CONNECT = ("Tc", "tc", "time_connect", "connect_time", "time_backend_connect", "timer_connect")
HEADER = ("Tr", "time_response", "response_time", "time_backend_response", "timer_response")
BEGUN = ("TR", "time_request", "request_time", "time_client_req")
TOTAL = ("Ta", "Tt", "time_active", "time_total", "total_time", "time_duration", "duration")
SERVER = ("s", "server", "server_name", "srv_name")
BACKEND = ("b", "backend", "backend_name", "be_name")
STATUS = ("ST", "status", "status_code", "http_status", "response_code")
TIME = ("tr", "t", "trg", "timestamp", "time", "date", "@timestamp", "request_date", "Ts", "ts", "epoch")


def parse(line: str, at: Place) -> Request | str:
    """One line; a string says why it is not understood."""
    fields = row(line)
    state = _state(fields) if fields else None
    if fields is None or state is None or not any(key in fields.values for key in CONNECT):
        return "not the fields of a HAProxy log in JSON"
    retries = fields.text("rc", "retries") or "0"
    server = fields.text(*SERVER) or "-"
    session = Session(
        state=state,
        status=fields.whole(*STATUS) or 0,
        server=server,
        connect_s=fields.milliseconds(*CONNECT),
        header_s=fields.milliseconds(*HEADER),
        total_s=fields.milliseconds(*TOTAL),
        retries=_retries(retries),
        redispatched=retries.startswith("+"),
        error_code=fields.text("bc_err"),
    )
    start_s = _start_s(fields)
    return request(
        session,
        at,
        start_s=start_s,
        begun_s=fields.milliseconds(*BEGUN),
        client=_address(fields, ("ci", "client_ip", "client_addr", "client", "src"), ("cp", "client_port", "src_port")),
        target=_address(fields, ("si", "server_ip", "server_addr"), ("sp", "server_port")),
        group="/".join(filter(None, (fields.text(*BACKEND), server))),
        line=_request_line(fields),
    )


def _state(fields: Row) -> str | None:
    """Of the keys in use, the first whose value has the shape of a state ('ts' is also a time)."""
    texts: Iterable[object] = (fields.values.get(key) for key in STATE)
    return next((text for text in texts if isinstance(text, str) and 2 <= len(text) <= 4 and _is_state(text)), None)


def _is_state(text: str) -> bool:
    return text[0] in "CSPLRIDUKcs-" and text[1] in "RQCHDLT-"


def _retries(text: str) -> int:
    digits = text.removeprefix("+")
    return int(digits) if digits.isdecimal() and len(digits) <= 6 else 0


def _start_s(fields: Row) -> float | None:
    for key in TIME:
        text = fields.text(key)
        if text is None:
            continue
        at_s = local_time(text) or iso_time(text) if "-" in text or "/" in text else fields.number(key)
        if at_s is not None:
            return at_s / 1000 if at_s > 1e11 else at_s
    return None


def _address(fields: Row, hosts: tuple[str, ...], ports: tuple[str, ...]) -> str | None:
    host, port = fields.text(*hosts), fields.whole(*ports)
    if host is None or not port:
        return host
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _request_line(fields: Row) -> tuple[str | None, str | None]:
    if whole_line := fields.text("r", "request", "http_request", "request_line"):
        return request_line(whole_line)
    method, uri = fields.text("HM", "method", "http_method"), fields.text("HU", "uri", "HP", "path", "url")
    return request_line(f"{method or '-'} {uri or '-'} HTTP/1.1")


def fit(lines: list[str]) -> float:
    """The share of lines that have a termination state and timers."""
    return share(lines, lambda line: not isinstance(parse(line, Place("")), str))


FORMAT = LogFormat(
    kind="haproxy-json-log",
    source=Source.ACCESS_LOG,
    fit=fit,
    parse=parse,
    family="haproxy",
    samples=(
        Sample(
            '{"ts":"1795379708","client_ip":"127.0.0.1","client_port":46232,"frontend":"json","backend":"usual",'
            '"server":"t","server_ip":"127.0.0.1","server_port":"45277","TR":0,"Tw":0,"Tc":0,"Tr":-1,"Ta":1001,'
            '"status":504,"bytes_read":198,"termination_state":"sH--","retries":"0","method":"GET","uri":"/slow?id=7",'
            '"bc_err":"0"}',
            {
                "status": 504,
                "side": Side.PROXY,
                "phase": Phase.WAIT,
                "manner": Manner.TIMEOUT,
                "target": "127.0.0.1:45277",
                "client": "127.0.0.1:46232",
                "group": "usual/t",
                "path": "/slow",
                "wait_s": 1.001,
                "start_s": 1795379708.0,
            },
            "HAProxy 2.6 with a hand-made JSON log-format",
        ),
    ),
)
