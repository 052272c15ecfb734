"""The checks that one can make, and what each can show.

A suspect says in `expects` how likely each outcome is if it did it; from that the ranking computes which check
would move the answer most. The outcomes of one check exclude each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from why502.model.evidence import Source

if TYPE_CHECKING:
    from collections.abc import Mapping

MANAGED: Final = frozenset(
    {"alb", "elb", "nlb", "gcp", "cloudfront", "cloudflare", "azure", "frontdoor", "apigateway", "heroku"}
)
"""Proxies whose machines and error logs are somebody else's."""

HOSTING: Final = frozenset({"heroku"})
"""Proxies whose targets run on somebody else's machines, too: nobody can be root or record packets there."""


@dataclass(frozen=True, slots=True)
class Check:
    """One way to look, and what may come out."""

    source: Source
    command: str
    """With `{target}` (address:port), which is filled in as one word of a shell, `{port}` and `{given}` (the evidence
    there is)."""
    why: str
    """With `{since}`."""
    outcomes: tuple[str, ...]
    not_with: frozenset[str] = frozenset()
    """Proxies that cannot give it: they have no such log, or one log tells all."""
    without_port: str | None = None
    """Instead of `command`, where the log tells an address alone."""
    at_socket: tuple[str, str] | None = None
    """Instead of `command` and `why`, for a target that is a unix socket; None: the check is none for it."""
    nameless: str | None = None
    """Instead of `command`, where nothing names a target, or what does can be no name."""
    managed_why: str | None = None
    """Instead of `why`, where the proxy is somebody else's machine."""


HOST: Final = "host"
CAPTURE: Final = "capture"
ACCESS_LOG: Final = "access-log"
ERROR_LOG: Final = "error-log"
CHANGES: Final = "changes"

CHECKS: Final[Mapping[str, Check]] = {
    HOST: Check(
        source=Source.HOST,
        command="sudo why502 collect -o host.tar.zst --duration 60s --target {target}",
        nameless="sudo why502 collect -o host.tar.zst --duration 60s",
        why="run on the target's host while it fails: the listener's backlog, queue and drops tell a full "
        "accept queue from a slow or dead application; host.tar.zst is then evidence like any other",
        outcomes=("drops-grow", "no-listener", "restarted", "listener-well"),
        not_with=HOSTING,
        at_socket=(
            "ss -xlnp | grep -F -- {target}",
            "as root, while it fails: who listens there, and is its queue (Recv-Q) as long as its backlog (Send-Q)",
        ),
    ),
    CAPTURE: Check(
        source=Source.CAPTURE,
        command="sudo tcpdump -i any -s 128 -w proxy.pcap 'tcp port {port}'",
        why="run on the proxy's side until it fails again: the wire shows who ended the connection, and when",
        nameless="sudo tcpdump -i any -s 128 -w proxy.pcap tcp",
        without_port="sudo tcpdump -i any -s 128 -w proxy.pcap 'tcp and host {target}'",
        managed_why="run on the target's host until it fails again (nobody can record on a managed balancer): the wire "
        "shows who ended the connection, and when",
        outcomes=(
            "syn-unanswered",
            "refused",
            "unacknowledged",
            "reused-cut",
            "fresh-cut",
            "acknowledged-silence",
            "answered",
        ),
        not_with=HOSTING,
    ),
    ACCESS_LOG: Check(
        source=Source.ACCESS_LOG,
        command="why502 diagnose {given} access.log",
        why="the proxy's access log around {since}: who made the status, in which phase, how long it took",
        outcomes=("connect-phase", "wait-timeout", "cut", "target-answered", "client-left", "no-target"),
        at_socket=("why502 diagnose {given} access.log", "the proxy's access log around {since}: who made the status"),
    ),
    ERROR_LOG: Check(
        source=Source.ERROR_LOG,
        command="why502 diagnose {given} error.log",
        why="the proxy's error log around {since} names the failing call",
        outcomes=("connect-timeout", "refused", "reset", "closed", "read-timeout", "bad-answer", "silent"),
        at_socket=(
            "why502 diagnose {given} error.log",
            "the proxy's error log around {since} names the failing call",
        ),
        not_with=MANAGED | {"envoy", "haproxy", "iis", "varnish"},
    ),
    CHANGES: Check(
        source=Source.CHANGES,
        command="why502 diagnose {given} --changes deployments.csv",
        why="the list of deployments around {since} shows what else began then",
        outcomes=("coincides", "unrelated"),
        at_socket=("why502 diagnose {given} --changes deployments.csv", "the list of deployments around {since}"),
    ),
}
