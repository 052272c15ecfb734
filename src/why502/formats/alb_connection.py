"""Connection log of the AWS Application Load Balancer: the clients' TCP and TLS (`load-balancer-connection-logs`).

It is understood and tells of no request: nothing in it concerns a target.
"""

from __future__ import annotations

import re

from why502.formats.fitting import share
from why502.formats.interface import LogFormat, Sample
from why502.model.evidence import Place, Source
from why502.model.expressions import expression

_LINE = expression(
    r"\d{4}-\d\d-\d\dT[\d:.]{8,15}Z \S{2,64} \d{1,5} \d{1,5} (?:-|TLSv[\d.]{1,4}) \S{1,64} (?:-|\d{1,9}(?:\.\d{1,6})?)"
    r' (?:"[^"]{0,4096}"|-) \S{1,128} \S{1,256} (?:-|Success|Failed:\w{1,64})(?: |$)',
    re.ASCII,
)


def parse(line: str, at: Place) -> str | None:  # noqa: ARG001 - the place matters to formats that find something
    """One line; None if it is understood."""
    return None if _LINE.match(line) else "not the fields of an ALB connection log"


def fit(lines: list[str]) -> float:
    """The share of lines that have the shape."""
    return share(lines, _LINE.match)


FORMAT = LogFormat(
    kind="alb-connection-log",
    source=Source.ACCESS_LOG,
    fit=fit,
    parse=parse,
    samples=(
        Sample(
            "2023-10-04T17:05:15.514108Z 203.0.113.1 36280 443 TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256 4.036 "
            '"CN=a,O=b" NotBefore=2023-09-21T22:43:21Z;NotAfter=2026-06-17T22:43:21Z FEF257372D5C14D4 Success',
            {},
            "docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-connection-logs (mutual TLS)",
        ),
    ),
)
