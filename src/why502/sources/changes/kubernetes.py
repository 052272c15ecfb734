"""Kubernetes events: `kubectl get events -o json`, of `v1` and of `events.k8s.io/v1`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from why502.model.case import KernelEvent, Misread
from why502.model.evidence import Place
from why502.model.expressions import expression
from why502.sources.changes.records import MAX_TEXT_CHARACTERS, changed, decoded, document, reading, when
from why502.sources.interface import EvidenceFile, Reader, Reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.sources.changes.records import Fact

KIND: Final = "kubernetes-events"

CHANGES: Final = frozenset(
    {
        "ScalingReplicaSet",  # pkg/controller/deployment/sync.go
        "DeploymentRollback",
        "SuccessfulRescale",  # pkg/controller/podautoscaler/horizontal.go
        "SuccessfulDelete",  # pkg/controller/controller_utils.go: a pod was taken away
        "Killing",  # pkg/kubelet/events/event.go, "Stopping container ..."
        "Evicted",
        "Preempted",
        "TaintManagerEviction",
        "NodeNotSchedulable",
        "Rebooted",
    }
)
"""Reasons that tell of something done to a target on purpose, by a person or by a controller."""

DEATHS: Final = {"BackOff": "exit", "OOMKilling": "oom", "SystemOOM": "oom"}
"""Reasons that tell of a process that ended by itself: the kubelet restarts it, the kernel killed it."""

_PROBE = expression(r"failed (?:liveness|startup) probe", re.ASCII)
_RESTARTING = expression(r"[Bb]ack-off restarting", re.ASCII)
_VICTIM = expression(r"process:? (?:(\d{1,9}) \(([^)]{1,64})\)|([^\s,]{1,64}), pid: (\d{1,9}))", re.ASCII)
"""'Killed process 1234 (java)' of the kernel, 'victim process: java, pid: 1234' of the kubelet."""


class _Object(Struct, frozen=True):
    kind: str = ""
    name: str = ""
    namespace: str = ""


class _Series(Struct, frozen=True, rename="camel"):
    last_observed_time: str | None = None


class _Event(Struct, frozen=True, rename="camel"):
    """Either version's fields; the newer one calls the object `regarding` and the message `note`."""

    reason: str | None = None
    message: str | None = None
    note: str | None = None
    involved_object: _Object | None = None
    regarding: _Object | None = None
    event_time: str | None = None
    first_timestamp: str | None = None
    last_timestamp: str | None = None
    deprecated_first_timestamp: str | None = None
    deprecated_last_timestamp: str | None = None
    series: _Series | None = None

    @property
    def times_s(self) -> list[float]:
        """When it came first and last: what came between is only counted."""
        told = (
            self.event_time,
            self.first_timestamp or self.deprecated_first_timestamp,
            self.last_timestamp or self.deprecated_last_timestamp,
            self.series.last_observed_time if self.series else None,
        )
        return sorted({at_s for each in told if (at_s := when(each)) is not None})


class _List(Struct, frozen=True):
    items: tuple[msgspec.Raw, ...]


def fit(head: bytes) -> float:
    """The two names of an event's object, as nothing else has them."""
    named = b'"involvedObject"' in head or (b'"regarding"' in head and b"events.k8s.io" in head)
    return float(head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and named and b'"items"' in head)


def read(evidence: EvidenceFile) -> Reading:
    """Stops and roll-outs as changes, deaths as events; other reasons are understood and tell nothing."""
    return reading(evidence.path, KIND, _records(evidence))


def _records(evidence: EvidenceFile) -> Iterator[tuple[Fact, ...] | Misread]:
    listed = document(evidence, _List)
    if isinstance(listed, Misread):
        yield listed
        return
    for number, raw in enumerate(listed.items, 1):
        place = Place(evidence.path, number, "#")
        event = decoded(raw, _Event, place)
        if isinstance(event, Misread):
            yield event
        elif not event.times_s:
            yield Misread(place, "an event without a time")
        else:
            yield tuple(_facts(event, place))


def _facts(event: _Event, place: Place) -> Iterator[Fact]:
    about = event.involved_object or event.regarding or _Object()
    said = event.message or event.note or ""
    text = f"{event.reason} {about.kind} {about.namespace}/{about.name}: {said}"
    kind = _death(event.reason or "", said)
    if kind is not None:
        victim = _VICTIM.search(said)
        pid, name = ((victim[1] or victim[4]), (victim[2] or victim[3])) if victim else (None, None)
        for at_s in event.times_s:
            yield KernelEvent(
                at_s, kind, place, int(pid) if pid else None, name or about.name, text[:MAX_TEXT_CHARACTERS]
            )
    elif event.reason in CHANGES:
        yield from (changed(at_s, text, place) for at_s in event.times_s)


def _death(reason: str, said: str) -> str | None:
    """A container killed because its probe failed was ill before: nobody decided to stop it."""
    if reason == "Killing" and _PROBE.search(said):
        return "exit"
    if reason == "BackOff" and not _RESTARTING.search(said):
        return None
    return DEATHS.get(reason)


READER: Final = Reader(KIND, fit, read)
