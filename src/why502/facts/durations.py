"""Timeouts against each other: failures that all took the same time, and whose timer that is."""

from __future__ import annotations

from collections import defaultdict
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from why502.facts.silences import by_gateway
from why502.model.requests import Manner, Phase

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from why502.model.requests import Request
    from why502.model.traffic import FailedRequest

MIN_SAME = 3
MIN_S = 0.9
"""Timers below a second are too close to the usual times of work."""
SPREAD, SPREAD_S = 0.01, 0.1
"""A timer fires late by little, and logs round."""
MOST_FOUND = 5
MULTIPLES = (1, 2, 3, 4)
"""A retry starts the timer again; proxies try up to four times (HAProxy: `retries 3`)."""


class Timer(NamedTuple):
    """A default, or one that cannot be set."""

    seconds: float
    name: str


BEFORE, AFTER = frozenset({Phase.CONNECT, Phase.TLS}), frozenset({Phase.SEND, Phase.WAIT})

PROXY_TIMERS: dict[tuple[str, frozenset[Phase]], Timer] = {
    ("alb", BEFORE): Timer(10.0, "ALB's connect timeout (cannot be set)"),
    ("alb", AFTER): Timer(60.0, "ALB's idle timeout, if it is the default"),
    ("nginx", BEFORE): Timer(60.0, "nginx's proxy_connect_timeout, if it is the default"),
    ("nginx", AFTER): Timer(60.0, "nginx's proxy_read_timeout, if it is the default"),
    ("apache", BEFORE): Timer(60.0, "Apache's ProxyTimeout, if it is the default"),
    ("apache", AFTER): Timer(60.0, "Apache's ProxyTimeout, if it is the default"),
    ("envoy", BEFORE): Timer(5.0, "Envoy's cluster connect_timeout, if it is the default"),
    ("envoy", AFTER): Timer(15.0, "Envoy's route timeout, if it is the default"),
    ("traefik", BEFORE): Timer(30.0, "Traefik's dialTimeout, if it is the default"),
    ("caddy", BEFORE): Timer(3.0, "Caddy's dial_timeout, if it is the default"),
    ("varnish", BEFORE): Timer(3.5, "Varnish's connect_timeout, if it is the default"),
    ("varnish", AFTER): Timer(60.0, "Varnish's first_byte_timeout, if it is the default"),
    ("trafficserver", BEFORE): Timer(30.0, "Traffic Server's connect_attempts_timeout, if it is the default"),
    ("trafficserver", AFTER): Timer(30.0, "Traffic Server's no_activity_timeout_out, if it is the default"),
    ("azure", AFTER): Timer(20.0, "Application Gateway's request timeout, if it is the default"),
}
"""From the projects' documentation: nginx `ngx_http_proxy_module`, Envoy `Cluster.connect_timeout` and
`RouteAction.timeout`, Apache `mod_proxy`, Traefik `forwardingTimeouts`, Caddy `reverse_proxy`, `man varnishd`, Traffic
Server `records.yaml`, AWS `load-balancer-troubleshooting`, Azure `application-gateway` (request time-out)."""

TARGET_TIMERS = (Timer(30.0, "gunicorn's worker --timeout, if it is the default"),)
"""Timers that end the connection from the target's end."""


class SameDuration(Struct, frozen=True):
    """Failures of one proxy, phase and manner that took the same time."""

    seconds: float
    least_s: float
    most_s: float
    failures: int
    alike: int
    """Failures of that phase and manner whose time is known."""
    proxy: str
    phase: Phase
    manner: Manner
    timer: str | None
    """Whose that is, if it is a known one."""

    def __str__(self) -> str:
        whose = f": {self.timer}" if self.timer else ", whose timer that is the log does not tell"
        return (
            f"{self.failures} of {self.alike} failures in phase {self.phase} ({self.manner}) took "
            f"{self.least_s:.2f} to {self.most_s:.2f} s{whose}"
        )


def same_durations(failures: Iterable[FailedRequest]) -> tuple[SameDuration, ...]:
    """The most frequent durations first."""
    groups: dict[tuple[str, Phase, Manner], list[float]] = defaultdict(list)
    for request in (place.request for place in failures):
        spent_s = _spent_s(request)
        if by_gateway(request) and spent_s is not None:
            groups[(request.proxy, request.phase, request.manner or Manner.UNKNOWN)].append(spent_s)
    found = [same for (proxy, phase, manner), times in groups.items() for same in _same(times, proxy, phase, manner)]
    return tuple(sorted(found, key=lambda same: (-same.failures, same.seconds))[:MOST_FOUND])


def _spent_s(request: Request) -> float | None:
    """What the timer saw, as near as the log tells."""
    if request.phase in AFTER and request.wait_s is not None:
        return request.wait_s
    return request.total_s


def _same(times: Sequence[float], proxy: str, phase: Phase, manner: Manner) -> Iterator[SameDuration]:
    left = sorted(t for t in times if t >= MIN_S)
    while left:
        groups = ([t for t in left[i:] if t <= low * (1 + SPREAD) + SPREAD_S] for i, low in _distinct(left))
        best = max(groups, key=len)
        if len(best) < MIN_SAME:
            return
        seconds = median(best)
        timer = _whose(proxy, phase, manner, best[0])
        yield SameDuration(seconds, best[0], best[-1], len(best), len(times), proxy, phase, manner, timer)
        left = [t for t in left if not best[0] <= t <= best[-1]]


def _distinct(times: Sequence[float]) -> Iterator[tuple[int, float]]:
    """Each time where it stands first."""
    before = -1.0
    for index, time in enumerate(times):
        if time != before:
            yield index, time
        before = time


def _whose(proxy: str, phase: Phase, manner: Manner, seconds: float) -> str | None:
    """A timer fires when it runs out and never earlier (logs may round by some milliseconds)."""
    timers = [t for (name, phases), t in PROXY_TIMERS.items() if name == proxy and phase in phases]
    if manner in (Manner.CUT, Manner.RESET, Manner.CLOSED):
        timers = [*TARGET_TIMERS]
    for timer in timers:
        for times in MULTIPLES:
            due_s = timer.seconds * times
            if -0.01 <= seconds - due_s <= due_s * SPREAD + SPREAD_S:
                return timer.name if times == 1 else f"{times} times {timer.seconds:g} s, {timer.name} (retries)"
    return None
