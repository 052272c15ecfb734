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

from msgspec import structs

from why502.model.requests import Manner
from why502.model.verdict import Remedy
from why502.model.words import count
from why502.suspects.interface import Judgement, Kind, Suspect, Weighed
from why502.suspects.proxy_settings import take_larger_headers
from why502.suspects.refusing import judge_refused

if TYPE_CHECKING:
    from why502.facts.scene import Scene

SEND_LESS = Remedy("Send less in headers (cookies, tokens).")


def judge(scene: Scene) -> Judgement:
    cluster = scene.cluster
    target = cluster.target or "The target"
    summary = f"{target} sent headers larger than the proxy takes, {count(cluster.count, 'time')}."
    answer = judge_refused(scene, Manner.TOO_LARGE, Manner.MALFORMED, summary)
    if not isinstance(answer, Weighed):
        return answer
    return structs.replace(answer, remedies=(take_larger_headers(cluster), SEND_LESS))


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
    remedies=(SEND_LESS,),
)
