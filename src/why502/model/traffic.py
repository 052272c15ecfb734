"""Access and error logs, summed up: the failures one by one, everything else as numbers."""

from __future__ import annotations

from functools import cache

from msgspec import Struct

from why502.model.patterns import Interval, Sample, Silence
from why502.model.requests import Manner, Phase, Request, Side


class FailedRequest(Struct, frozen=True):
    """A failed request, and what went on at its target around it."""

    request: Request
    idle_before_s: float | None = None
    """Silence at its target before the burst it belongs to (no request in flight or beginning); None: no
    earlier request."""
    burst_len: int = 1
    """Requests that began in the same burst (gaps below `BURST_GAP_S`), itself included."""


class BurstsOfSize(Struct, frozen=True):
    """Requests that began in bursts of about the same size."""

    least: int
    """The smallest burst of this class; one of `BURST_SIZES`."""
    requests: int
    failed: int
    bursts: int
    bursts_hit: int
    """In which a request failed."""
    failed_whole: int
    """Failed requests of bursts in which all failed."""


class TargetTraffic(Struct, frozen=True):
    """What one target served, over the whole log."""

    target: str
    """'' for all requests of proxies that do not log the target's address."""
    requests: int
    failed: int
    connect_median_s: float | None = None
    wait_median_s: float | None = None
    wait_p99_s: float | None = None
    delayed_connects: tuple[Request, ...] = ()
    """Requests, served or not, whose time to connect lies just above a SYN retransmission (`SYN_STEPS_S`);
    at most `MAX_EXAMPLES`."""
    delayed_connects_total: int = 0
    timed_connects: int = 0
    """Requests whose time to connect is known (the base of `delayed_connects_total`)."""
    after_idle: int = 0
    """Requests in bursts that began after at least `IDLE_S` of silence..."""
    after_idle_failed: int = 0
    """...and how many of those failed."""
    by_burst: tuple[BurstsOfSize, ...] = ()
    """All requests whose begin is known, by the size of the burst they belong to; smallest first."""
    silences: tuple[Silence, ...] = ()
    """Of a target that failed: all its bursts by the silence before them, from `MIN_SILENCE_S`."""


class Bucket(Struct, frozen=True):
    """One interval of the timeline."""

    at_s: float
    requests: int
    by_proxy: int
    """5xx that the proxy made."""
    by_target: int
    """5xx that the target sent."""


class FailureKind(Struct, frozen=True):
    """How often requests failed in one way, whether or not they are kept one by one."""

    target: str | None
    side: Side | None
    phase: Phase
    manner: Manner
    status: int | None
    failures: int


class Traffic(Struct, frozen=True):
    """Everything that judgement needs from all logs together."""

    requests: int
    failures: tuple[FailedRequest, ...]
    """By their end; at most `MAX_EXAMPLES`, of each kind a fair share, of each kind the earliest."""
    failures_total: int
    targets: tuple[TargetTraffic, ...]
    timeline: tuple[Bucket, ...]
    bucket_s: float
    kinds: tuple[FailureKind, ...] = ()
    """All failures, the most frequent kind first."""
    intervals: tuple[Interval, ...] = ()
    """The timeline in finer steps, at most `MAX_INTERVALS`; those without requests are left out."""
    interval_s: float = 1.0
    sample: Sample = Sample()
    by_rule: int = 0
    """5xx that the proxy made as it was told to (a limit, a rule, a maintenance page): no failures."""
    unnamed: TargetTraffic | None = None
    """Requests without a target's address (HAProxy logs a server's name, Apache's access log nothing); None: there
    are none."""

    def target(self, name: str | None) -> TargetTraffic | None:
        return next((t for t in self.targets if t.target == name), None)


MAX_EXAMPLES = 1000
"""How many failures or delayed requests of one kind are kept one by one."""

MAX_TARGETS = 1000
"""How many targets are told apart."""

MAX_KINDS = 1000
"""How many kinds of failures are counted apart."""

BURST_GAP_S = 0.25
"""Requests closer together than this to the same target belong to one burst: a page that loads."""

BURST_SIZES = (1, 2, 3, 5, 9, 17, 33)
"""Classes of bursts, each by its smallest: what one page loads, and what many load together."""

IDLE_S = 1.0
"""Silence that counts as an idle spell of a target; long against the gaps inside a page load."""

SYN_STEPS_S = (1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 11.0, 15.0, 19.0, 31.0)
"""When a SYN is sent again: 1, 2, 3, 4, 5, 7, 11, 19 s on Linux 6.5 and later (`tcp_syn_linear_timeouts`), 1, 3,
7, 15, 31 s before (ip-sysctl.rst)."""

SYN_STEP_SLACK_S = 0.2
"""A connect that took a step plus less than this waited for that retransmission."""


def micros(seconds: float | None) -> int | None:
    """A time or a duration in microseconds, in which logs are compared: whole numbers have no rounding errors.

    >>> micros(1535487443.366947), micros(None)
    (1535487443366947, None)
    """
    return None if seconds is None else round(seconds * 1e6)


@cache
def syn_steps_us() -> tuple[tuple[int, int], ...]:
    """From when to before when a connect waited for each retransmission."""
    return tuple((round(step_s * 1e6), round((step_s + SYN_STEP_SLACK_S) * 1e6)) for step_s in SYN_STEPS_S)


def delayed_by_syn(connect_s: float | None) -> bool:
    """Whether a time to connect lies just above a retransmission of the SYN.

    >>> delayed_by_syn(1.034), delayed_by_syn(0.4), delayed_by_syn(2.9)
    (True, False, False)
    """
    connect_us = micros(connect_s)
    return connect_us is not None and any(low_us <= connect_us < high_us for low_us, high_us in syn_steps_us())
