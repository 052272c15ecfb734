"""Health-check log of the AWS Application Load Balancer (`load-balancer-health-check-logs`, since 2025).

Fields: type, time, latency, target_addr, target_group_id, status, status_code, reason_code, elb, ip_address. Its
lines are understood and tell of no request of a client; a check that failed is an event.
"""

from __future__ import annotations

import re

from why502.formats.fields import iso_time
from why502.formats.fitting import share
from why502.formats.interface import LogFormat, Sample
from why502.model.case import KernelEvent
from why502.model.evidence import Place, Source
from why502.model.expressions import expression

_LINE = expression(
    r"[a-zA-Z0-9]{1,16} (\d{4}-\d\d-\d\dT[\d:.]{8,15}Z) (?:-|\d{1,9}(?:\.\d{1,9})?) (\S{1,255}) (\S{1,255}) (PASS|FAIL)"
    r" (-|\d{1,3}) (-|\w{1,64})(?: |$)",
    re.ASCII,
)


def parse(line: str, at: Place) -> str | None:  # noqa: ARG001 - the place matters to formats that find something
    """One line; None if it is understood."""
    return None if _LINE.match(line) else "not the fields of an ALB health-check log"


def tell(
    line: str,
    at: Place,
    near_s: float | None,  # noqa: ARG001 - it has a time of its own
    written_s: float | None = None,  # noqa: ARG001 - as above
) -> KernelEvent | None:
    """A check that failed; one that passed is nothing to tell."""
    found = _LINE.match(line)
    at_s = iso_time(found[1]) if found else None
    if found is None or at_s is None or found[4] == "PASS":
        return None
    why = ", ".join(part for part in (found[6], f"status {found[5]}") if not part.endswith("-"))
    text = f"ALB: {found[2]} of {found[3]} failed its health check" + (f" ({why})" if why else "")
    return KernelEvent(at_s, "health-check-failed", at, process=found[2], text=text)


def fit(lines: list[str]) -> float:
    """The share of lines that have the shape."""
    return share(lines, _LINE.match)


FORMAT = LogFormat(
    kind="alb-health-check-log",
    source=Source.ACCESS_LOG,
    fit=fit,
    parse=parse,
    tell=tell,
    samples=(
        Sample(
            "http 2025-10-31T12:44:59.875678Z 0.019584011 172.31.20.97:80 shop-targets FAIL 502 "
            "ResponseCodeMismatch app/shop/50dc6c495c0c9188 10.0.9.1",
            {},
            "docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-health-check-logs (fields)",
        ),
    ),
)
