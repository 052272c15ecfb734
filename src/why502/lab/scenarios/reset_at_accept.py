"""Some connections are reset as soon as they were accepted, as a limit of connections, an address filter inside the
application or a sidecar without a backend does it: the handshake is complete, and no request is ever read.

The healthy twin keeps them. Half of the answers end their connection, so that new ones are needed all the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.lab.scenarios.interface import EVERY_PROXY, Scenario
from why502.lab.service import service
from why502.lab.visits import Visits

if TYPE_CHECKING:
    from why502.lab.load import Page


def pages(seed: int, duration_s: float, _scale: float) -> tuple[Page, ...]:
    """Only requests which no proxy repeats by itself."""
    return Visits(size=(3, 6), post_share=1.0).pages(seed, duration_s)


SCENARIO = Scenario(
    name="reset-at-accept",
    title="every fourth connection is reset as soon as it was accepted",
    causes=("closed-without-response",),
    proxies=EVERY_PROXY,
    faulty=service("--close-share", "0.5", "--turn-away-share", "0.25"),
    healthy=service("--close-share", "0.5"),
    pages=pages,
)
