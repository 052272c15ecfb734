"""aiohttp up to 3.10 closes idle connections after 75 seconds

Longer than ALB and nginx keep theirs, shorter than Traefik, Caddy, gorouter and Envoy do; in 3.9.2 the timer could also
hit connections in use. 3.11 made it an hour for `AppRunner`.
"""

from __future__ import annotations

from why502.known.interface import KnownIssue
from why502.known.matching import serves
from why502.model.verdict import Remedy

KNOWN = KnownIssue(
    id="aiohttp-keepalive",
    software="aiohttp",
    affected="up to 3.10",
    condition="idle-timeout-too-short",
    matches=serves(
        "aiohttp",
        fixed="3.11.0",
        so="it closes idle connections after 75 s, sooner than Traefik (90 s), Caddy (120 s) and Envoy (1 h) do",
    ),
    source="https://github.com/aio-libs/aiohttp/issues/2682",
    remedies=(Remedy("Upgrade aiohttp, or pass keepalive_timeout above the idle limit of the proxy."),),
    recognised_by="the installed distribution",
    certainty=1,
)
