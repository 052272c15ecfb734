"""Tomcat's `server.xml` given as evidence: its connectors (Tomcat Configuration Reference, The HTTP Connector).

Times are milliseconds, -1 is no limit. `keepAliveTimeout` falls back to `connectionTimeout`; `maxThreads` is that of
the executor, if the connector names one. What stands in `${...}` is told elsewhere. Strangers may have written it: a
document type is refused, so that no entity is ever expanded or fetched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from xml.parsers import expat

from msgspec import structs

from why502.facts.server_options import number
from why502.model.case import Misread
from why502.model.evidence import Place
from why502.model.expressions import expression
from why502.model.settings import Limit, TargetSetting
from why502.sources.configurations.targets.told import reading
from why502.sources.interface import EvidenceFile, Reader, Reading
from why502.sources.nginx_conf import content

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KIND: Final = "tomcat-configuration"
SERVER: Final = "Tomcat"
MAX_CONNECTORS: Final = 256

_HEAD = expression(rb"<Server[\s>]")
_CONNECTOR = expression(rb"<(?:Connector|Service)[\s>]")


class _RefusedError(Exception):
    """The document wants what no configuration needs."""


class _Seen:
    """Connectors and executors with their attributes, each with its line."""

    def __init__(self) -> None:
        self.connectors: list[tuple[dict[str, str], int]] = []
        self.executors: dict[str, str] = {}
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._begin
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.EntityDeclHandler = self._refuse

    def read(self, text: str) -> str:
        """Why it was not read to its end; '' if it was."""
        try:
            self._parser.Parse(text.encode(), True)
        except expat.ExpatError as error:
            return f"no XML: {error}"
        except _RefusedError:
            return "it declares a document type, which no server.xml needs: refused"
        return ""

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        if name == "Connector" and len(self.connectors) < MAX_CONNECTORS:
            self.connectors.append((attributes, self._parser.CurrentLineNumber))
        elif name == "Executor" and len(self.executors) < MAX_CONNECTORS and "name" in attributes:
            self.executors[attributes["name"]] = attributes.get("maxThreads", "")

    def _refuse(self, *_: object) -> None:
        raise _RefusedError


def settings(text: str, path: str) -> tuple[list[TargetSetting], str]:
    """What it sets, and why the rest was not read."""
    seen = _Seen()
    why = seen.read(text)
    return [one for told, line in seen.connectors for one in _of(told, seen.executors, Place(path, line))], why


def _of(told: Mapping[str, str], executors: Mapping[str, str], at: Place) -> Iterator[TargetSetting]:
    port = told.get("port", "")
    address = port if port.isascii() and port.isdecimal() and len(port) < 6 else ""
    if backlog := number(told.get("acceptCount", "")):
        yield TargetSetting(SERVER, "acceptCount", Limit.BACKLOG, backlog, at, address)
    threads = executors.get(told["executor"], "") if "executor" in told else told.get("maxThreads", "")
    if at_once := number(threads):
        yield TargetSetting(SERVER, "maxThreads", Limit.WORKERS, at_once, at, address)
    if told.get("maxKeepAliveRequests") == "1":
        yield TargetSetting(SERVER, "maxKeepAliveRequests 1, that is keep-alive", Limit.KEEPALIVE, 0.0, at, address)
        return
    name = "keepAliveTimeout" if "keepAliveTimeout" in told else "connectionTimeout"
    idle_ms = number(told.get(name, ""))
    if idle_ms:
        yield TargetSetting(SERVER, name, Limit.KEEPALIVE, idle_ms / 1000, at, address)


def _read(evidence: EvidenceFile) -> Reading:
    found, why = settings(content(evidence), evidence.path)
    read = reading(evidence, KIND, found)
    if not why:
        return read
    missed = Misread(Place(evidence.path), why)
    return structs.replace(read, input=structs.replace(read.input, not_understood=1, first_not_understood=(missed,)))


def fit(head: bytes) -> float:
    return (
        0.9
        if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") and _HEAD.search(head) and _CONNECTOR.search(head)
        else 0.0
    )


READER = Reader(KIND, fit, _read)
