"""Fastify answers 503 itself while it closes

`return503OnClosing` answers requests on kept connections with 503 during `close()`.
"""

from __future__ import annotations

from why502.known.interface import KnownIssue
from why502.known.matching import runs
from why502.model.verdict import Remedy

KNOWN = KnownIssue(
    id="fastify-503",
    software="Fastify",
    affected="all, by default",
    condition="target-restarted",
    matches=runs(
        "fastify", so="it answers 503 on kept connections while it closes, unless return503OnClosing is false"
    ),
    source="https://fastify.dev/docs/latest/Reference/Server/",
    remedies=(Remedy("Set return503OnClosing: false."),),
    recognised_by="package.json beside the running script",
    certainty=1,
)
