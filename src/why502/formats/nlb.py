"""Access log of the AWS Network Load Balancer: TLS connections, without anything about HTTP.

User guide, `load-balancer-access-logs`; Amazon Athena's user guide has the same columns. Its times are the end and the
creation of the connection, in whole seconds; durations are milliseconds.
"""

from __future__ import annotations

import re

from why502.formats.fields import iso_time, milliseconds, present, whole
from why502.formats.fitting import share
from why502.formats.interface import LogFormat, Sample
from why502.model.evidence import Place, Source
from why502.model.expressions import expression
from why502.model.requests import Phase, Request

_ISO = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z?"
_LINE = expression(
    rf"tls (\S{{1,16}}) ({_ISO}) (net/\S{{1,128}}) \S{{1,128}} (\S{{1,255}}) (\S{{1,255}})"
    r" (-|\d{1,12}(?:\.\d{1,6})?) (-|\d{1,12}(?:\.\d{1,6})?) (-|\d{1,18}) (-|\d{1,18}) (\S{1,16}) ",
    re.ASCII,
)


def parse(line: str, at: Place) -> Request | str:
    """One line; a string says why it is not understood. Status 0: there is none."""
    found = _LINE.match(line)
    end_s = iso_time(found[2]) if found else None
    if not found or end_s is None:
        return "not the fields of a Network Load Balancer's access log"
    _, _, name, client, target, spent, _, received, _, alert = found.groups()
    total_s = milliseconds(spent)
    return Request(
        proxy="nlb",
        at=at,
        start_s=end_s - total_s if total_s is not None else None,
        end_s=end_s,
        status=0,
        side=None,
        phase=Phase.UNKNOWN,
        client=present(client),
        target=present(target),
        group=name,
        request_bytes=whole(received),
        total_s=total_s,
        reason=f"TLS alert {alert} from the client" if present(alert) else None,
    )


def fit(lines: list[str]) -> float:
    """The share of lines that have the shape."""
    return share(lines, _LINE.match)


FORMAT = LogFormat(
    kind="nlb-access-log",
    source=Source.ACCESS_LOG,
    fit=fit,
    parse=parse,
    samples=(
        Sample(
            "tls 2.0 2018-12-20T02:59:40 net/my-network-loadbalancer/c6e77e28c25b2234 g3d4b5e8bb8464cd "
            "72.21.218.154:51341 172.100.100.185:443 5 2 98 246 - arn:aws:acm:us-east-2:671290407336:certificate/2a1 - "
            "ECDHE-RSA-AES128-SHA tlsv12 - my-network-loadbalancer-c6e77e28c25b2234.elb.us-east-2.amazonaws.com - - - "
            "2018-12-20T02:59:30",
            {
                "status": 0,
                "side": None,
                "phase": Phase.UNKNOWN,
                "manner": None,
                "client": "72.21.218.154:51341",
                "target": "172.100.100.185:443",
                "total_s": 0.005,
                "end_s": 1545274780.0,
            },
            "docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-access-logs",
        ),
    ),
)
