"""Logs of AWS CloudFront: standard (33 columns and `#` lines) and real-time (all fields in their documented order).

Both are separated by tabs. Standard logs tell the end in whole seconds, real-time logs in milliseconds; CloudFront
does not log which address of the origin it used.
"""

from __future__ import annotations

import re

from why502.formats.cloudfront_fate import fate
from why502.formats.fields import iso_time, present, request_line, seconds, whole
from why502.formats.fitting import share
from why502.formats.interface import LogFormat, Sample
from why502.model.evidence import Place, Source
from why502.model.expressions import expression
from why502.model.requests import Manner, Phase, Request, Side

_DATE = expression(r"\d{4}-\d\d-\d\d", re.ASCII)
_CLOCK = expression(r"\d\d:\d\d:\d\d", re.ASCII)
_EPOCH = expression(r"\d{10}(?:\.\d{3})?", re.ASCII)

STANDARD_COLUMNS = 19
"""As many as the first standard logs had; fewer are not understood."""

REALTIME_COLUMNS = 33
"""Up to `x-edge-detailed-result-type`."""


def parse(line: str, at: Place) -> Request | None | str:
    """One line; None for the two lines that begin with '#'."""
    if line.startswith(("#Version:", "#Fields:")):
        return None
    columns = line.split("\t", 64)
    if len(columns) >= STANDARD_COLUMNS and _DATE.fullmatch(columns[0]) and _CLOCK.fullmatch(columns[1]):
        return _standard(columns, at)
    if len(columns) >= REALTIME_COLUMNS and _EPOCH.fullmatch(columns[0]) and whole(columns[3]) is not None:
        return _realtime(columns, at)
    return "not the columns of CloudFront's logs"


def _standard(columns: list[str], at: Place) -> Request:
    detailed = columns[28] if len(columns) > 28 else columns[13]
    return request(
        at,
        end_s=iso_time(f"{columns[0]}T{columns[1]}+00:00"),
        total_s=seconds(columns[18]),
        status=whole(columns[8]),
        client=columns[4],
        edge=columns[2],
        host=columns[6],
        asked=f"{columns[5]} {columns[7]}",
        result=detailed,
    )


def _realtime(columns: list[str], at: Place) -> Request:
    return request(
        at,
        end_s=seconds(columns[0]),
        total_s=seconds(columns[13]),
        status=whole(columns[3]),
        client=columns[1],
        edge=columns[10],
        host=columns[7],
        asked=f"{columns[5]} {columns[8]}",
        result=columns[32],
    )


def request(
    at: Place,
    *,
    end_s: float | None,
    total_s: float | None,
    status: int | None,
    client: str,
    edge: str,
    host: str,
    asked: str,
    result: str,
) -> Request:
    """From the texts of its columns."""
    side, phase, manner = fate(status, present(result))
    method, path = request_line(f"{asked} HTTP/1.1")
    return Request(
        proxy="cloudfront",
        at=at,
        start_s=end_s - total_s if end_s is not None and total_s is not None else None,
        end_s=end_s,
        status=status or 0,
        side=side,
        phase=phase,
        manner=manner,
        client=present(client),
        group=present(host),
        node=present(edge),
        method=method,
        path=path,
        total_s=total_s,
        reason=result if manner is not None else None,
    )


def fit(lines: list[str]) -> float:
    """The share of lines that have the columns; the two '#' lines are not counted, for others write such ones."""
    rows = [line for line in lines if not line.startswith("#")]
    if not rows:
        return float(any(line.startswith("#Fields:") and "x-edge-location" in line for line in lines))
    return share(rows, lambda line: not isinstance(parse(line, Place("")), str))


_GUIDE = "docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/"

FORMAT = LogFormat(
    kind="cloudfront-log",
    source=Source.ACCESS_LOG,
    fit=fit,
    parse=parse,
    samples=(
        Sample(
            "2019-12-04\t21:02:31\tLAX1\t392\t192.0.2.100\tGET\td111111abcdef8.cloudfront.net\t/index.html\t502\t-\tMozilla/5.0\t"
            "-\t-\tError\tSOX4xwn4XV6Q4rgb7XiVGOHms_BGlTAC4KyHmureZmBNrjGdRLiNIQ==\td111111abcdef8.cloudfront.net\thttps\t"
            "23\t0.112\t-\tTLSv1.2\tECDHE-RSA-AES128-GCM-SHA256\tError\tHTTP/2.0\t-\t-\t11040\t0.001\tOriginConnectError\t"
            "text/html\t78\t-\t-",
            {
                "status": 502,
                "side": Side.PROXY,
                "phase": Phase.CONNECT,
                "manner": Manner.UNKNOWN,
                "client": "192.0.2.100",
                "path": "/index.html",
                "node": "LAX1",
                "end_s": 1575493351.0,
                "total_s": 0.112,
            },
            _GUIDE + "standard-logs-reference (example), with an error of the origin",
        ),
        Sample(
            "1795376254.123\t192.0.2.9\t0.002\t504\t823\tGET\thttps\tshop.example\t/orders\t231\tDUS51-P1\tkBkDzGnceVtWHqSCqBUq\t"
            "shop.example\t30.112\tHTTP/2.0\tIPv4\tcurl/8.5.0\t-\t-\tid=7\tError\t-\tTLSv1.3\tTLS_AES_128_GCM_SHA256\tError\t-\t"
            "-\ttext/html\t-\t-\t-\t51312\tOriginCommError\tDE\tgzip\t*/*\t*\t-\t-\t3",
            {"status": 504, "phase": Phase.UNKNOWN, "manner": Manner.TIMEOUT, "total_s": 30.112, "node": "DUS51-P1"},
            _GUIDE + "real-time-logs (order of fields)",
        ),
    ),
)
