"""gunicorn closes idle connections after two seconds

`keepalive` is 2 s with gthread, gevent and eventlet workers; sync workers close after each response and cannot lose the
race.
"""

from __future__ import annotations

from why502.known.interface import KnownIssue
from why502.known.matching import SHORTEST_POOL_S, closes_idle_within
from why502.model.verdict import Remedy

KNOWN = KnownIssue(
    id="gunicorn-keepalive",
    software="gunicorn",
    affected="all, with workers that keep connections",
    condition="idle-timeout-too-short",
    matches=closes_idle_within(SHORTEST_POOL_S, "gunicorn"),
    source="https://github.com/conbench/conbench/issues/1156",
    remedies=(Remedy("Start gunicorn with --keep-alive 75, above the idle limit of the proxy."),),
    recognised_by="the installed distribution and the command line",
    certainty=1,
)
