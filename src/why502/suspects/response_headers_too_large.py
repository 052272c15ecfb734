"""Response headers too large

What happens
------------
The target's answer carries more header bytes than the proxy's buffer holds: long cookies, tokens, redirects.

How it looks from the proxy
---------------------------
nginx: 502, `upstream sent too big header`; ALB: 502 beyond 32 K in all.

What gives it away
------------------
The proxy's own words. Often only some users or paths are struck.

What clears it
--------------
No byte from the target.

What to do
----------
Send less in headers; or raise the limit (nginx `proxy_buffer_size`).

Sources
-------
nginx `ngx_http_upstream_process_header`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.model.requests import Manner
from why502.model.verdict import Remedy
from why502.model.words import count
from why502.suspects.interface import Judgement, Kind, Suspect
from why502.suspects.refusing import judge_refused

if TYPE_CHECKING:
    from why502.facts.scene import Scene


def judge(scene: Scene) -> Judgement:
    cluster = scene.cluster
    target = cluster.target or "The target"
    summary = f"{target} sent headers larger than the proxy takes, {count(cluster.count, 'time')}."
    return judge_refused(scene, Manner.TOO_LARGE, Manner.MALFORMED, summary)


SUSPECT = Suspect(
    name="response-headers-too-large",
    kind=Kind.FAULT,
    title="the answer's headers exceeded the proxy's limit",
    prior=0.015,
    judge=judge,
    expects={
        "error-log": {"bad-answer": 0.97},
        "access-log": {"cut": 0.95},
        "capture": {"answered": 0.95},
        "host": {"listener-well": 0.97},
    },
    remedies=(
        Remedy("Raise the proxy's limit for answer headers.", "proxy_buffer_size 16k; proxy_busy_buffers_size 24k;"),
        Remedy("Send less in headers (cookies, tokens)."),
    ),
)
