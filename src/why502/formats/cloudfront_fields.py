"""CloudFront logs with fields of one's own choice and order, as their '#Fields:' line says (standard logging v2).

The usual order is read by `formats.cloudfront`, which needs no such line.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from why502.formats import cloudfront
from why502.formats.fields import iso_time, seconds, whole
from why502.formats.fitting import share
from why502.formats.interface import LogFormat
from why502.model.evidence import Place, Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.model.requests import Request

HEAD: Final = "#Fields:"
MAX_FIELDS: Final = 128

USUAL: Final = (
    *("date", "time", "x-edge-location", "sc-bytes", "c-ip", "cs-method", "cs(Host)", "cs-uri-stem", "sc-status"),
    *("cs(Referer)", "cs(User-Agent)", "cs-uri-query", "cs(Cookie)", "x-edge-result-type", "x-edge-request-id"),
    *("x-host-header", "cs-protocol", "cs-bytes", "time-taken", "x-forwarded-for", "ssl-protocol", "ssl-cipher"),
    *("x-edge-response-result-type", "cs-protocol-version", "fle-status", "fle-encrypted-fields", "c-port"),
    *("time-to-first-byte", "x-edge-detailed-result-type"),
)
"""As far as the reader of the usual order looks."""


def by_fields(line: str) -> LogFormat | None:
    """The reader of a log with this '#Fields:' line; None if the usual one does, or if it is another program's."""
    if not line.startswith(HEAD):
        return None
    names = tuple(line.removeprefix(HEAD).split()[:MAX_FIELDS])
    told = {"sc-status", "x-edge-location"} & set(names)
    timed = {"date", "time"} <= set(names) or bool({"timestamp", "timestamp(ms)"} & set(names))
    if len(told) < 2 or not timed or names[: len(USUAL)] == USUAL:
        return None
    return LogFormat(
        cloudfront.FORMAT.kind,
        Source.ACCESS_LOG,
        partial(_fit, line.strip(), names),
        partial(_parse, names),
        family=cloudfront.FORMAT.family,
    )


def _parse(names: tuple[str, ...], line: str, at: Place) -> Request | None | str:
    if line.startswith(("#Version:", HEAD)):
        return None
    columns = line.split("\t", MAX_FIELDS)
    if len(columns) != len(names):
        return f"{len(columns)} columns instead of the {len(names)} that '#Fields:' names"
    told = dict(zip(names, columns, strict=True))
    end_s, status = _end_s(told), whole(told["sc-status"])
    if end_s is None or (status is None and told["sc-status"] not in ("-", "000")):
        return "no time, or no status, where '#Fields:' says"
    return cloudfront.request(
        at,
        end_s=end_s,
        total_s=seconds(told.get("time-taken", "-")),
        status=status,
        client=told.get("c-ip", "-"),
        edge=told["x-edge-location"],
        host=_first(told, "cs(Host)", "cs-host", "x-host-header"),
        asked=f"{told.get('cs-method', '-')} {told.get('cs-uri-stem', '-')}",
        result=_first(told, "x-edge-detailed-result-type", "x-edge-result-type"),
    )


def _end_s(told: dict[str, str]) -> float | None:
    if "date" in told and "time" in told:
        return iso_time(f"{told['date']}T{told['time']}+00:00")
    if "timestamp" in told:
        return seconds(told["timestamp"])
    at_ms = whole(told["timestamp(ms)"])
    return None if at_ms is None else at_ms / 1000


def _first(told: dict[str, str], *names: str) -> str:
    return next((told[name] for name in names if told.get(name, "-") != "-"), "-")


def _fit(head: str, names: tuple[str, ...], lines: Sequence[str]) -> float:
    """The lines have to say that they are of this very order."""
    if head not in lines:
        return 0.0
    return share(lines, lambda line: not isinstance(_parse(names, line, Place("")), str))
