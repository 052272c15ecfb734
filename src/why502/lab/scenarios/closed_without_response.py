"""Now and then the service ends the connection instead of answering: by FIN, or by RST.

The healthy twin answers everything.
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
    name="closed-without-response",
    title="one request in eight gets a FIN or a RST instead of an answer",
    proxies=EVERY_PROXY,
    faulty=misbehaving("close", 0.12),
    other_faulty=(misbehaving("reset", 0.12),),
    healthy=service(),
    pages=pages,
)
