"""Now and then the service answers with something that is not HTTP: a stack trace, or a header
field without a colon.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.lab.scenarios.interface import EVERY_PROXY, Scenario
from why502.lab.service import misbehaving, service
from why502.lab.visits import Visits

if TYPE_CHECKING:
    from why502.lab.load import Page


def pages(seed: int, duration_s: float, _scale: float) -> tuple[Page, ...]:
    return Visits().pages(seed, duration_s)


SCENARIO = Scenario(
    name="malformed-response",
    title="one answer in eight is not HTTP",
    proxies=tuple(name for name in EVERY_PROXY if name != "trafficserver"),  # it passes on what is not HTTP
    faulty=misbehaving("nonsense", 0.12),
    other_faulty=(misbehaving("bad-header", 0.12),),
    healthy=service(),
    pages=pages,
)
