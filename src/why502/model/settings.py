"""What a configuration sets: the gateway's timers and the target's limits, each with its place."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from why502.model.evidence import Place


class Timer(StrEnum):
    """What a timeout limits."""

    CONNECT = "connect"
    """Making a connection to the target, TLS included."""
    SEND = "send"
    """Between two writes to the target."""
    WAIT = "wait"
    """For (more of) the target's answer."""
    POOL = "pool"
    """How long the proxy keeps an idle connection to a target."""
    QUEUE = "queue"
    """For a connection of the proxy's pool, or a place at a target, to become free."""
    DRAIN = "drain"
    """For requests in flight at a target that was taken out of rotation."""


class Setting(Struct, frozen=True):
    """One timeout, or number of tries, that a configuration sets; whether it was in force, nobody knows."""

    proxy: str
    """As `Request.proxy`: 'nginx', 'haproxy', 'alb'..."""
    name: str
    """As it is written: 'proxy_read_timeout'."""
    timers: tuple[Timer, ...]
    """What it limits: an ALB's idle timeout is at once the longest wait and the age of idle pooled connections."""
    at: Place
    seconds: float | None = None
    """0: switched off. None: it is a number of tries."""
    tries: int | None = None
    """How often a target is tried in all, the first time included."""
    scope: str = ""
    """'location /api', 'backend shop'; '': everywhere, unless something narrower says otherwise."""
    group: str | None = None
    """The one backend, upstream or cluster that it is about, as the proxy's log names it."""

    def concerns(self, proxy: str, timer: Timer, group: str | None = None) -> bool:
        """Whether it can have limited a request of that proxy to that group (None: not known)."""
        ours = self.group is None or group is None or self.group in (group, group_of(group))
        return ours and self.proxy == proxy and timer in self.timers

    def __str__(self) -> str:
        value = f"{self.seconds:g} s" if self.seconds is not None else f"{self.tries} tries"
        return f"{self.name} {value}{' in ' + self.scope if self.scope else ''} [{self.at}]"


def group_of(group: str) -> str:
    """HAProxy logs 'backend/server'.

    >>> group_of("shop/a"), group_of("shop")
    ('shop', 'shop')
    """
    return group.partition("/")[0]


class Limit(StrEnum):
    """What a setting of a target limits."""

    BACKLOG = "backlog"
    """Connections that wait to be accepted: the argument of listen()."""
    WORKERS = "workers"
    """Requests at work at once."""
    KEEPALIVE = "keepalive"
    """Seconds for which it keeps an idle connection; 0: it closes after each answer."""
    WORK = "work"
    """Seconds after which the server kills the worker of a request that is not done."""


class TargetSetting(Struct, frozen=True):
    """One limit of the server behind the gateway, as its configuration or its command line sets it.

    Whether it was in force, nobody knows.
    """

    server: str
    """As people call it: 'gunicorn', 'Tomcat'."""
    name: str
    """As it is written: 'acceptCount', '--keep-alive'; of several that make it up together 'workers x threads'."""
    limit: Limit
    value: float
    """Seconds for `KEEPALIVE` and `WORK`, else a number."""
    at: Place
    address: str = ""
    """Where it listens, as far as that is told: '8080', 'unix:/run/app.sock'; '': not told."""
    late_s: float = 0.0
    """Its server looks only now and then, and may be so much later than due."""
    hosts: tuple[str, ...] = ()
    """Addresses and names of the container whose command line it is; (): told by a file, of whichever host."""

    def __str__(self) -> str:
        unit = " s" if self.limit in (Limit.KEEPALIVE, Limit.WORK) else ""
        return f"{self.name} {self.value:g}{unit} of {self.server}"
