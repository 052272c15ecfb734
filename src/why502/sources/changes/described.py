"""Pods as `kubectl describe pod` prints them: how their containers ended last (kubectl pkg/describe/describe.go)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from why502.model.case import Misread
from why502.model.evidence import Place
from why502.model.expressions import expression
from why502.sources.changes.endings import Ending
from why502.sources.changes.git_dates import find_date
from why502.sources.changes.pods import MEMORY
from why502.sources.changes.records import reading
from why502.sources.interface import EvidenceFile, Reader, Reading, lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.sources.changes.records import Fact

KIND: Final = "kubernetes-described"
FIT: Final = 0.9

_HEAD = expression(
    rb"^Name:\s+\S+\s*$.*^(?:Init )?Containers:\s*$.*^ {4}(?:State|Last State):", re.MULTILINE | re.DOTALL
)
_POD = expression(r"Name:\s+(?P<name>\S{1,253})", re.ASCII)
_IP = expression(r"(?:IP| {2}IP):\s+(?P<ip>[0-9a-fA-F.:]{2,45})", re.ASCII)
"""The line `IP:`, and those below `IPs:`."""
_CONTAINER = expression(r" {2}(?P<name>[a-z0-9][a-z0-9-]{0,62}):", re.ASCII)
_STATE = expression(r" {4}(?P<which>State|Last State):\s+(?P<state>\w{1,20})", re.ASCII)
_FIELD = expression(r" {6}(?P<key>Reason|Exit Code|Finished):\s+(?P<value>.{1,100})", re.ASCII)


def fit(head: bytes) -> float:
    return FIT if _HEAD.search(head) else 0.0


def read(evidence: EvidenceFile) -> Reading:
    """Each pod is a record; ends of its containers are what it tells."""
    return reading(evidence.path, KIND, _records(evidence))


class _Told:
    """What the lines of a pod told so far."""

    def __init__(self, name: str, at: Place) -> None:
        self.name, self.at = name, at
        self.facts: list[Fact] = []
        self.container = ""
        self._addresses: dict[str, None] = {}
        self._ended: dict[str, str] | None = None

    def take(self, line: str) -> None:
        if not self.container and (found := _IP.fullmatch(line)):
            self._addresses[found["ip"]] = None
        elif found := _CONTAINER.fullmatch(line):
            self.container = found["name"]
        elif found := _STATE.fullmatch(line):
            self._ended = {} if found["state"] == "Terminated" else None
        elif self._ended is not None and (found := _FIELD.fullmatch(line)):
            self._ended[found["key"]] = found["value"].strip()
            if found["key"] == "Finished":
                self._end(self._ended)

    def _end(self, told: dict[str, str]) -> None:
        self._ended = None
        dated = find_date(told["Finished"])
        if isinstance(dated, str):
            return
        code = told.get("Exit Code", "")
        ending = Ending(
            dated.at_s,
            f"{self.name}/{self.container}",
            int(code) if code.isdecimal() and len(code) < 4 else None,
            told.get("Reason") == MEMORY,
            tuple(self._addresses),
        )
        self.facts += ending.facts(self.at)


def _records(evidence: EvidenceFile) -> Iterator[tuple[Fact, ...] | Misread]:
    pod: _Told | None = None
    for number, line in lines(evidence):
        if found := _POD.fullmatch(line.rstrip()):
            if pod is not None:
                yield tuple(pod.facts)
            pod = _Told(found["name"], Place(evidence.path, number))
        elif pod is not None:
            pod.take(line.rstrip())
    yield tuple(pod.facts) if pod is not None else Misread(Place(evidence.path), "no pod with its name")


READER: Final = Reader(KIND, fit, read)
