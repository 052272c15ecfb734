"""Access log of IIS (W3C extended format) in its default orders of columns; `formats.iis_fields` reads others.

One file has several heads ('#Software:', '#Version:', '#Date:', '#Fields:'): IIS writes one at each start. Times are
UTC in whole seconds, and those of the end; `time-taken` is milliseconds (learn.microsoft.com, "W3C logging").
Blanks in values are '+', so that columns are separated by blanks.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from why502.formats.arr_query import routed
from why502.formats.fields import iso_time, milliseconds, present, request_line, whole
from why502.formats.fitting import share
from why502.formats.iis_fate import fate, reason
from why502.formats.interface import LogFormat, Sample
from why502.model.evidence import Place, Source
from why502.model.expressions import expression
from why502.model.requests import Manner, Phase, Request, Side

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KIND: Final = "iis-log"
NOTES: Final = ("#Software:", "#Version:", "#Date:", "#Fields:", "#Start-Date:", "#End-Date:", "#Remark:")
MAX_COLUMNS: Final = 64

_FIRST: Final = ("date", "time", "s-ip", "cs-method", "cs-uri-stem", "cs-uri-query", "s-port", "cs-username", "c-ip")
_LAST: Final = ("sc-status", "sc-substatus", "sc-win32-status", "time-taken")
ORDERS: Final = (
    (*_FIRST, "cs(User-Agent)", "cs(Referer)", *_LAST),
    (*_FIRST, "cs(User-Agent)", *_LAST),
    (*_FIRST, "cs(User-Agent)", *_LAST[:-1]),
)
"""The default of IIS 8 to 10, of IIS 7, and of IIS 7 without durations."""

_SHAPES: Final = {
    "date": expression(r"\d{4}-\d\d-\d\d", re.ASCII),
    "time": expression(r"\d\d:\d\d:\d\d(?:\.\d{1,3})?", re.ASCII),
    "cs-method": expression(r"[A-Z][A-Z_-]{0,31}", re.ASCII),
    "sc-status": expression(r"\d{3}", re.ASCII),
    "sc-substatus": expression(r"\d{1,4}|-", re.ASCII),
    "sc-win32-status": expression(r"\d{1,10}|-", re.ASCII),
    "time-taken": expression(r"\d{1,12}|-", re.ASCII),
    "c-ip": expression(r"[0-9a-fA-F.:%]{2,64}|-", re.ASCII),
    "s-port": expression(r"\d{1,5}|-", re.ASCII),
}
"""A column that has not its shape is another one: the heads in the middle of a file may name other columns."""


def parse(line: str, at: Place) -> Request | None | str:
    """One line; None for the lines of a head."""
    if line.startswith(NOTES):
        return None
    columns = line.split(" ", MAX_COLUMNS)
    return next(
        (read for names in ORDERS if len(names) == len(columns) and (read := request(names, columns, at)) is not None),
        "not the default columns of an IIS log",
    )


def request(names: Sequence[str], columns: Sequence[str], at: Place) -> Request | None:
    """From columns in this order; None if they are not what their names say."""
    told = dict(zip(names, columns, strict=True))
    if not all(shape.fullmatch(told[name]) for name, shape in _SHAPES.items() if name in told):
        return None
    end_s = iso_time(f"{told['date']}T{told['time']}+00:00")
    return None if end_s is None else _request(told, end_s, at)


def _request(told: Mapping[str, str], end_s: float, at: Place) -> Request:
    status = whole(told["sc-status"])
    codes = (whole(told.get("sc-substatus", "-")), whole(told.get("sc-win32-status", "-")))
    target, target_status = routed(told.get("cs-uri-query", "-"))
    side, phase, manner = fate(status, *codes, target_status)
    total_s = milliseconds(told.get("time-taken", "-"))
    method, path = request_line(f"{told['cs-method']} {told['cs-uri-stem']} HTTP/1.1")
    return Request(
        proxy="iis",
        at=at,
        start_s=round(end_s - total_s, 3) if total_s is not None else None,
        end_s=end_s,
        status=status,
        side=side,
        phase=phase,
        manner=manner,
        client=present(told.get("c-ip", "-")),
        target=target,
        group=present(told.get("s-sitename", "-")),
        node=present(told.get("s-computername", "-")),
        method=method,
        path=path,
        request_bytes=whole(told.get("cs-bytes", "-")),
        target_status=status if side is Side.TARGET else None,
        total_s=total_s,
        reason=reason(status, *codes) if manner is not None else None,
    )


def fit(lines: list[str]) -> float:
    """The share of lines with a default order of columns; heads are not counted, for others write such ones."""
    return share([line for line in lines if not line.startswith("#")], lambda line: _is_row(parse(line, Place(""))))


def _is_row(read: Request | None | str) -> bool:
    return isinstance(read, Request)


FORMAT = LogFormat(
    kind=KIND,
    source=Source.ACCESS_LOG,
    fit=fit,
    parse=parse,
    samples=(
        Sample(
            "2022-01-22 00:00:31 10.142.0.2 POST /orders pid=2173020&SERVER-STATUS=0 443 - 172.69.69.207 curl/8.5.0 - "
            "502 3 12002 29889",
            {
                "status": 502,
                "side": Side.PROXY,
                "phase": Phase.UNKNOWN,
                "manner": Manner.TIMEOUT,
                "client": "172.69.69.207",
                "path": "/orders",
                "total_s": 29.889,
                "end_s": 1642809631.0,
                "start_s": 1642809601.111,
                "reason": "502.3, win32 12002",
            },
            "learn.microsoft.com, Troubleshooting 502 errors in ARR (502 3 12002 29889); default columns of IIS 10",
        ),
        Sample(
            "2018-01-01 08:09:10 127.0.0.1 GET / q=100 80 - 67.43.156.13 Mozilla/5.0+(Windows+NT+6.1;+Win64;+x64) - "
            "200 0 0 123",
            {"status": 200, "side": None, "manner": None, "path": "/", "total_s": 0.123, "end_s": 1514794150.0},
            "github.com/elastic/integrations packages/iis (test-iis-access.log), agent shortened",
        ),
    ),
)
