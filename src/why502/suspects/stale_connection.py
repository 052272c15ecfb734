"""Stale connection

What happens
------------
The other end of a pooled connection is gone without a word: the host was restarted or failed over, a NAT or firewall
forgot the flow, and no FIN or RST ever came. The next request goes nowhere.

How it looks from the proxy
---------------------------
A read timeout, or a reset in the moment of reuse, after a long silence on that connection; a new connection works.

What gives it away
------------------
On the wire: a connection that had served, silent for long, whose next request is retransmitted without any answer or
met by a RST without a FIN before.

What clears it
--------------
A new connection; a target that acknowledged the request.

What to do
----------
Keep idle connections shorter than the shortest memory on the way (NAT gateway 350 s, firewall, conntrack), or turn on
TCP keep-alive on the proxy's side.

Sources
-------
AWS NAT gateway and NLB idle timeouts (350 s); RFC 5382 section 5; nf_conntrack-sysctl.rst.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from why502.facts.forgotten import forgotten_with
from why502.model.conversations import Outcome
from why502.model.evidence import Evidence, Source
from why502.model.requests import Phase, Side
from why502.model.verdict import Remedy
from why502.model.words import count
from why502.suspects.interface import CannotTell, DoesNotApply, Judgement, Kind, Suspect, Weighed
from why502.suspects.weighing import lost_on_the_way

if TYPE_CHECKING:
    from why502.facts.scene import Cluster, Scene

LONG_S = 60.0
"""Nothing on the way forgets a TCP flow sooner; the usual memories are 240 to 900 s."""


def judge(scene: Scene) -> Judgement:
    cluster = scene.cluster
    if cluster.side in (Side.TARGET, Side.CLIENT) or cluster.phase not in (Phase.SEND, Phase.WAIT, Phase.UNKNOWN):
        return DoesNotApply("the exchange did not end between request and answer")
    if cluster.outcome is None:
        return CannotTell((Source.CAPTURE,), "no capture shows whether the connection had served before")
    summary = f"Pooled connections to {cluster.target or 'the target'} were dead at the other end, without a word."
    beside = forgotten_with(scene.wire, cluster.conversations)
    if 2 * len(beside) > len(cluster.conversations):
        text = (
            f"{count(len(beside), 'connection')} opened in advance met a RST without ACK flag, as others did that had "
            "stood at the same time and had served"
        )
        return Weighed((Evidence(5.0, text, Source.CAPTURE, beside[0].decided_at),), summary)
    if cluster.outcome is not Outcome.STALE:
        return DoesNotApply(f"the conversation ended otherwise ({cluster.outcome})")
    return Weighed((_met(cluster), *lost_on_the_way(scene, 6.0)), summary)


def _met(cluster: Cluster) -> Evidence:
    number = len(cluster.conversations)
    idle_s = median([c.idle_before_request_s or 0.0 for c in cluster.conversations])
    text = (
        f"{count(number, 'request')} on connections that had served before met silence or a RST, without a FIN before, "
        f"after {idle_s:.0f} s of silence (median)"
    )
    # A reset says that the other end has forgotten the connection; silence may be loss on the way as well.
    forgotten = sum(c.reset_by_target for c in cluster.conversations) > number / 2
    bits = 7.0 if idle_s >= LONG_S else 5.0 if forgotten else 4.0 if number > 1 else 3.0
    return Evidence(bits, text, Source.CAPTURE, cluster.conversations[0].decided_at)


SUSPECT = Suspect(
    name="stale-connection",
    kind=Kind.FAULT,
    title="the pooled connection's other end was gone without a word",
    prior=0.03,
    judge=judge,
    expects={
        "capture": {"reused-cut": 0.9},
        "error-log": {"read-timeout": 0.5, "reset": 0.45},
        "access-log": {"wait-timeout": 0.5, "cut": 0.45},
        "host": {"listener-well": 0.8, "restarted": 0.15},
    },
    remedies=(
        Remedy("Keep idle connections shorter than the shortest memory on the way (NAT, firewall, conntrack)."),
        Remedy("Turn on TCP keep-alive on the proxy's connections to the target."),
    ),
)
