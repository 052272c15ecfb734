"""What a scenario is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from why502.lab.load import Page


@dataclass(frozen=True, slots=True)
class TargetSetup:
    """How the target is started."""

    module: str
    """`python -m MODULE --address ADDRESS --seed SEED ...`"""
    arguments: Callable[[float], tuple[str, ...]]
    """Further arguments for a time scale."""
    sysctls: Mapping[str, str] = field(default_factory=dict)
    """Inside the target's namespace."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A fault to be made, and its healthy twin: the same load without the fault."""

    name: str
    """The cause that must be convicted."""
    title: str
    proxies: tuple[str, ...]
    faulty: TargetSetup
    healthy: TargetSetup
    pages: Callable[[int, float, float], tuple[Page, ...]]
    """(seed, duration in seconds, time scale) -> what the client loads; pure."""
