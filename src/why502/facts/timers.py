"""Whose timer a duration is: one that the configuration sets, else one that is the proxy's default."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import Struct

from why502.model.evidence import Place
from why502.model.requests import Manner, Phase
from why502.model.settings import Setting, Timer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

SPREAD, SPREAD_S = 0.01, 0.1
"""A timer fires late by little, and logs round."""
EARLY_S = 0.01
"""A timer never fires early; logs round."""
MULTIPLES = (1, 2, 3, 4)
"""A retry starts the timer again; proxies try up to four times (HAProxy: `retries 3`)."""

TIMERS: Final = {
    Phase.NO_TARGET: (Timer.QUEUE,),
    Phase.CONNECT: (Timer.CONNECT,),
    Phase.TLS: (Timer.CONNECT,),
    Phase.SEND: (Timer.SEND, Timer.WAIT),
    Phase.WAIT: (Timer.WAIT, Timer.SEND),
    Phase.BODY: (Timer.WAIT,),
    Phase.UNKNOWN: (Timer.CONNECT, Timer.WAIT),
}
"""What can have run out in a phase."""


class Usual(NamedTuple):
    """A default, or one that cannot be set."""

    seconds: float
    name: str


BEFORE, AFTER = frozenset({Phase.CONNECT, Phase.TLS}), frozenset({Phase.SEND, Phase.WAIT})

PROXY_TIMERS: dict[tuple[str, Timer], Usual] = {
    ("alb", Timer.WAIT): Usual(60.0, "ALB's idle timeout, if it is the default"),
    ("elb", Timer.WAIT): Usual(60.0, "the Classic ELB's idle timeout, if it is the default"),
    ("nginx", Timer.CONNECT): Usual(60.0, "nginx's proxy_connect_timeout, if it is the default"),
    ("nginx", Timer.WAIT): Usual(60.0, "nginx's proxy_read_timeout, if it is the default"),
    ("apache", Timer.CONNECT): Usual(60.0, "Apache's ProxyTimeout, if it is the default"),
    ("apache", Timer.WAIT): Usual(60.0, "Apache's ProxyTimeout, if it is the default"),
    ("envoy", Timer.CONNECT): Usual(5.0, "Envoy's cluster connect_timeout, if it is the default"),
    ("envoy", Timer.WAIT): Usual(15.0, "Envoy's route timeout, if it is the default"),
    ("traefik", Timer.CONNECT): Usual(30.0, "Traefik's dialTimeout, if it is the default"),
    ("caddy", Timer.CONNECT): Usual(3.0, "Caddy's dial_timeout, if it is the default"),
    ("varnish", Timer.CONNECT): Usual(3.5, "Varnish's connect_timeout, if it is the default"),
    ("varnish", Timer.WAIT): Usual(60.0, "Varnish's first_byte_timeout, if it is the default"),
    ("trafficserver", Timer.CONNECT): Usual(30.0, "Traffic Server's connect_attempts_timeout, if it is the default"),
    ("trafficserver", Timer.WAIT): Usual(30.0, "Traffic Server's no_activity_timeout_out, if it is the default"),
    ("azure", Timer.WAIT): Usual(20.0, "Application Gateway's request timeout, if it is the default"),
    ("frontdoor", Timer.WAIT): Usual(30.0, "Front Door's origin response timeout, if it is the default"),
    ("heroku", Timer.WAIT): Usual(30.0, "the time that Heroku's router waits for an answer to begin"),
    ("cloudfront", Timer.CONNECT): Usual(10.0, "CloudFront's origin connection timeout, if it is the default"),
    ("cloudfront", Timer.WAIT): Usual(30.0, "CloudFront's origin response timeout, if it is the default"),
}
"""From the projects' documentation: nginx `ngx_http_proxy_module`, Envoy `Cluster.connect_timeout` and
`RouteAction.timeout`, Apache `mod_proxy`, Traefik `forwardingTimeouts`, Caddy `reverse_proxy`, `man varnishd`, Traffic
Server `records.yaml`, AWS `load-balancer-troubleshooting` and CloudFront's `Origin` and `CustomOriginConfig`, Azure
`application-gateway` (request time-out) and `front-door` (troubleshooting of 504), Heroku `request-timeout`."""

FIXED: dict[tuple[str, Timer], Usual] = {("alb", Timer.CONNECT): Usual(10.0, "ALB's connect timeout (cannot be set)")}

TARGET_TIMERS = (Usual(30.0, "gunicorn's worker --timeout, if it is the default"),)
"""Timers that end the connection from the target's end."""

HAPROXY_PAUSE_S: Final = 1.0
"""Between two connects to one server where the first failed before its timer (`back_handle_st_cer`): at most this, or
`timeout connect` where that is shorter."""

ENDED_BY_TARGET = (Manner.CUT, Manner.RESET, Manner.CLOSED)
ENDED_BY_TIMER = (Manner.TIMEOUT, Manner.UNKNOWN)


class Due(Struct, frozen=True):
    """A timer that ran out."""

    name: str
    seconds: float
    times: int
    """So many times in a row: tries."""
    at: Place | None
    """Where it is set; None: it is a default, of which nobody said that it is in force."""

    @property
    def configured(self) -> bool:
        return self.at is not None

    def __str__(self) -> str:
        place = f" [{self.at}]" if self.at else ""
        if self.times == 1:
            return f"{self.name}{place}"
        return f"{self.times} times {self.seconds:g} s, {self.name}{place}"


def set_for(
    settings: Iterable[Setting], proxy: str, phase: Phase, manner: Manner, group: str | None = None
) -> Iterator[Setting]:
    """Timers of the configuration that such a request was under, if a timer of the proxy ended it."""
    if manner not in ENDED_BY_TIMER or _paused(proxy, phase, manner):
        return
    for setting in settings:
        if setting.seconds and any(setting.concerns(proxy, timer, group) for timer in TIMERS.get(phase, ())):
            yield setting


def whose(
    settings: Sequence[Setting], proxy: str, phase: Phase, manner: Manner, lasted_s: float, group: str | None = None
) -> Due | None:
    """The timer that fires after this time: of those that are set, else of the defaults that nothing replaces."""
    if manner in ENDED_BY_TARGET:
        found = [Due(usual.name, usual.seconds, n, None) for usual in TARGET_TIMERS for n in _fits(usual, lasted_s)]
        return min(found, key=lambda due: due.times, default=None)
    if manner not in ENDED_BY_TIMER:
        return None
    if _paused(proxy, phase, manner):
        return _pauses(settings, lasted_s, group)
    ours = [
        (
            Due(f"{s.name} {s.seconds:g} s{' in ' + s.scope if s.scope else ''}", s.seconds or 0.0, n, s.at),
            s.group == group,
        )
        for s in set_for(settings, proxy, phase, manner, group)
        for n in _fits(Usual(s.seconds or 0.0, s.name), lasted_s, _tries(settings, proxy, group))
    ]
    if ours:
        return min(ours, key=lambda each: (each[0].times, not each[1], -each[0].seconds))[0]
    usual = [PROXY_TIMERS.get((proxy, t)) for t in TIMERS.get(phase, ()) if not _replaced(settings, proxy, t)]
    known = [*(u for u in usual if u), *(FIXED[proxy, t] for t in TIMERS.get(phase, ()) if (proxy, t) in FIXED)]
    return min((Due(u.name, u.seconds, n, None) for u in known for n in _fits(u, lasted_s)),
               key=lambda due: due.times, default=None)  # fmt: skip


def _paused(proxy: str, phase: Phase, manner: Manner) -> bool:
    """Whether the time was spent between connects that failed at once."""
    return (proxy, phase, manner) == ("haproxy", Phase.CONNECT, Manner.UNKNOWN)


def _pauses(settings: Sequence[Setting], lasted_s: float, group: str | None) -> Due | None:
    told = [s.seconds for s in settings if s.seconds and s.concerns("haproxy", Timer.CONNECT, group)]
    pause = Usual(min([HAPROXY_PAUSE_S, *told]), "HAProxy's pause before each retry: every connect failed at once")
    found = [
        Due(pause.name, pause.seconds, n, None) for n in _fits(pause, lasted_s, _tries(settings, "haproxy", group))
    ]
    return min(found, key=lambda due: due.times, default=None)


def _tries(settings: Iterable[Setting], proxy: str, group: str | None) -> int:
    """The most tries that are set, else as many as proxies usually make."""
    told = [s.tries for s in settings if s.tries and s.proxy == proxy and s.concerns(proxy, s.timers[0], group)]
    return max(told, default=MULTIPLES[-1])


def _replaced(settings: Iterable[Setting], proxy: str, timer: Timer) -> bool:
    """The default is in force nowhere."""
    return any(not s.scope and s.seconds is not None and s.concerns(proxy, timer) for s in settings)


def _fits(timer: Usual, lasted_s: float, tries: int = MULTIPLES[-1]) -> Iterator[int]:
    """A timer fires when it runs out and never earlier."""
    for times in range(1, tries + 1) if timer.seconds else ():
        due_s = timer.seconds * times
        if -EARLY_S <= lasted_s - due_s <= due_s * SPREAD + SPREAD_S:
            yield times


def pool_timers(settings: Iterable[Setting], proxies: Iterable[str], group: str | None) -> tuple[Setting, ...]:
    """How long such a proxy keeps idle connections, as far as it is set; one for just that group counts alone."""
    known = set(proxies)
    found = [s for s in settings if s.seconds is not None and s.proxy in known]
    ours = [s for s in found if s.concerns(s.proxy, Timer.POOL, group)]
    own = [s for s in ours if group is not None and s.group is not None]
    return tuple(own or ours)
