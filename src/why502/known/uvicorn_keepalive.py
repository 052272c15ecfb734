"""uvicorn closes idle connections after five seconds

`--timeout-keep-alive` is 5 s. Behind a proxy with a pool, requests are lost whenever one is sent in the moment in which
uvicorn closes. What embeds uvicorn (vLLM, Ray Serve, KServe, the FastAPI command) inherits it.
"""

from __future__ import annotations

from why502.known.interface import KnownIssue
from why502.known.matching import SHORTEST_POOL_S, closes_idle_within
from why502.model.verdict import Remedy

KNOWN = KnownIssue(
    id="uvicorn-keepalive",
    software="uvicorn",
    affected="all",
    condition="idle-timeout-too-short",
    matches=closes_idle_within(SHORTEST_POOL_S, "uvicorn"),
    source="https://github.com/vllm-project/vllm/issues/18472",
    remedies=(Remedy("Start uvicorn with --timeout-keep-alive 75, above the idle limit of the proxy."),),
    recognised_by="the installed distribution and the command line",
    certainty=1,
)
