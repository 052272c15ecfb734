"""The proxy speaks TLS, and no session comes of it: its certificate is for another name, or it speaks plain HTTP
on that port: it answers in plain text, or waits for the end of a line that never comes.

The healthy twin has the right certificate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.lab.proxies import ProxySettings
from why502.lab.proxies.interface import TARGET_NAME
from why502.lab.scenarios.interface import Scenario
from why502.lab.service import service
from why502.lab.visits import Visits

if TYPE_CHECKING:
    from why502.lab.load import Page

OTHER_NAME = "old.example"


def pages(seed: int, duration_s: float, _scale: float) -> tuple[Page, ...]:
    return Visits().pages(seed, duration_s)


SCENARIO = Scenario(
    name="tls-handshake-failed",
    title="the certificate is for another name, or the target does not speak TLS",
    proxies=("nginx", "haproxy", "caddy"),
    faulty=service(certificate_for=OTHER_NAME),
    other_faulty=(
        service(certificate_for=TARGET_NAME, speaks_tls=False),
        service("--mute", certificate_for=TARGET_NAME, speaks_tls=False),
    ),
    healthy=service(certificate_for=TARGET_NAME),
    pages=pages,
    proxy=ProxySettings(tls=True, connect_timeout_s=2.0),
    duration_s=5.0,
)
