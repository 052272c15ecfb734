"""Causes of the design that have no module yet.

They are reported as not examined, and their priors belong to "none of these" wherever they could act. A module
of the same name takes an entry's place by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from why502.model.requests import Phase
from why502.suspects.interface import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

_CONNECT = frozenset({Phase.CONNECT})
_EXCHANGE = frozenset({Phase.SEND, Phase.WAIT, Phase.BODY})


@dataclass(frozen=True, slots=True)
class Planned:
    """A cause that why502 cannot judge yet."""

    kind: Kind
    title: str
    prior: float = 0.0
    phases: frozenset[Phase] = frozenset()
    """Where a fault could act; a failure of unknown phase could be any of them."""


PLANNED: Final[Mapping[str, Planned]] = {
    "packets-dropped": Planned(Kind.FAULT, "SYNs get lost although the listener is well", 0.03, _CONNECT),
    "target-unreachable": Planned(Kind.FAULT, "no route to the target, or ICMP says so", 0.02, _CONNECT),
    "tls-handshake-failed": Planned(
        Kind.FAULT, "the TLS handshake with the target fails", 0.03, frozenset({Phase.CONNECT, Phase.TLS})
    ),
    "name-not-resolved": Planned(Kind.FAULT, "the target's name does not resolve", 0.02, frozenset({Phase.NO_TARGET})),
    "no-usable-target": Planned(
        Kind.FAULT, "no registered or healthy target is left", 0.06, frozenset({Phase.NO_TARGET})
    ),
    "proxy-exhausted": Planned(
        Kind.FAULT, "the proxy is out of descriptors, connections or ports", 0.02, _CONNECT | {Phase.NO_TARGET}
    ),
    "stale-connection": Planned(
        Kind.FAULT, "the pooled connection's other end is gone without a word", 0.03, _EXCHANGE
    ),
    "target-crashed": Planned(Kind.FAULT, "the target's process died with the request in flight", 0.06, _EXCHANGE),
    "target-restarted": Planned(
        Kind.FAULT, "a deployment or scale-in took the target away without draining", 0.06, _EXCHANGE
    ),
    "closed-without-response": Planned(Kind.FAULT, "the target accepts and closes without an answer", 0.04, _EXCHANGE),
    "malformed-response": Planned(Kind.FAULT, "the target's answer is not valid HTTP", 0.02, _EXCHANGE),
    "response-headers-too-large": Planned(Kind.FAULT, "the answer's headers exceed the proxy's limit", 0.01, _EXCHANGE),
    "response-truncated": Planned(
        Kind.FAULT, "the answer ends before its announced length", 0.03, frozenset({Phase.BODY})
    ),
    "worker-pool-exhausted": Planned(
        Kind.FAULT, "accepted or queued, but no worker is free", 0.05, frozenset({Phase.WAIT, Phase.CONNECT})
    ),
    "path-mtu-black-hole": Planned(Kind.FAULT, "large packets vanish on the way", 0.005, _EXCHANGE),
    "http2-goaway-race": Planned(Kind.FAULT, "GOAWAY crosses a new stream", 0.005, _EXCHANGE),
    "oom-killed": Planned(Kind.CONDITION, "the kernel killed the target for memory"),
    "descriptors-exhausted": Planned(Kind.CONDITION, "a process is out of file descriptors"),
    "ports-exhausted": Planned(Kind.CONDITION, "no ephemeral port is left towards the target"),
    "conntrack-full": Planned(Kind.CONDITION, "the connection-tracking table is full"),
    "idle-timeout-too-short": Planned(Kind.CONDITION, "the target closes idle connections before the proxy does"),
    "health-checks-failing": Planned(Kind.CONDITION, "the proxy considers targets unhealthy"),
}
