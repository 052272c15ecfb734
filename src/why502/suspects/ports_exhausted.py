"""Ephemeral ports exhausted

What happens
------------
Towards one address and port a host can have one connection a local port: 28,232 with the usual range. A port stays
taken for 60 s after the connection (TIME_WAIT), so about 470 new connections a second use up all of them; then
`connect` fails with EADDRNOTAVAIL before a packet is sent.

How it looks from the proxy
---------------------------
nginx answers 502 within a millisecond and logs `connect() to ADDR failed (99: Cannot assign requested address)`; Apache
503 with `(99)Cannot assign requested address`; HAProxy 503 with termination state SC.

What gives it away
------------------
The proxy's own words, for a target to which it did connect at other times; or the ports taken towards that very target
on the proxy's host, nearly as many as its range holds.

What clears it
--------------
Ports taken towards the target that are far fewer than the range has. Errno 99 for *every* connect, above all to an IPv6
address, is something else: the host has no address to connect from.

What to do
----------
Keep connections to the target open and use them again; more source addresses, or more addresses of the target;
net.ipv4.ip_local_port_range; net.ipv4.tcp_tw_reuse=1.

Sources
-------
`__inet_hash_connect` (net/ipv4/inet_hashtables.c); ip(7) ip_local_port_range; connect(2) EADDRNOTAVAIL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.facts.exhaustion import named, ports
from why502.model.evidence import Evidence, Source
from why502.model.verdict import Remedy
from why502.model.words import count
from why502.suspects.interface import CannotTell, Judgement, Kind, Suspect, Weighed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.scene import Scene

NONE_LEFT: Final = 0.98
"""Share of the range. Connections are counted every 10 s only, and ports come free all the time: 2 % of slack."""
ROOM: Final = 0.5
"""Share of the range below which even half of it, the odd or the even ports, is not used up."""


def judge(scene: Scene) -> Judgement:
    evidence = (*_told(scene), *_counted(scene))
    if not evidence:
        return CannotTell((Source.HOST,), "the ports taken towards the target were not counted on the proxy's host")
    says = max(evidence, key=lambda one: abs(one.bits)).says
    return Weighed(evidence, "; ".join(one.text for one in evidence if one.says is says))


def _told(scene: Scene) -> Iterator[Evidence]:
    told = named(scene.cluster)
    if told is None:
        return
    reason, at = told.request.reason, told.request.told_at
    if told.resource != "ports":
        yield Evidence(-7.0, f"the proxy names something else: {reason}", Source.ERROR_LOG, at)
        return
    served = scene.traffic.requests - scene.traffic.failed if scene.traffic else 0
    if served:
        # There was an address to connect from, and a target to connect to: only the port can have been missing.
        text = f"the proxy names it: {reason}; {count(served, 'other request')} did reach the target"
        yield Evidence(8.0, text, Source.ERROR_LOG, at)
    else:
        # A missing source address (IPv6 that is off, a wrong proxy_bind) has the same errno, for every connect.
        text = f"the proxy got no local address: {reason}; no request is known to have reached the target"
        yield Evidence(-3.0 if (scene.cluster.target or "").startswith("[") else 2.0, text, Source.ERROR_LOG, at)


def _counted(scene: Scene) -> Iterator[Evidence]:
    for use in sorted(ports(scene), key=lambda one: -one.share)[:1]:
        text = (
            f"{use.used} of {use.limit} ephemeral ports were taken towards {scene.cluster.target} in {use.who}"
            f" ({use.detail})"
        )
        bits = 8.0 if use.share >= NONE_LEFT else 0.0 if use.share >= ROOM else -7.0
        yield Evidence(bits, text, Source.HOST, use.at)


SUSPECT = Suspect(
    name="ports-exhausted",
    kind=Kind.CONDITION,
    title="no ephemeral port was left towards the target",
    prior=0.02,
    judge=judge,
    explains=("proxy-exhausted",),
    remedies=(
        Remedy("Keep connections towards the target open and use them again (nginx: keepalive in the upstream block)."),
        Remedy("Widen the range of ephemeral ports.", "sudo sysctl -w net.ipv4.ip_local_port_range='1024 65535'"),
    ),
)
