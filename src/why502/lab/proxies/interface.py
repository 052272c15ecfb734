"""What every proxy of the lab promises."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from why502.lab.alb_records import Count
from why502.lab.hosts import Host

LISTEN = "127.0.0.1:8000"
"""Where each proxy listens for the lab's client, inside its own namespace."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What a proxy is told."""

    host: Host
    target: str
    """'address:port'"""
    folder: Path
    """For its configuration and logs."""
    time_scale: float


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
    metrics: Metrics | None = None
    """None: it counts nothing for CloudWatch."""
