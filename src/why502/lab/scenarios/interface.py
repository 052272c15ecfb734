"""What a scenario is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from why502.lab.load import Page
from why502.lab.proxies.interface import ProxySettings
from why502.lab.stage import Act
from why502.lab.target import TargetSetup


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
    proxy: ProxySettings = field(default_factory=ProxySettings)
    other_proxy: tuple[ProxySettings, ...] = ()
    """Further ways to the same fault; the seed chooses."""
    healthy_proxy: ProxySettings | None = None
    """None: as with the fault."""
    also_true: frozenset[str] = frozenset()
    """Causes that this fault brings along, rightly named beside it."""
    duration_s: float = 7.0
    time_scale: float = 0.2

    def target_setup(self, seed: int, *, healthy: bool) -> TargetSetup:
        ways = (self.faulty, *self.other_faulty)
        return self.healthy if healthy else ways[seed % len(ways)]

    def proxy_settings(self, seed: int, *, healthy: bool) -> ProxySettings:
        if healthy and self.healthy_proxy:
            return self.healthy_proxy
        ways = (self.proxy, *self.other_proxy)
        return ways[seed % len(ways)]
