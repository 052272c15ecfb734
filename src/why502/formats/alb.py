"""Access log of the AWS Application Load Balancer.

Fields by position, as `load-balancer-access-logs` of the Elastic Load Balancing user guide lists them; new ones are
appended without notice, so whatever follows the last known field is left alone. Lines as people paste them, with
fields taken out, are read by the shape of what is left.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from why502.formats.alb_fate import Row, fate
from why502.formats.fields import iso_time, present, request_line, seconds, whole
from why502.formats.interface import LogFormat, Sample
from why502.model.evidence import Place, Source
from why502.model.expressions import expression
from why502.model.requests import Manner, Phase, Request, Side

_TIMES = r"(-1|\d{1,9}(?:\.\d{1,6})?) (-1|\d{1,9}(?:\.\d{1,6})?) (-1|\d{1,9}(?:\.\d{1,6})?)"
_RUN = _TIMES + r" (\d{3}|-) (\d{3}|-) (\d{1,18}|-) (\d{1,18}|-) \"([^\"]*)\""
_TYPE = r"(?:https?|h2|grpcs?|wss?)"
_INTACT = expression(
    rf"{_TYPE} (\S+) (\S+) (\S+) (\S+) {_RUN}"
    r' "[^"]*" \S+ \S+ (\S+) "[^"]*" "[^"]*" "[^"]*" \S+ (\S+) "([^"]*)" (?:"[^"]*"|-) (?:"([^"]*)"|-)',
    re.ASCII,
)
_HEAD = expression(rf"{_TYPE} (?:\S+ ){{0,4}}?(?={_TIMES} )", re.ASCII)
_PASTED_RUN = expression(_RUN, re.ASCII)
_ISO = expression(r"\d{4}-\d\d-\d\dT[\d:.]{5,15}Z", re.ASCII)
_ADDRESS = expression(r"\S+:\d{1,5}", re.ASCII)
_GROUP = expression(r"targetgroup/([^/\s]{1,64})", re.ASCII)
_ACTIONS = expression(r'"((?:authenticate|fixed-response|forward|redirect|rewrite|waf|waf-failed)[a-z,-]*)"')
_REASON = expression(r'"((?:Auth|JWT|JWKS|Lambda|WAF|AWSALB|Weighted)[A-Za-z0-9]{1,60})"', re.ASCII)
_TARGET_LIST = expression(r' "((?:\d{1,3}\.){3}\d{1,3}:\d{1,5}|\[?[0-9a-f:]{2,39}\]?:\d{1,5})"', re.ASCII)


_NODE = expression(r' TID_\S+(?: (?:"[^"]*"|-)){3} ([0-9a-fA-F.:]{3,45})(?: |$)', re.ASCII)
"""`ip_address`, the 34th field: the node's."""


class _Fields(NamedTuple):
    """The fields that judgement needs; '' where somebody took one out, '-' where the load balancer had none."""

    time: str
    client: str
    target: str
    times: tuple[str, str, str]
    status: str
    target_status: str
    received_bytes: str
    request: str
    group_arn: str
    created: str
    actions: str
    error_reason: str
    node: str


def parse(line: str, at: Place) -> Request | str:
    """One line; a string says why it is not understood."""
    fields = _intact(line) or _pasted(line)
    if fields is None:
        return "not the fields of an ALB access log"
    end_s = iso_time(fields.time) if fields.time else None
    if fields.time and end_s is None:
        return "its time is no ISO 8601 time"
    return _request(fields, end_s, at)


def _intact(line: str) -> _Fields | None:
    found = _INTACT.match(line)
    if not found:
        return None
    time, _, client, target, t6, t7, t8, status, target_status, received, _, request, *rest = found.groups("-")
    group, created, actions, reason = rest
    return _Fields(
        time, client, target, (t6, t7, t8), status, target_status, received, request, group, created, actions, reason,
        _first(_NODE, line[found.end() :]),
    )  # fmt: skip


def _pasted(line: str) -> _Fields | None:
    """By shape: the type, then whatever is left of time and addresses, then the run of times, statuses, bytes."""
    head = _HEAD.match(line)
    run = _PASTED_RUN.match(line, head.end()) if head else None
    if not head or not run:
        return None
    t6, t7, t8, status, target_status, received, _, request = run.groups()
    words, tail = head[0].split()[1:], line[run.end() :]
    client, target = _addresses(words, _first(_TARGET_LIST, tail))
    return _Fields(
        time=next((word for word in words if _ISO.fullmatch(word)), ""),
        client=client,
        target=target,
        times=(t6, t7, t8),
        status=status,
        target_status=target_status,
        received_bytes=received,
        request=request,
        group_arn=tail if _GROUP.search(tail) else "",
        created=_first(_ISO, tail),
        actions=_first(_ACTIONS, tail),
        error_reason=_first(_REASON, tail),
        node=_first(_NODE, tail),
    )


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return (found[1] if pattern.groups else found[0]) if found else ""


def _addresses(words: list[str], target_list: str) -> tuple[str, str]:
    """Client and target among the words that are left; one alone is only told apart by `target:port_list`."""
    left = [word for word in words if word == "-" or (_ADDRESS.fullmatch(word) and not _ISO.fullmatch(word))]
    if len(left) >= 2:
        return left[0], left[1]
    if left in (["-"], [target_list]):
        return "", left[0]
    return (left[0], target_list) if left and target_list else ("", target_list)


def _request(fields: _Fields, end_s: float | None, at: Place) -> Request:
    t6, t7, t8 = fields.times
    connect_s, wait_s, rest_s = seconds(t6), seconds(t7), seconds(t8)
    created_s = iso_time(fields.created) if fields.created not in ("", "-") else None
    total_s = _total(end_s, created_s, (connect_s, wait_s, rest_s))
    status, target_status = whole(fields.status), whole(fields.target_status)
    fixed_response = "fixed-response" in fields.actions
    reason = _reason(fields)
    row = Row(status, target_status, fields.times, total_s, fields.target == "-", fixed_response, reason)
    side, phase, manner = fate(row)
    method, path = request_line(fields.request)
    if wait_s is None and connect_s is not None and total_s is not None and phase is Phase.WAIT:
        wait_s = round(max(0.0, total_s - connect_s), 6)
    return Request(
        proxy="alb",
        at=at,
        start_s=created_s if created_s is not None or end_s is None or total_s is None else end_s - total_s,
        end_s=end_s,
        status=status,
        side=side,
        phase=phase,
        manner=manner,
        client=present(fields.client),
        target=present(fields.target),
        group=group_name(fields.group_arn),
        node=fields.node or None,
        method=method,
        path=path,
        request_bytes=whole(fields.received_bytes),
        target_status=target_status,
        connect_s=connect_s,
        wait_s=wait_s,
        total_s=total_s,
        reason=reason,
    )


def group_name(arn: str) -> str | None:
    """The name of the target group.

    >>> group_name("arn:aws:elasticloadbalancing:us-west-2:1:targetgroup/stage-web/be9bc8c7b74c0e63")
    'stage-web'
    """
    found = _GROUP.search(arn)
    return found[1] if found else None


def _total(
    end_s: float | None, created_s: float | None, times: tuple[float | None, float | None, float | None]
) -> float | None:
    """`time - request_creation_time`, else the sum of the three times if all are there."""
    if end_s is not None and created_s is not None:
        return round(max(0.0, end_s - created_s), 6)
    connect_s, wait_s, rest_s = times
    if connect_s is None or wait_s is None or rest_s is None:
        return None
    return round(connect_s + wait_s + rest_s, 6)


def _reason(fields: _Fields) -> str | None:
    if present(fields.error_reason):
        return fields.error_reason
    return "fixed-response" if "fixed-response" in fields.actions else None


def fit(lines: list[str]) -> float:
    """The share of lines that are ALB's."""
    return sum(not isinstance(parse(line, Place("")), str) for line in lines) / len(lines) if lines else 0.0


_GUIDE = "docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs"

FORMAT = LogFormat(
    kind="alb-access-log",
    source=Source.ACCESS_LOG,
    fit=fit,
    parse=parse,
    samples=(
        Sample(
            "h2 2018-08-28T20:17:23.366947Z app/stage-svc-public/XXXXXXXXXXXX 0.001 0.012 -1 502 - 87 610 "
            '"GET HTTP/2.0" "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_13_4) AppleWebKit/537.36 (KHTML, like Gecko) '
            'Chrome/68.0.3440.106 Safari/537.36" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 '
            "arn:aws:elasticloadbalancing:us-west-2:966705841376:targetgroup/stage-web/be9bc8c7b74c0e63 "
            '"Root=X-XXXXXXXX-XXXXXXXXXXXXXXXXXXXXXXXX" "" "arn:aws:acm:us-west-2:XXXXXXXXXXXX:certificate/'
            'XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX" 0 2018-08-28T20:17:23.353000Z "forward" "-"',
            {
                "status": 502,
                "side": Side.PROXY,
                "phase": Phase.WAIT,
                "manner": Manner.CUT,
                "connect_s": 0.001,
                "wait_s": 0.012,
                "client": None,
                "target": None,
                "target_status": None,
                "group": "stage-web",
                "method": "GET",
                "path": None,
                "request_bytes": 87,
                "start_s": 1535487443.353,
                "end_s": 1535487443.366947,
            },
            "Jordan Place, The Mysterious Case of the Bad Gateway (502), 2018; both addresses were taken out there",
        ),
        Sample(
            "http 2018-07-02T22:23:00.186641Z app/my-loadbalancer/50dc6c495c0c9188 192.168.131.39:2817 10.0.0.1:80 "
            '0.000 0.001 0.000 200 200 34 366 "GET http://www.example.com:80/?id=7 HTTP/1.1" "curl/7.46.0" - - '
            "arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/my-targets/73e2d6bc24d8a067 "
            '"Root=1-58337262-36d228ad5d99923122bbe354" "-" "-" 0 2018-07-02T22:22:48.364000Z "forward" "-" "-" '
            '"10.0.0.1:80" "200" "-" "-" TID_1234 "-" "-" "-" 10.0.9.1 "-" "-"',
            {
                "status": 200,
                "side": Side.TARGET,
                "phase": Phase.DONE,
                "manner": None,
                "client": "192.168.131.39:2817",
                "target": "10.0.0.1:80",
                "target_status": 200,
                "path": "/",
                "connect_s": 0.0,
                "wait_s": 0.001,
                "total_s": 11.822641,
                "reason": None,
            },
            _GUIDE + " (HTTP entry; later fields appended)",
        ),
        Sample(
            "http 2018-11-30T22:23:00.186641Z app/my-loadbalancer/50dc6c495c0c9188 192.168.131.39:2817 - "
            '0.000 0.001 0.000 502 - 34 366 "GET http://www.example.com:80/ HTTP/1.1" "curl/7.46.0" - - '
            "arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/my-targets/73e2d6bc24d8a067 "
            '"Root=1-58337364-23a8c76965a2ef7629b185e3" "-" "-" 0 2018-11-30T22:22:48.364000Z "forward" "-" '
            '"LambdaInvalidResponse" "-" "-" "-" "-"',
            {
                "status": 502,
                "side": Side.PROXY,
                "phase": Phase.WAIT,
                "manner": Manner.MALFORMED,
                "target": None,
                "reason": "LambdaInvalidResponse",
            },
            _GUIDE + " (Lambda entry, failed)",
        ),
    ),
)
