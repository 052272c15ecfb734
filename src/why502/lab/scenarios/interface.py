"""What a scenario is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from why502.errors import Why502Error
from why502.lab.expectation import Expected
from why502.lab.load import Outcomes, Page, Repeats
from why502.lab.proxies.interface import ProxySettings
from why502.lab.real_servers import RealServer
from why502.lab.stage import Act
from why502.lab.target import TargetSetup

EVERY_PROXY: Final = ("nginx", "alb", "haproxy", "apache", "caddy", "varnish", "trafficserver")

ENOUGH: Final = 6
"""Failures with which a fault has shown itself; with one or two, chance has the word."""
LONGEST: Final = 3.0

Pages = Callable[[int, float, float], tuple[Page, ...]]
"""(seed, duration in seconds, time scale) -> what the client loads; pure."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A scenario with another server for its target."""

    faulty: TargetSetup
    healthy: TargetSetup
    pages: Pages
    server: RealServer


@dataclass(frozen=True, slots=True)
class Scenario:
    """A fault to be made, and its healthy twin: the same load without the fault."""

    name: str
    """Of the cause that must be convicted, unless `causes` names others."""
    title: str
    proxies: tuple[str, ...]
    faulty: TargetSetup
    healthy: TargetSetup
    pages: Pages
    acts: Mapping[str, Act] = field(default_factory=dict)
    """What makes the fault when the client gives a cue."""
    healthy_acts: Mapping[str, Act] = field(default_factory=dict)
    """What happens instead in the healthy twin; by default nothing."""
    other_faulty: tuple[TargetSetup, ...] = ()
    """Further ways to the same fault; the seed chooses."""
    only_way: Mapping[str, TargetSetup] = field(default_factory=dict)
    """Proxies to which only one of the ways is a fault, and that way."""
    proxy: ProxySettings = field(default_factory=ProxySettings)
    other_proxy: tuple[ProxySettings, ...] = ()
    """Further ways to the same fault; the seed chooses."""
    healthy_proxy: ProxySettings | None = None
    """None: as with the fault."""
    causes: tuple[str, ...] = ()
    """All that must be convicted; empty: the one of the scenario's name."""
    others: tuple[TargetSetup, ...] = ()
    """Further targets in the same group, in the twin as well."""
    healthy_others: tuple[TargetSetup, ...] | None = None
    """Those of the twin, if they differ."""
    expectation: Callable[[Outcomes], tuple[Expected, ...]] | None = None
    """What must come of it, from what became of the requests; None: that the causes are named."""
    also_true: frozenset[str] = frozenset()
    """Causes that this fault brings along, rightly named beside it."""
    servers: Mapping[str, Variant] = field(default_factory=dict)
    """Real servers that it can be run with instead, by name."""
    lacking: Callable[[], str | None] = lambda: None
    """Why this machine cannot make the fault, in words; None: it can."""
    both_hosts: bool = False
    """The proxy's host is recorded beside the target's."""
    quick: bool = True
    """False: it takes too long for a quick matrix."""
    fails_at_least: int | None = None
    """The load goes on until so many requests failed, for `LONGEST` of its duration at most. None: `ENOUGH`, unless
    acts make the fault, and it ends with them."""
    duration_s: float = 7.0
    time_scale: float = 0.2

    @property
    def convicts(self) -> tuple[str, ...]:
        return self.causes or (self.name,)

    def repeats(self, duration_s: float, *, healthy: bool) -> Repeats | None:
        """How the load goes on beyond its plan; the twin's does not, as nothing fails there."""
        wanted = self.fails_at_least
        if wanted is None:
            wanted = 0 if self.acts else ENOUGH
        return Repeats(wanted, LONGEST * duration_s) if wanted and not healthy else None

    def on(self, server: str | None) -> Scenario:
        """The same with a real server for its target; None: as it is."""
        if server is None:
            return self
        if server not in self.servers:
            hint = f"it can be run with {', '.join(self.servers) or 'the service of the lab only'}"
            raise Why502Error("this scenario does not know the server", where=server, hint=hint)
        variant = self.servers[server]
        return replace(
            self, faulty=variant.faulty, healthy=variant.healthy, pages=variant.pages, other_faulty=(), only_way={}
        )

    def expected(self, outcomes: Outcomes, *, healthy: bool) -> tuple[Expected, ...]:
        """What must come of a run; nothing of a twin."""
        if healthy:
            return ()
        return self.expectation(outcomes) if self.expectation else tuple(map(Expected, self.convicts))

    def other_setups(self, *, healthy: bool) -> tuple[TargetSetup, ...]:
        return self.healthy_others if healthy and self.healthy_others is not None else self.others

    def target_setup(self, seed: int, *, healthy: bool, proxy: str | None = None) -> TargetSetup:
        ways = (self.faulty, *self.other_faulty)
        if proxy is not None and proxy in self.only_way:
            ways = (self.only_way[proxy],)
        return self.healthy if healthy else ways[seed % len(ways)]

    def proxy_settings(self, seed: int, *, healthy: bool) -> ProxySettings:
        if healthy and self.healthy_proxy:
            return self.healthy_proxy
        ways = (self.proxy, *self.other_proxy)
        return ways[seed % len(ways)]
