"""HTTP/2 GOAWAY race

What happens
------------
The target ends an HTTP/2 connection in an orderly way (GOAWAY, for its age or number of requests) in the very moment in
which the proxy opens another stream on it. That stream is never served.

How it looks from the proxy
---------------------------
A 502 or 503 now and then, at the end of long-lived connections; gRPC calls fail with UNAVAILABLE.

What gives it away
------------------
On the wire: streams with numbers beyond the last one that the GOAWAY promises, begun about when it was sent.

What clears it
--------------
No GOAWAY on the failed connection, or a stream that lies below its last one.

What to do
----------
Let the proxy retry such streams (they were not processed, by RFC 9113); let the server announce the GOAWAY early
(a first one with the highest number, then the true one). nginx as the target sends it after `keepalive_requests`
(1000) requests and after `keepalive_time` (1 h), without such an announcement.

Sources
-------
RFC 9113 sections 6.8 and 8.7; nginx `ngx_http_v2_state_headers` (skips streams after its GOAWAY; recorded with nginx
1.22 as the target).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.model.details import Protocol
from why502.model.evidence import Evidence, Source
from why502.model.requests import Phase, Side
from why502.model.verdict import Remedy
from why502.model.words import count
from why502.suspects.interface import CannotTell, DoesNotApply, Judgement, Kind, Suspect, Weighed

if TYPE_CHECKING:
    from why502.facts.scene import Scene


def judge(scene: Scene) -> Judgement:
    cluster = scene.cluster
    if cluster.side in (Side.TARGET, Side.CLIENT):
        return DoesNotApply("the proxy did not make this status")
    if cluster.phase not in (Phase.SEND, Phase.WAIT, Phase.BODY, Phase.UNKNOWN):
        return DoesNotApply(f"the exchange ended in another phase ({cluster.phase})")
    if not any(c.detail and c.detail.protocol is not Protocol.UNKNOWN for c in cluster.conversations):
        return CannotTell((Source.CAPTURE,), "no capture shows what was said on the connection")
    spoken = [(c, c.detail.http2) for c in cluster.conversations if c.detail and c.detail.http2]
    if not spoken:
        return DoesNotApply("no failed connection spoke HTTP/2 in the clear")
    crossed = [(c, http2) for c, http2 in spoken if http2.streams_past_goaway]
    if not crossed:
        text = f"no stream crossed a GOAWAY in {count(len(spoken), 'HTTP/2 connection')}"
        # What the fault is made of would be in plain sight.
        return Weighed((Evidence(-6.0, text, Source.CAPTURE, spoken[0][0].decided_at),), text)
    first, http2 = crossed[0]
    text = (
        f"{count(http2.streams_past_goaway, 'stream')} beyond the last one ({http2.last_stream}) that the target's "
        f"GOAWAY ({http2.goaway}) promised to serve, and without an answer"
    )
    # By RFC 9113 such a stream is not processed; only an error other than NO_ERROR leaves room for another cause,
    # which made the target hang up.
    evidence = Evidence(9.0 if http2.goaway == "NO_ERROR" else 5.0, text, Source.CAPTURE, first.decided_at)
    return Weighed((evidence,), f"{cluster.target or 'The target'} ended HTTP/2 connections as streams were begun.")


SUSPECT = Suspect(
    name="http2-goaway-race",
    kind=Kind.FAULT,
    title="GOAWAY crosses a new stream",
    prior=0.005,
    judge=judge,
    expects={"capture": {"reused-cut": 0.95}, "access-log": {"cut": 0.9}, "host": {"listener-well": 0.97}},
    remedies=(
        Remedy("Let the proxy retry streams beyond the GOAWAY's last one: they were not processed."),
        Remedy("Let the target end connections less often, or announce it by a first GOAWAY, a round trip earlier."),
    ),
)
