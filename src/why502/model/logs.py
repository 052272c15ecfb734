"""`why502 logs --json`: one document (schema why502-logs/1). Times are RFC 3339 in UTC, shares lie between 0 and 1."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

from why502.model.verdict import Failures, InputLine, Span

LOGS_SCHEMA: Final = "why502-logs/1"


class KindLine(Struct, frozen=True):
    """How often requests failed in one way."""

    failures: int
    side: str | None
    phase: str
    manner: str
    status: int | None
    target: str | None


class TargetRow(Struct, frozen=True):
    """What one target served."""

    target: str
    requests: int
    failed: int
    connect_median_s: float | None
    wait_median_s: float | None
    wait_p99_s: float | None


class ValueRow(Struct, frozen=True):
    """Failures of one client, path or node; counted in a sample if `sampled`."""

    value: str
    by_gateway: int
    by_target: int
    others: int


class TimelineRow(Struct, frozen=True):
    """One interval: requests, and 5xx by who made them."""

    at: str
    requests: int
    by_proxy: int
    by_target: int


class PointLine(Struct, frozen=True):
    """When the rate of failures changed, with its 95 % interval."""

    at: str
    earliest: str
    latest: str
    rate_before: float
    rate_after: float


class SpellLine(Struct, frozen=True):
    """A time of failing; null: it began before the log, or had not ended."""

    began: PointLine | None
    ended: PointLine | None
    failures: int
    requests: int
    rate: float


class Trend(Struct, frozen=True):
    """Change points of one sort of failures."""

    failures: int
    tested: bool
    restless: bool
    dispersion: float
    points: tuple[PointLine, ...]
    spells: tuple[SpellLine, ...]


class ConcentrationLine(Struct, frozen=True):
    """Failures keep to one value."""

    dimension: str
    value: str
    side: str
    kind: str | None
    """Of failures of this phase and manner alone ('connect, refused'); null: of all of that side."""
    failures: int
    failures_in_all: int
    share_of_others: float
    ratio: float
    ratio_low: float
    ratio_high: float
    p: float


class UnjudgeableLine(Struct, frozen=True):
    """A dimension of which nothing can be said."""

    dimension: str
    side: str
    why: str


class IdleGapLine(Struct, frozen=True):
    """Failures keep to one length of silence (a keep-alive timeout), or to that and any longer one."""

    target: str
    idle_s: float
    and_longer: bool
    failed: int
    bursts: int
    failed_in_all: int
    shorter: int
    shorter_failed: int
    longer: int
    longer_failed: int
    p: float
    closed_by: tuple[str, ...]
    """Timers that close idle connections just then, as configurations and command lines among the evidence set them."""


class SlowConnectsLine(Struct, frozen=True):
    """Connects that waited for a SYN to be sent again."""

    target: str
    delayed: int
    timed: int
    kept: int
    served: int
    steps: dict[str, int]


class DurationLine(Struct, frozen=True):
    """Failures that took the same time."""

    seconds: float
    least_s: float
    most_s: float
    failures: int
    alike: int
    proxy: str
    phase: str
    manner: str
    timer: str | None
    """Whose time that is; null: nothing known fires then."""
    timer_s: float | None
    times: int | None
    """The timer ran out so many times in a row: tries."""
    configured_at: str | None
    """Where a configuration among the evidence sets it; null with a timer: its default, which may not be in force."""
    not_these: tuple[str, ...]
    """Timers that a configuration sets for such requests, if it is none of them."""


class DeathsLine(Struct, frozen=True):
    """Requests lost in flight (of those, ended at one instant: `together`), and connects refused right after."""

    target: str | None
    at: str
    lost: int
    together: int
    refused_after: int


class ChangeLine(Struct, frozen=True):
    """A change, and the failures around it."""

    at: str
    text: str
    place: str
    failures_before: int
    requests_before: int
    failures_after: int
    requests_after: int
    p: float
    rise: PointLine | None
    rise_after_s: float | None
    rise_p: float | None
    fall: PointLine | None
    fall_after_s: float | None
    fall_p: float | None


class ChangesLine(Struct, frozen=True):
    """All changes against all failures."""

    side: str
    """Which failures: those that the 'gateway' made, or the 'target' answered."""
    around_s: float
    left_out: int
    bursts: int
    bursts_inside: int
    share_of_time: float
    p: float
    changes: tuple[ChangeLine, ...]


class SettingLine(Struct, frozen=True):
    """A timer of the gateway (or its number of tries), as a configuration among the evidence sets it."""

    proxy: str
    name: str
    seconds: float | None
    tries: int | None
    scope: str
    place: str


class TargetSettingLine(Struct, frozen=True):
    """A limit of a server behind the gateway, as its configuration or its command line sets it."""

    server: str
    name: str
    limit: str
    """'backlog', 'workers' (numbers), 'keepalive', 'work' (seconds)."""
    value: float
    address: str
    """Its port, or its socket; '': not told."""
    hosts: tuple[str, ...]
    """Of its container; empty: not told."""
    place: str


class HealthLine(Struct, frozen=True):
    """A health check that failed, or a server that was taken out."""

    at: str
    kind: str
    text: str
    place: str


class LogsDocument(Struct, frozen=True, kw_only=True):
    """Everything that the logs alone yield."""

    schema: Literal["why502-logs/1"] = LOGS_SCHEMA
    generated: str
    window: Span | None
    inputs: tuple[InputLine, ...]
    failures: Failures
    hidden: int
    """Failures that no client saw, as far as failures are kept one by one."""
    kinds: tuple[KindLine, ...]
    targets: tuple[TargetRow, ...]
    clients: tuple[ValueRow, ...]
    paths: tuple[ValueRow, ...]
    nodes: tuple[ValueRow, ...]
    """Edge locations (CloudFront, Cloudflare), else nodes or instances of a balancer."""
    sampled: bool
    """Clients, paths and nodes are counted in a sample of so many..."""
    sampled_failures: int
    sampled_others: int
    """...requests."""
    timeline: tuple[TimelineRow, ...]
    bucket_s: float
    by_gateway: Trend
    by_target: Trend
    concentrations: tuple[ConcentrationLine, ...]
    unjudgeable: tuple[UnjudgeableLine, ...]
    idle_gaps: tuple[IdleGapLine, ...]
    slow_connects: tuple[SlowConnectsLine, ...]
    durations: tuple[DurationLine, ...]
    deaths: tuple[DeathsLine, ...]
    changes: ChangesLine | None
    health: tuple[HealthLine, ...]
    settings: tuple[SettingLine, ...]
    target_settings: tuple[TargetSettingLine, ...]
