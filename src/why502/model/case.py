"""Everything that is known about one case: the inputs of judgement, and nothing else."""

from __future__ import annotations

from msgspec import Struct

from why502.model.evidence import Place, Source
from why502.model.host import HostRecord
from why502.model.patterns import Span
from why502.model.settings import Setting, TargetSetting
from why502.model.traffic import Traffic
from why502.model.wire import Wire


class Window(Struct, frozen=True):
    """A span of time, epoch seconds."""

    from_s: float
    to_s: float

    def holds(self, at_s: float) -> bool:
        return self.from_s <= at_s <= self.to_s


class Misread(Struct, frozen=True):
    """A record that was not understood."""

    at: Place
    why: str


class Input(Struct, frozen=True):
    """What became of one piece of evidence."""

    path: str
    kind: str
    """'alb-access-log', 'nginx-access-log', 'nginx-error-log', 'capture', 'host', 'cloudwatch-metrics',
    'changes', 'manifest', 'unrecognised'..."""
    source: Source | None
    """None: nothing that a suspect could use (e.g. a manifest)."""
    records: int
    not_understood: int = 0
    first_not_understood: tuple[Misread, ...] = ()
    window: Window | None = None
    also: tuple[Source, ...] = ()
    """What its records are besides `source`: a container's output holds access and error lines."""


class Series(Struct, frozen=True):
    """One metric over time."""

    name: str
    """'HTTPCode_ELB_502_Count', 'CPUUtilization'..., or ours: 'cpu-busy-ratio', 'memory-used-ratio'."""
    at: Place
    points: tuple[tuple[float, float], ...]
    """(epoch seconds, value), in time order."""
    period_s: float | None = None
    sparse: bool = False
    """Only non-zero data is reported (CloudWatch's HTTPCode_*): a missing point is 0, not unknown."""


class Change(Struct, frozen=True):
    """A deployment, a configuration change, a restart that somebody recorded."""

    at_s: float
    text: str
    at: Place


ACCEPT_FAILED = "accept-failed"
"""The proxy had no descriptor for a connection that a client had made to it."""


class KernelEvent(Struct, frozen=True):
    """One line of `events.jsonl`."""

    at_s: float
    kind: str
    """'listen', 'exit', 'oom', 'send-reset', 'receive-reset', 'retransmit', 'conntrack-full'; of a server's own
    log 'worker-died', 'worker-timeout', 'pool-full' (no worker is free), 'queue-full' (of connections to accept),
    'pause' (the program stood still); of a proxy's own log 'accept-failed'"""
    at: Place
    pid: int | None = None
    process: str | None = None
    text: str = ""
    group: str | None = None
    """Control group of the process, or the last part of its path."""
    addresses: tuple[str, ...] = ()
    """Of the pod or container in which it happened, without a port; empty: nothing tells them."""
    lasted_s: float | None = None
    """Of what has a length, and ended at `at_s`."""


class Case(Struct, frozen=True):
    """All evidence of one case. `None` or empty: nobody looked, or there was nothing; `looked_at` tells which.

    Bounded in size whatever the evidence: logs and captures arrive here as summaries that hold the failures one
    by one and everything else as numbers.
    """

    inputs: tuple[Input, ...] = ()
    named: tuple[str, ...] = ()
    """The evidence as its user named it: files, folders, bundles."""
    traffic: Traffic | None = None
    wire: Wire | None = None
    hosts: tuple[HostRecord, ...] = ()
    metrics: tuple[Series, ...] = ()
    changes: tuple[Change, ...] = ()
    events: tuple[KernelEvent, ...] = ()
    settings: tuple[Setting, ...] = ()
    """Timeouts of the gateway, as configurations among the evidence set them."""
    target_settings: tuple[TargetSetting, ...] = ()
    """Limits of targets, as their configurations and command lines set them."""
    spans: dict[str, tuple[Span, ...]] = {}
    """Of targets that requests to were given up: all their requests, where logs of a moderate size tell fractions of a
    second; '' where they name no target."""

    @property
    def looked_at(self) -> frozenset[Source]:
        told = (source for i in self.inputs if i.records > 0 for source in (i.source, *i.also))
        return frozenset(source for source in told if source is not None)
