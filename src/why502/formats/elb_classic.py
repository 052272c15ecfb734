"""Access log of the AWS Classic Load Balancer (user guide, `access-log-collection`).

Unlike ALB's, its time is when the request was *received*. TCP listeners write '-' for both statuses.
"""

from __future__ import annotations

import re

from why502.formats.fate import GATEWAY_STATUSES, Fate, answered
from why502.formats.fields import iso_time, present, request_line, seconds, whole
from why502.formats.fitting import share
from why502.formats.interface import LogFormat, Sample
from why502.model.evidence import Place, Source
from why502.model.expressions import expression
from why502.model.requests import Manner, Phase, Request, Side

_TIME = r"(-1|\d{1,9}(?:\.\d{1,9})?)"
_LINE = expression(
    r"(\d{4}-\d\d-\d\dT[\d:.]{8,15}Z?) (\S{1,64}) (\S{1,255}:\d{1,5}) (\S{1,255}:\d{1,5}|-)"
    rf' {_TIME} {_TIME} {_TIME} (\d{{3}}|-) (\d{{1,3}}|-) (\d{{1,18}}) (\d{{1,18}}) "((?:[^"\\]|\\.)*+)"',
    re.ASCII,
)


def parse(line: str, at: Place) -> Request | str:
    """One line; a string says why it is not understood."""
    found = _LINE.match(line)
    start_s = iso_time(found[1]) if found else None
    if not found or start_s is None:
        return "not the fields of a Classic Load Balancer's access log"
    _, name, client, target, *times, status_text, target_text, received, _, asked = found.groups()
    status, target_status = whole(status_text), whole(target_text) or None
    connect_s, wait_s, rest_s = map(seconds, times)
    known = [part for part in (connect_s, wait_s, rest_s) if part is not None]
    total_s = round(sum(known), 6) if len(known) == len(times) else None
    side, phase, manner = _fate(status, target_status, with_target=target != "-")
    method, path = request_line(asked)
    return Request(
        proxy="elb",
        at=at,
        start_s=start_s,
        end_s=start_s + total_s if total_s is not None else start_s,
        status=status or 0,
        side=side,
        phase=phase,
        manner=manner,
        client=client,
        target=present(target),
        group=name,
        method=method,
        path=path,
        request_bytes=whole(received),
        target_status=target_status,
        connect_s=connect_s,
        wait_s=wait_s,
        total_s=total_s,
    )


def _fate(status: int | None, target_status: int | None, *, with_target: bool) -> Fate:
    """Causes as `ts-elb-error-message` lists them."""
    if status is None:
        return Fate(None, Phase.UNKNOWN)  # TCP
    if target_status is not None and (target_status == status or status not in GATEWAY_STATUSES):
        return answered(target_status)
    if status not in GATEWAY_STATUSES:
        return Fate(Side.PROXY, Phase.UNKNOWN)
    if status == 502:
        return Fate(Side.PROXY, Phase.WAIT, Manner.MALFORMED)
    if status == 503 or not with_target:
        return Fate(Side.PROXY, Phase.NO_TARGET, Manner.UNKNOWN)
    # 504: the idle timeout, or the instance closed a kept connection.
    return Fate(Side.PROXY, Phase.WAIT, Manner.UNKNOWN)


def fit(lines: list[str]) -> float:
    """The share of lines that have the shape."""
    return share(lines, _LINE.match)


_GUIDE = "docs.aws.amazon.com/elasticloadbalancing/latest/classic/access-log-collection"

FORMAT = LogFormat(
    kind="elb-access-log",
    source=Source.ACCESS_LOG,
    fit=fit,
    parse=parse,
    samples=(
        Sample(
            "2015-05-13T23:39:43.945958Z my-loadbalancer 192.168.131.39:2817 10.0.0.1:80 0.000073 0.001048 0.000057 "
            '200 200 0 29 "GET http://www.example.com:80/a?b=1 HTTP/1.1" "curl/7.38.0" - -',
            {
                "status": 200,
                "side": Side.TARGET,
                "manner": None,
                "target": "10.0.0.1:80",
                "path": "/a",
                "start_s": 1431560383.945958,
                "total_s": 0.001178,
            },
            _GUIDE + " (HTTP entry)",
        ),
        Sample(
            "2015-05-13T23:39:43.945958Z my-loadbalancer 192.168.131.39:2817 10.0.0.1:80 0.000023 -1 -1 504 0 0 0 "
            '"GET http://www.example.com:80/ HTTP/1.1" "curl/7.38.0" - -',
            {"status": 504, "side": Side.PROXY, "phase": Phase.WAIT, "manner": Manner.UNKNOWN, "target_status": None},
            _GUIDE + " (fields), ts-elb-error-message (HTTP 504)",
        ),
        Sample(
            "2015-05-13T23:39:43.945958Z my-loadbalancer 192.168.131.39:2817 10.0.0.1:80 0.001069 0.000028 0.000041 "
            '- - 82 305 "- - - " "-" - -',
            {"status": 0, "side": None, "manner": None, "path": None},
            _GUIDE + " (TCP entry)",
        ),
    ),
)
