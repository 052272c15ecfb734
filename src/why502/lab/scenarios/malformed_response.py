"""Now and then the service answers with something that is not HTTP: a stack trace, or a header
field without a colon.

To Apache only the latter is a fault: a first line that is none it takes for HTTP/0.9, and passes everything on as an
answer of 200 (`ap_proxy_http_process_response`, modules/proxy/mod_proxy_http.c).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.lab.scenarios.interface import EVERY_PROXY, Scenario
from why502.lab.service import misbehaving, service
from why502.lab.visits import Visits

if TYPE_CHECKING:
    from why502.lab.load import Page

BAD_HEADER = misbehaving("bad-header", 0.12)


def pages(seed: int, duration_s: float, _scale: float) -> tuple[Page, ...]:
    return Visits().pages(seed, duration_s)


SCENARIO = Scenario(
    name="malformed-response",
    title="one answer in eight is not HTTP",
    proxies=tuple(name for name in EVERY_PROXY if name != "trafficserver"),  # it passes on what is not HTTP
    faulty=misbehaving("nonsense", 0.12),
    other_faulty=(BAD_HEADER,),
    only_way={"apache": BAD_HEADER},
    healthy=service(),
    pages=pages,
)
