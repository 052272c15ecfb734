"""What every proxy of the lab promises."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from why502.errors import Why502Error
from why502.lab.alb_records import Count
from why502.lab.hosts import Host

TARGET_NAME = "api.example"

LISTEN = "127.0.0.1:8000"
"""Where each proxy listens for the lab's client, inside its own namespace."""


@dataclass(frozen=True, slots=True)
class ProxySettings:
    """How a proxy is configured; durations in seconds before time scaling, by default those of the documentation."""

    connect_timeout_s: float = 10.0
    read_timeout_s: float = 60.0
    idle_timeout_s: float = 60.0
    """How long a pooled connection is kept."""
    tls: bool = False
    """Speak TLS to the target, and believe only its own certificate for `TARGET_NAME`."""
    resolves: bool = False
    """Know the target by `TARGET_NAME`, and ask the name server on the target's host for its address."""
    times_listed: int = 1
    """How often the target is in the group; with more than one, a target that failed is left alone for a while."""
    connections: int = 256
    """How many the proxy may have open at once, on both of its sides together."""
    descriptors: int | None = None
    """How many files its process may have open."""
    local_ports: str | None = None
    """'first last': the ports which its host has for connections of its own (`ip_local_port_range`)."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What a proxy is told."""

    host: Host
    target: str
    """'address:port'"""
    folder: Path
    """For its configuration and logs."""
    time_scale: float
    settings: ProxySettings = ProxySettings()
    others: tuple[str, ...] = ()
    """Further targets of the same group, each 'address:port'."""

    @property
    def targets(self) -> tuple[str, ...]:
        return (self.target, *self.others)


class RunningProxy(Protocol):
    """A proxy that serves."""

    def deregister(self) -> None:
        """The target is about to restart: no more health checks or requests to it."""

    def register(self) -> None:
        """The target is back."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """What a proxy counted, for CloudWatch."""

    counts: Callable[[Setup], Iterable[Count]]
    """After its end."""
    period_s: float
    """Before time scaling."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A kind of proxy."""

    name: str
    running: Callable[[Setup], AbstractContextManager[RunningProxy]]
    evidence: Callable[[Setup], Mapping[str, Path]]
    """After its end: name within the bundle -> file."""
    program: Callable[[], str] | None = None
    """Where its program is, or Why502Error; None: it is part of the lab."""
    metrics: Metrics | None = None
    """None: it counts nothing for CloudWatch."""

    @property
    def installed(self) -> bool:
        if self.program is None:
            return True
        try:
            self.program()
        except Why502Error:
            return False
        return True
