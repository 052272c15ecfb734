"""Malformed response

What happens
------------
The target answers, but not with HTTP that the proxy accepts: a broken header line, contradictory lengths, another
protocol on that port.

How it looks from the proxy
---------------------------
nginx: 502, `upstream sent invalid header`; ALB: 502 with the times of an answer and no target status.

What gives it away
------------------
The proxy's own words; the bytes in a capture with payload.

A balancer that says nothing: a conversation in which the target answered ends at the instant of the 502.

What clears it
--------------
No byte from the target.

What to do
----------
Look at the raw answer (`curl --http1.1 -v` at the target itself); check that the port speaks HTTP, not TLS.

Sources
-------
nginx `ngx_http_proxy_process_header`, `ngx_http_parse_status_line`.
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
    summary = f"{target} sent what is not valid HTTP, {count(cluster.count, 'time')}."
    return judge_refused(scene, Manner.MALFORMED, Manner.TOO_LARGE, summary)


SUSPECT = Suspect(
    name="malformed-response",
    kind=Kind.FAULT,
    title="the target's answer was not valid HTTP",
    prior=0.015,
    judge=judge,
    expects={
        "error-log": {"bad-answer": 0.97},
        "access-log": {"cut": 0.95},
        "capture": {"answered": 0.95},
        "host": {"listener-well": 0.97},
    },
    remedies=(Remedy("Look at the raw answer of the target itself, past the proxy."),),
)
