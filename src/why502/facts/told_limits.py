"""Which of the limits that configurations and command lines tell can be those of one target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from why502.facts.listeners import split_address

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from why502.model.settings import Limit, TargetSetting
    from why502.model.traffic import Traffic

EARLY_S: Final = 0.05
"""A timer never fires early; logs round, and the proxy's clock begins a little sooner."""
LATE_S: Final = 0.5
NEAR: Final = 0.1
"""A silence within this share of the timeout comes of it: servers sweep idle connections now and then."""
NEAR_S: Final = 1.2
"""...and Node.js closes a second after what it announces."""


class Told(NamedTuple):
    """All that is told of limits, and the ports that requests went to."""

    settings: Sequence[TargetSetting]
    addresses: frozenset[str]

    def of(self, target: str | None, limit: Limit, seen: Sequence[TargetSetting] = ()) -> TargetSetting | None:
        """What limits the target; None if nothing tells, or if it is told in different ways.

        Command lines at the target's own address (`seen`: on its host) go first, for they outrank files. A setting
        that tells another port, or another socket, is another server's; one that tells none is the target's only if
        all requests went to one port.
        """
        told = [s for s in self.settings if s.limit is limit]
        files = [s for s in told if target is None or not s.hosts]
        own = [*(s for s in seen if s.limit is limit), *(s for s in told if target is not None and _is_at(s, target))]
        if not own:
            own = [s for s in files if target is not None and s.address and s.address == address_of(target)]
        if not own and (target is None or len(self.addresses | {address_of(target)}) <= 1):
            own = [s for s in files if target is None or not s.address]
        return own[0] if len({s.value for s in own}) == 1 else None

    def of_all(self, targets: Iterable[str | None], limit: Limit) -> TargetSetting | None:
        """What limits each of them alike."""
        found = [self.of(target, limit) for target in targets]
        return found[0] if found and len({None if s is None else s.value for s in found}) == 1 else None


NOTHING_TOLD: Final = Told((), frozenset())


def told_of(settings: Sequence[TargetSetting], traffic: Traffic | None) -> Told:
    """Beside the requests that were logged."""
    named = [t.target for t in traffic.targets] if traffic else []
    return Told(settings, frozenset(address_of(name) for name in named if name))


def _is_at(setting: TargetSetting, target: str) -> bool:
    """Whether its container is the one that the proxy talked to."""
    host, port = split_address(target)
    return host.strip("[]") in setting.hosts and (not setting.address or not port or setting.address == port)


def address_of(target: str) -> str:
    """As `TargetSetting.address` tells it."""
    return target if target.startswith("unix:") else split_address(target)[1]


def kills_after(setting: TargetSetting, lasted_s: float) -> bool:
    """Whether a worker that took so long had run out of time."""
    return setting.value - EARLY_S <= lasted_s <= setting.value + setting.late_s + LATE_S


def closes_after(setting: TargetSetting, idle_s: float) -> bool:
    """Whether connections idle for so long are due to be closed just then."""
    near_s = max(NEAR * setting.value, NEAR_S)
    return setting.value > 0 and -near_s <= idle_s - setting.value <= max(near_s, setting.late_s)
