"""What a scenario is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from why502.lab.load import Page
from why502.lab.proxies.interface import ProxySettings
from why502.lab.stage import Act


@dataclass(frozen=True, slots=True)
class TargetSetup:
    """How the target is started."""

    module: str
    """`python -m MODULE --address ADDRESS --seed SEED ...`"""
    arguments: Callable[[float], tuple[str, ...]]
    """Further arguments for a time scale."""
    sysctls: Mapping[str, str] = field(default_factory=dict)
    """Inside the target's namespace."""
    certificate_for: str | None = None
    """It has a certificate for this name, which the proxy trusts."""
    speaks_tls: bool = True
    """False: it makes no use of its certificate."""
    companions: tuple[str, ...] = ()
    """Modules that run beside it: `python -m MODULE ADDRESS`."""
    starts: bool = True
    """False: it is not there before an act starts it."""


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
    acts: Mapping[str, Act] = field(default_factory=dict)
    """What makes the fault when the client gives a cue."""
    healthy_acts: Mapping[str, Act] = field(default_factory=dict)
    """What happens instead in the healthy twin; by default nothing."""
    other_faulty: tuple[TargetSetup, ...] = ()
    """Further ways to the same fault; the seed chooses."""
    proxy: ProxySettings = ProxySettings()
    healthy_proxy: ProxySettings | None = None
    """None: as with the fault."""
    also_true: frozenset[str] = frozenset()
    """Causes that this fault brings along, rightly named beside it."""
    duration_s: float = 7.0
    time_scale: float = 0.2

    def target_setup(self, seed: int, *, healthy: bool) -> TargetSetup:
        ways = (self.faulty, *self.other_faulty)
        return self.healthy if healthy else ways[seed % len(ways)]

    def proxy_settings(self, *, healthy: bool) -> ProxySettings:
        return self.healthy_proxy or self.proxy if healthy else self.proxy
