"""Pods as `kubectl get pods -o json` gives them: how containers ended (core/v1 `ContainerStateTerminated`), and what
their command lines say of the servers in them (core/v1 `Container`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from why502.model.case import Misread
from why502.model.evidence import Place
from why502.model.expressions import expression
from why502.sources.changes.endings import Ending
from why502.sources.changes.records import decoded, document, reading, when
from why502.sources.configurations.targets import containers
from why502.sources.interface import EvidenceFile, Reader, Reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.sources.changes.records import Fact, Told

KIND: Final = "kubernetes-pods"
FIT: Final = 0.95
MEMORY: Final = "OOMKilled"
POD: Final = "Pod"

_POD = expression(rb'"kind"\s*:\s*"Pod"')
_STATUS: Final = b'"containerStatuses"'


class _Terminated(Struct, frozen=True, rename="camel"):
    exit_code: int | None = None
    reason: str = ""
    finished_at: str | None = None


class _State(Struct, frozen=True):
    terminated: _Terminated | None = None


class _Container(Struct, frozen=True, rename="camel"):
    name: str = ""
    state: _State = _State()
    last_state: _State = _State()


class _Address(Struct, frozen=True):
    ip: str = ""


class _Status(Struct, frozen=True, rename="camel"):
    container_statuses: tuple[_Container, ...] = ()
    pod_ip: str = msgspec.field(default="", name="podIP")
    pod_ips: tuple[_Address, ...] = msgspec.field(default=(), name="podIPs")

    @property
    def addresses(self) -> tuple[str, ...]:
        """`podIPs` holds `podIP` too, and the other family's beside it."""
        return tuple(dict.fromkeys(ip for ip in (self.pod_ip, *(one.ip for one in self.pod_ips)) if ip))


class _Metadata(Struct, frozen=True):
    name: str = ""


class _Variable(Struct, frozen=True, rename="camel"):
    name: str = ""
    value: str = ""
    """Empty as well where another object holds it (`valueFrom`)."""


class _Port(Struct, frozen=True, rename="camel"):
    container_port: int = 0


class _Spec(Struct, frozen=True, rename="camel"):
    """What is asked for; without `command` it is what the image says."""

    name: str = ""
    command: tuple[str, ...] | None = None
    args: tuple[str, ...] | None = None
    env: tuple[_Variable, ...] | None = None
    env_from: tuple[msgspec.Raw, ...] | None = None
    """Of whole other objects, which the pod does not show."""
    ports: tuple[_Port, ...] | None = None

    def within(self, pod: str, hosts: tuple[str, ...]) -> containers.Container:
        unknown = {containers.CONCURRENCY: ""} if self.env_from else {}
        return containers.Container(
            f"{pod}/{self.name}",
            (*(self.command or ()), *(self.args or ())),
            unknown | {one.name: one.value for one in self.env or ()},
            hosts,
            tuple(str(port.container_port) for port in self.ports or ()),
        )


class _Specs(Struct, frozen=True):
    containers: tuple[_Spec, ...] = ()


class _Pod(Struct, frozen=True):
    kind: str = POD
    """A list of nothing but pods may leave it out."""
    metadata: _Metadata = _Metadata()
    spec: _Specs = _Specs()
    status: _Status = _Status()


class _Listed(Struct, frozen=True):
    items: tuple[msgspec.Raw, ...] | None = None
    """None: the document is a single pod."""


def fit(head: bytes) -> float:
    return (
        FIT if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and _POD.search(head) and _STATUS in head else 0.0
    )


def read(evidence: EvidenceFile) -> Reading:
    """Ends of containers, and limits of servers; a pod may be understood and tell neither."""
    return reading(evidence.path, KIND, _records(evidence))


def _records(evidence: EvidenceFile) -> Iterator[tuple[Told, ...] | Misread]:
    listed = document(evidence, _Listed)
    if isinstance(listed, Misread):
        yield listed
        return
    if listed.items is None:
        pod = document(evidence, _Pod)
        yield pod if isinstance(pod, Misread) else _facts(pod, Place(evidence.path))
        return
    for number, raw in enumerate(listed.items, 1):
        place = Place(evidence.path, number, "#")
        pod = decoded(raw, _Pod, place)
        yield pod if isinstance(pod, Misread) else _facts(pod, place)


def _facts(pod: _Pod, place: Place) -> tuple[Told, ...] | Misread:
    if pod.kind != POD:
        return Misread(place, f"a {pod.kind}, no pod")
    within = [one.within(pod.metadata.name, pod.status.addresses) for one in pod.spec.containers]
    told = [setting for one in within for setting in containers.settings(one, place)]
    return (*_endings(pod, place), *told)


def _endings(pod: _Pod, place: Place) -> Iterator[Fact]:
    for container in pod.status.container_statuses:
        for state in (container.last_state, container.state):
            ended = state.terminated
            at_s = when(ended.finished_at) if ended else None
            if ended is not None and at_s is not None:
                name = f"{pod.metadata.name}/{container.name}"
                killed = ended.reason == MEMORY
                yield from Ending(at_s, name, ended.exit_code, killed, pod.status.addresses).facts(place)


READER: Final = Reader(KIND, fit, read)
