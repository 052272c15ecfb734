"""Access log of Envoy and Istio, default text.

START_TIME is the start, DURATION milliseconds of the whole stream. Istio inserts the code details, the termination
details and the transport failure behind the flags, and cluster and addresses at the end
(istio.io/docs/tasks/observability/logs/access-log); before 1.9 it inserted Mixer's status, until 1.7, and the transport
failure alone, both quoted.
"""

from __future__ import annotations

import re

from why502.formats.envoy_fate import Told, attempts, fate
from why502.formats.fields import end_of, iso_time, milliseconds, present, request_line, whole
from why502.formats.fitting import share
from why502.formats.interface import LogFormat, Sample
from why502.model.evidence import Place, Source
from why502.model.expressions import expression
from why502.model.requests import Manner, Phase, Request, Side

_QUOTED = r'"([^"]{0,16384})"'
_LINE = expression(
    rf"\[(\d{{4}}-\d\d-\d\dT[\d:.]{{8,18}}Z)\] {_QUOTED} (\d{{1,3}}) ([A-Za-z0-9,_-]{{1,256}})"
    rf"(?: ([^\s\"]{{1,4096}}) ([^\s\"]{{1,4096}}) {_QUOTED}|(?: \"[^\"]{{0,1024}}\")?? {_QUOTED})?"
    rf" (\d{{1,18}}|-) (\d{{1,18}}|-) (\d{{1,12}}|-) (\d{{1,12}}|-) {_QUOTED} {_QUOTED} {_QUOTED} {_QUOTED} {_QUOTED}"
    r"(?: (\S{1,512}) (\S{1,256}) (\S{1,256}) (\S{1,256}) (\S{1,256}) (\S{1,256}))?",
    re.ASCII,
)
_MESSAGE = expression(
    r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[.,]\d{3}\]\[\d{1,10}\]\[(?:trace|debug|info|warning|error|critical)\]"
    r"|\d{4}-\d\d-\d\dT[\d:.]{8,18}Z\t(?:debug|info|warning|warn|error|fatal)\t",
    re.ASCII,
)


def parse(line: str, at: Place) -> Request | None | str:
    """One line; None for a message of Envoy itself or of Istio's agent."""
    found = _LINE.match(line)
    if not found:
        return None if _MESSAGE.match(line) else "not the fields of Envoy's access log"
    time, asked, status, flags, details, _, failure, earlier, received, _, duration, service, *rest = found.groups()
    told = Told(
        status=whole(status),
        flags=flags,
        details=present(details or ""),
        failure=present(failure or earlier or ""),
        answered=present(service) is not None,
    )
    return request(
        told,
        at,
        start_s=iso_time(time),
        total_s=milliseconds(duration),
        wait_s=milliseconds(service),
        client=present(rest[8] or "") or _first(rest[0]),
        target=present(rest[4].removeprefix("tcp://")),
        group=present(rest[5] or ""),
        line=request_line(asked),
        request_bytes=whole(received),
    )


def request(
    told: Told,
    at: Place,
    *,
    start_s: float | None,
    total_s: float | None,
    wait_s: float | None,
    client: str | None,
    target: str | None,
    group: str | None,
    line: tuple[str | None, str | None],
    request_bytes: int | None = None,
    tries: int | None = None,
) -> Request:
    """What both the text and the JSON of Envoy become."""
    ended = fate(told)
    words = " ".join(part for part in (told.flags, told.details, told.failure) if part and part != "-")
    if wait_s is None and ended.phase is Phase.WAIT:
        wait_s = total_s
    return Request(
        proxy="envoy",
        at=at,
        start_s=start_s,
        end_s=end_of(start_s, total_s),
        status=told.status or 0,
        side=ended.side,
        phase=ended.phase,
        manner=ended.manner,
        client=client,
        target=target,
        group=group,
        method=line[0],
        path=line[1],
        request_bytes=request_bytes,
        target_status=told.status if ended.side is Side.TARGET else None,
        wait_s=wait_s,
        total_s=total_s,
        attempts=attempts(tries, told, target),
        reason=words if ended.manner is not None and words else None,
    )


def _first(forwarded: str) -> str | None:
    """The client as X-Forwarded-For tells it."""
    return present(forwarded.partition(",")[0].strip())


def fit(lines: list[str]) -> float:
    """The share of lines that are Envoy's; its messages alone are not enough."""
    return share(lines, lambda line: _LINE.match(line) or _MESSAGE.match(line)) if any(map(_LINE.match, lines)) else 0.0


_ISTIO = "istio.io/latest/docs/tasks/observability/logs/access-log"

FORMAT = LogFormat(
    kind="envoy-access-log",
    source=Source.ACCESS_LOG,
    fit=fit,
    parse=parse,
    family="envoy",
    samples=(
        Sample(
            '[2016-04-15T20:17:00.310Z] "POST /api/v1/locations HTTP/2" 204 - 154 0 226 100 "10.0.35.28" "nsq2http" '
            '"cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2" "locations" "tcp://10.0.2.1:80"',
            {
                "status": 204,
                "side": Side.TARGET,
                "phase": Phase.DONE,
                "manner": None,
                "client": "10.0.35.28",
                "target": "10.0.2.1:80",
                "path": "/api/v1/locations",
                "wait_s": 0.1,
                "total_s": 0.226,
                "start_s": 1460751420.31,
            },
            "envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage (default format)",
        ),
        Sample(
            '[2020-11-25T21:26:18.409Z] "GET /status/418 HTTP/1.1" 418 - via_upstream - "-" 0 135 4 4 "-" '
            '"curl/7.73.0-DEV" "84961386-6d84-929d-98bd-c5aee93b5c88" "httpbin:8000" "10.44.1.27:80" '
            "outbound|8000||httpbin.foo.svc.cluster.local 10.44.1.23:37652 10.0.45.184:8000 10.44.1.23:46520 - default",
            {
                "status": 418,
                "side": Side.TARGET,
                "manner": None,
                "client": "10.44.1.23:46520",
                "target": "10.44.1.27:80",
                "group": "outbound|8000||httpbin.foo.svc.cluster.local",
                "wait_s": 0.004,
            },
            _ISTIO,
        ),
        Sample(
            '[2020-11-25T21:26:18.409Z] "GET /a?b=1 HTTP/1.1" 503 UF,URX upstream_reset_before_response_started'
            '{connection_failure,delayed_connect_error:_111} - "delayed connect error: 111" 0 91 47 - "-" "curl/8.5.0" '
            '"84961386" "httpbin:8000" "10.44.1.27:80" outbound|8000||httpbin - 10.0.45.184:8000 10.44.1.23:46520 - -',
            {"phase": Phase.CONNECT, "manner": Manner.REFUSED, "side": Side.PROXY, "path": "/a", "total_s": 0.047},
            "github.com/envoyproxy/envoy/issues/29062 (details), Istio's format",
        ),
        Sample(
            '[2020-11-25T21:26:18.409Z] "POST /pay HTTP/1.1" 503 UC 12 95 1 - "192.0.2.9" "-" "8496" "shop" '
            '"10.44.1.27:80"',
            {"phase": Phase.WAIT, "manner": Manner.CUT, "client": "192.0.2.9", "wait_s": 0.001, "reason": "UC"},
            "envoyproxy.io/docs, default format with flag UC",
        ),
    ),
)
