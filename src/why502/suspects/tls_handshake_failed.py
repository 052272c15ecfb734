"""TLS handshake failed

What happens
------------
The TCP connection stands, the TLS handshake on it fails: a certificate that the proxy refuses, no common version or
cipher, a port that does not speak TLS, or a target that stays silent.

How it looks from the proxy
---------------------------
nginx: 502 with `SSL_do_handshake() failed` or a certificate error, 504 if the target stays silent; ALB:
`-1 -1 -1 502 -` and TargetTLSNegotiationErrorCount.

What gives it away
------------------
The proxy's own words; TLS alerts in a capture.

The proxy logs a connect that failed, and the wire shows a new connection that took bytes: they were a handshake's.

What clears it
--------------
A request that was sent.

What to do
----------
Do the handshake by hand from the proxy (`openssl s_client`), with the name and the trust store that the proxy uses.

Sources
-------
nginx `ngx_http_upstream_ssl_handshake`; RFC 8446 section 6.
"""

from __future__ import annotations

from math import exp, log2
from typing import TYPE_CHECKING

from why502.facts.failures import JOIN_STRICT_S
from why502.model.evidence import Evidence, Source
from why502.model.requests import Manner, Phase
from why502.model.verdict import Remedy
from why502.model.words import count
from why502.suspects.interface import CannotTell, DoesNotApply, Judgement, Kind, Suspect, Weighed
from why502.suspects.unseen import captured
from why502.suspects.weighing import failed_at_once, proxy_says

if TYPE_CHECKING:
    from why502.facts.scene import Scene


STOOD = 6.0
"""Bits at most, of connections that stood although the proxy says that it sent no request."""


def judge(scene: Scene) -> Judgement:
    cluster = scene.cluster
    if not captured(scene) and (instant := tuple(failed_at_once(cluster))):
        return Weighed(instant, "The TLS handshake may have failed.", (Source.ERROR_LOG, Source.CAPTURE))
    if cluster.phase is Phase.CONNECT and cluster.manner is Manner.UNKNOWN:
        return CannotTell((Source.ERROR_LOG, Source.CAPTURE), "a failed handshake and a refused connect log the same")
    if cluster.phase is not Phase.TLS:
        return DoesNotApply(f"the exchange ended in another phase ({cluster.phase})")
    # The phase is the proof: TCP stood, HTTP had not begun. Silence and resets are less: a target whose accept queue
    # is full treats the first TLS message no better than any other data.
    silent = cluster.manner in (Manner.TIMEOUT, Manner.RESET)
    summary = f"The TLS handshake with {cluster.target or 'the target'} failed {count(cluster.count, 'time')}."
    if cluster.logged and cluster.conversations and all(p.request.phase is Phase.CONNECT for p in cluster.logged):
        text = (
            f"{count(len(cluster.conversations), 'connection')} stood and bytes were acknowledged, and the proxy says "
            "that it never sent a request: they were a handshake's"
        )
        missing = () if scene.looked(Source.ERROR_LOG) else (Source.ERROR_LOG,)
        bits = min(STOOD, -len(cluster.conversations) * log2(_by_chance(scene)))
        return Weighed((Evidence(bits, text, Source.CAPTURE, cluster.conversations[0].decided_at),), summary, missing)
    return Weighed((proxy_says(cluster, 5.0 if silent else 9.0),), summary)


def _by_chance(scene: Scene) -> float:
    """Chance that some conversation with the target ended as near to a failure as the join allows, yet is another."""
    wire = scene.wire
    told = [*wire.ended, *wire.failed] if wire is not None else []
    # In the time of its own capture: one of another day beside it would make any two ends look rare.
    capture = scene.cluster.conversations[0].at.path
    ends_s = [c.last_s for c in told if c.at.path == capture]
    if wire is None or not ends_s:
        return 1.0
    conversations = wire.conversations * len(ends_s) / len(told)
    rate = conversations / max(max(ends_s) - min(ends_s), JOIN_STRICT_S)
    return 1.0 - exp(-rate * 2 * JOIN_STRICT_S)


SUSPECT = Suspect(
    name="tls-handshake-failed",
    kind=Kind.FAULT,
    title="the TLS handshake with the target failed",
    prior=0.03,
    judge=judge,
    expects={
        "error-log": {"bad-answer": 0.9},
        "access-log": {"connect-phase": 0.9},
        "host": {"listener-well": 0.97},
    },
    remedies=(
        Remedy(
            "Do the handshake by hand from the proxy's host, with -servername if the proxy sends a name.",
            "openssl s_client -connect ADDRESS:PORT </dev/null",
        ),
    ),
)
