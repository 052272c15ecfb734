"""Log of Kong's plugins (file-log, http-log, tcp-log, syslog...): one JSON object a request (`kong/pdk/log.lua`).

Times are milliseconds; `started_at` is the start. `tries` holds one element for each address that was asked; all but
the last one have the `state` and `code` of `ngx.balancer.get_last_failure` (`Kong.balancer` in `kong/init.lua`):
'failed' is no answer (502, or 504 where a timer ran out), 'next' an answer for which the next one was asked. From 3.5
on `source` says whether the target made the answer or Kong; before, nothing does.
"""

from __future__ import annotations

from itertools import islice
from typing import Final

from why502.formats.fate import UNTOLD, Fate, answered
from why502.formats.fields import end_of, request_line
from why502.formats.fitting import share
from why502.formats.interface import LogFormat, Sample
from why502.formats.json_line import Row, row
from why502.model.evidence import Place, Source
from why502.model.requests import Attempt, Manner, Phase, Request, Side

CLIENT_CLOSED: Final = 499
MAX_TRIES: Final = 64
"""Kong tries 5 addresses again by default; bounds what a forged line can make us keep."""


def parse(line: str, at: Place) -> Request | str:
    """One line; a string says why it is not understood."""
    told = row(line)
    if told is None or not told.has("request", "response", "latencies", "started_at"):
        return "not the keys of Kong's log"
    asked, took = told.inner("request"), told.inner("latencies")
    status = told.inner("response").whole("status")
    tries = _tries(told)
    side, phase, manner = _fate(status, told.text("source"))
    start_s, total_s = told.milliseconds("started_at"), took.milliseconds("request")
    method, path = request_line(f"{asked.text('method') or '-'} {asked.text('uri') or '-'} HTTP/1.1")
    service = told.inner("service")
    return Request(
        proxy="kong",
        at=at,
        start_s=start_s,
        end_s=end_of(start_s, total_s),
        status=status or 0,
        side=side,
        phase=phase,
        manner=manner,
        client=told.text("client_ip"),
        target=tries[-1].target if tries else None,
        group=service.text("name", "host"),
        method=method,
        path=path,
        request_bytes=asked.whole("size"),
        target_status=status if side is Side.TARGET else None,
        wait_s=took.milliseconds("proxy"),
        total_s=total_s,
        attempts=tries if len(tries) > 1 else (),
    )


def _tries(told: Row) -> tuple[Attempt, ...]:
    listed = told.values.get("tries")
    each = [Row(one) for one in islice(listed, MAX_TRIES) if isinstance(one, dict)] if isinstance(listed, list) else []
    return tuple(_attempt(one, last=number == len(each)) for number, one in enumerate(each, 1))


def _attempt(one: Row, *, last: bool) -> Attempt:
    ip, port, code = one.text("ip"), one.whole("port"), one.whole("code")
    target = f"[{ip}]:{port}" if ip and ":" in ip and port else f"{ip}:{port}" if ip and port else ip
    if last or one.text("state") is None:
        return Attempt(target, None)
    if one.text("state") == "next":
        return Attempt(target, code, phase=Phase.DONE, manner=Manner.ANSWERED if (code or 0) >= 500 else None)
    return Attempt(target, code, manner=Manner.TIMEOUT if code == 504 else Manner.UNKNOWN)


def _fate(status: int | None, source: str | None) -> Fate:
    if status == CLIENT_CLOSED:
        return Fate(Side.CLIENT, Phase.UNKNOWN, Manner.GONE)
    if source == "upstream":
        return answered(status)
    if status is None or status < 500:
        return Fate(Side.PROXY if source else None, Phase.UNKNOWN)
    return Fate(Side.PROXY, Phase.UNKNOWN, Manner.TIMEOUT if status == 504 else Manner.UNKNOWN) if source else UNTOLD


def fit(lines: list[str]) -> float:
    """The share of lines with Kong's keys."""
    return share(lines, lambda line: not isinstance(parse(line, Place("")), str))


FORMAT = LogFormat(
    kind="kong-log",
    source=Source.ACCESS_LOG,
    fit=fit,
    parse=parse,
    samples=(
        Sample(
            '{"latencies":{"request":515,"kong":58,"proxy":457},"service":{"host":"httpbin.org","connect_timeout":60000,'
            '"id":"167290ee-c682-4ebf-bdea-e49a3ac5e260","protocol":"http","read_timeout":60000,"port":80,"path":"/anything",'
            '"retries":5},"request":{"querystring":{},"size":138,"uri":"/log","url":"http://localhost:8000/log","headers":'
            '{"host":"localhost:8000"},"method":"GET"},"tries":[{"balancer_latency":0,"port":80,"balancer_start":'
            '1614232668399,"ip":"18.211.130.98"}],"client_ip":"192.168.144.1","upstream_uri":"/anything","response":'
            '{"headers":{"via":"kong/2.2.1.0-enterprise-edition"},"status":200,"size":827},"started_at":1614232668342}',
            {
                "status": 200,
                "side": None,
                "manner": None,
                "client": "192.168.144.1",
                "target": "18.211.130.98:80",
                "group": "httpbin.org",
                "path": "/log",
                "start_s": 1614232668.342,
                "end_s": 1614232668.857,
                "wait_s": 0.457,
                "attempts": (),
            },
            "developer.konghq.com/plugins/file-log (log object of Kong 2.2), shortened",
        ),
        Sample(
            '{"source":"upstream","started_at":1726783839000,"client_ip":"192.0.2.9","latencies":{"request":175,"kong":4,'
            '"proxy":171},"request":{"method":"GET","uri":"/orders?id=7","size":100},"response":{"status":200},"service":'
            '{"name":"orders"},"tries":[{"ip":"10.0.0.7","port":8080,"state":"failed","code":502,"balancer_latency":0},'
            '{"ip":"10.0.0.8","port":8080,"balancer_latency":0}]}',
            {
                "status": 200,
                "side": Side.TARGET,
                "phase": Phase.DONE,
                "manner": None,
                "target": "10.0.0.8:8080",
                "attempts": (
                    Attempt("10.0.0.7:8080", 502, manner=Manner.UNKNOWN),
                    Attempt("10.0.0.8:8080", None),
                ),
            },
            "Kong/kong kong/init.lua (Kong.balancer) and kong/pdk/log.lua; values of a refused first try",
        ),
    ),
)
