"""Containers as `docker inspect` (and `podman inspect`) gives them: how they ended last, and what their command lines
say of the servers in them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from why502.model.case import Misread
from why502.model.evidence import Place
from why502.model.expressions import expression
from why502.sources.changes.endings import Ending
from why502.sources.changes.records import changed, decoded, document, reading, when
from why502.sources.configurations.targets import containers
from why502.sources.interface import EvidenceFile, Reader, Reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.sources.changes.records import Fact, Told

KIND: Final = "docker-inspect"
FIT: Final = 0.95

_STATE = expression(rb'"State"\s*:\s*\{')
_OWN: Final = (b'"OOMKilled"', b'"FinishedAt"')


class _State(Struct, frozen=True, rename="pascal"):
    running: bool = False
    exit_code: int | None = None
    finished_at: str | None = None
    killed_for_memory: bool = msgspec.field(default=False, name="OOMKilled")


class _Network(Struct, frozen=True):
    """Both addresses are empty while the container does not run."""

    ipv4: str = msgspec.field(default="", name="IPAddress")
    ipv6: str = msgspec.field(default="", name="GlobalIPv6Address")
    names: tuple[str, ...] | None = msgspec.field(default=None, name="Aliases")


class _Published(Struct, frozen=True, rename="pascal"):
    host_port: str = ""


class _Attached(Struct, frozen=True, rename="pascal"):
    networks: dict[str, _Network] | None = None
    ports: dict[str, tuple[_Published, ...] | None] | None = None
    """'8000/tcp' -> ports of the machine."""


class _Config(Struct, frozen=True, rename="pascal"):
    env: tuple[str, ...] | None = None
    """Of the image and of whoever started it, 'NAME=value'."""


class _Container(Struct, frozen=True, rename="pascal"):
    name: str = ""
    state: _State = _State()
    restart_count: int = 0
    """Starts by the restart policy, which acts on what ended by itself; a start by hand begins at 0 again."""
    network_settings: _Attached | None = None
    path: str = ""
    args: tuple[str, ...] | None = None
    """With `path`: what is run, entrypoint and command together."""
    config: _Config | None = None

    @property
    def addresses(self) -> tuple[str, ...]:
        """Of its networks; a start may give it others, but rarely does."""
        networks = self.network_settings.networks if self.network_settings else None
        return tuple(ip for one in (networks or {}).values() for ip in (one.ipv4, one.ipv6) if ip)

    @property
    def as_container(self) -> containers.Container:
        """Its names are those by which its networks know it."""
        attached = self.network_settings or _Attached()
        names = [name for one in (attached.networks or {}).values() for name in one.names or ()]
        pairs = [pair.partition("=") for pair in (self.config.env if self.config else None) or ()]
        ports = {port.partition("/")[0]: to for port, to in (attached.ports or {}).items() if port.endswith("/tcp")}
        name = self.name.lstrip("/")
        return containers.Container(
            name,
            (self.path, *(self.args or ())),
            {name: value for name, _, value in pairs},
            tuple(dict.fromkeys((*self.addresses, name, *names))),
            tuple(ports),
            {port: tuple(dict.fromkeys(each.host_port for each in to or ())) for port, to in ports.items()},
        )


def fit(head: bytes) -> float:
    listed = head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")
    return FIT if listed and _STATE.search(head) and all(name in head for name in _OWN) else 0.0


def read(evidence: EvidenceFile) -> Reading:
    """Ends of containers, and limits of servers; one may be understood and tell neither."""
    return reading(evidence.path, KIND, _records(evidence))


def _records(evidence: EvidenceFile) -> Iterator[tuple[Told, ...] | Misread]:
    listed = document(evidence, tuple[msgspec.Raw, ...])
    if isinstance(listed, Misread):
        yield listed
        return
    for number, raw in enumerate(listed, 1):
        place = Place(evidence.path, number, "#")
        container = decoded(raw, _Container, place)
        yield container if isinstance(container, Misread) else _facts(container, place)


def _facts(container: _Container, place: Place) -> tuple[Told, ...]:
    return (*_ended(container, place), *containers.settings(container.as_container, place))


def _ended(container: _Container, place: Place) -> tuple[Fact, ...]:
    """The end of the life before, or of the only one; Docker writes the year 1 where there was none.

    A container that runs again has lost its exit code (`State.setRunning`, moby container/state.go): what is left is
    whether the policy started it, or somebody.
    """
    state, name = container.state, container.name.lstrip("/")
    at_s = when(state.finished_at)
    if at_s is None:
        return ()
    if state.running and not container.restart_count:
        return (changed(at_s, f"container {name} was stopped, and started again by hand", place),)
    code = None if state.running else state.exit_code
    return tuple(Ending(at_s, name, code, state.killed_for_memory, container.addresses).facts(place))


READER: Final = Reader(KIND, fit, read)
