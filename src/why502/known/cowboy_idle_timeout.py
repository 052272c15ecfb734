"""Cowboy 2 ends requests that take a minute

`idle_timeout` of 60 s ends a connection on which the client sends nothing, even while the application still works on
the response.
"""

from __future__ import annotations

from why502.known.interface import KnownIssue
from why502.known.matching import runs
from why502.model.verdict import Remedy

KNOWN = KnownIssue(
    id="cowboy-idle-timeout",
    software="Cowboy, Phoenix",
    affected="2, by default",
    condition="closed-without-response",
    matches=runs("cowboy", first="2.0.0", so="a response that takes 60 s is cut off, unless idle_timeout was raised"),
    source="https://github.com/elixir-plug/plug/issues/689",
    remedies=(Remedy("Set protocol_options: [idle_timeout: N] above the slowest response."),),
    recognised_by="the library folder of the release",
    certainty=1,
)
