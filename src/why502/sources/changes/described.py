"""Pods as `kubectl describe pod` prints them (kubectl pkg/describe/describe.go): how their containers ended last, and
what their command lines say of the servers in them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from why502.facts.command_lines import MAX_SCRIPT_CHARACTERS, SHELLS
from why502.model.case import Misread
from why502.model.evidence import Place
from why502.model.expressions import expression
from why502.sources.changes.endings import Ending
from why502.sources.changes.git_dates import find_date
from why502.sources.changes.pods import MEMORY
from why502.sources.changes.records import reading
from why502.sources.configurations.targets import containers
from why502.sources.interface import EvidenceFile, Reader, Reading, lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.model.settings import TargetSetting
    from why502.sources.changes.records import Fact, Told

KIND: Final = "kubernetes-described"
FIT: Final = 0.9
MAX_WORDS: Final = 512
MAX_VARIABLES: Final = 4096

_HEAD = expression(
    rb"^Name:\s+\S+\s*$.*^(?:Init )?Containers:\s*$.*^ {4}(?:State|Last State):", re.MULTILINE | re.DOTALL
)
_POD = expression(r"Name:\s+(?P<name>\S{1,253})", re.ASCII)
_IP = expression(r"(?:IP| {2}IP):\s+(?P<ip>[0-9a-fA-F.:]{2,45})", re.ASCII)
"""The line `IP:`, and those below `IPs:`."""
_CONTAINER = expression(r" {2}(?P<name>[a-z0-9][a-z0-9-]{0,62}):", re.ASCII)
_STATE = expression(r" {4}(?P<which>State|Last State):\s+(?P<state>\w{1,20})", re.ASCII)
_PORTS = expression(r" {4}Ports?:\s+(?P<ports>\d{1,5}/TCP(?:, \d{1,5}/TCP){0,32})", re.ASCII)
_BLOCK = expression(r" {4}(?P<name>Command|Args|Environment):\s*", re.ASCII)
"""What follows is further in: a word, or a variable, a line."""
_VARIABLE = expression(r" {6}(?P<name>[A-Za-z_]\w{0,127}):(?:\s+(?P<value>\S.{0,1024}))?", re.ASCII)
_ELSEWHERE = expression(r"<set to the key .{0,512}|.{0,512}\((?:v1:)?[\w.-]{1,128}(?::[\w.-]{1,128})?\)", re.ASCII)
"""Of another object, or of a field of the pod: its value is not shown, or is followed by where it comes from."""
_FIELD = expression(r" {6}(?P<key>Reason|Exit Code|Finished):\s+(?P<value>.{1,100})", re.ASCII)


def fit(head: bytes) -> float:
    return FIT if _HEAD.search(head) else 0.0


def read(evidence: EvidenceFile) -> Reading:
    """Each pod is a record; ends of its containers and limits of their servers are what it tells."""
    return reading(evidence.path, KIND, _records(evidence))


class _Told:
    """What the lines of a pod told so far."""

    def __init__(self, name: str, at: Place) -> None:
        self.name, self.at = name, at
        self.facts: list[Fact] = []
        self.settings: list[TargetSetting] = []
        self.container = ""
        self._addresses: dict[str, None] = {}
        self._ended: dict[str, str] | None = None
        self._block = self._shell = ""
        self._words: list[str] = []
        self._variables: dict[str, str] = {}
        self._ports: tuple[str, ...] = ()
        self._begins = False
        """Within the containers that end before the others start."""

    def take(self, line: str) -> None:
        if self._block and line.startswith("      "):
            self._within(line)
        elif found := _BLOCK.fullmatch(line):
            self._block = found["name"]
        elif line in ("Init Containers:", "Containers:"):
            self._leave()
            self._begins = line != "Containers:"
        else:
            self._block = ""
            self._other(line)

    def told(self) -> tuple[Told, ...]:
        """All that is known of it after its last line."""
        self._leave()
        return (*self.facts, *self.settings)

    def _within(self, line: str) -> None:
        if self._block == "Environment":
            self._set(line)
        elif len(self._words) < MAX_WORDS:
            self._words[-1:] = [f"{self._words[-1]}\n{line[6:]}"] if self._goes_on() else [*self._words[-1:], line[6:]]
            self._shell = self._block

    def _goes_on(self) -> bool:
        """A word of several lines stands on as many: only what a shell runs is that long."""
        runs = self._words[-3:-1]
        script = len(runs) == 2 and runs[1] == "-c" and runs[0].rpartition("/")[2] in SHELLS
        return script and self._shell == self._block and len(self._words[-1]) < MAX_SCRIPT_CHARACTERS

    def _set(self, line: str) -> None:
        if (found := _VARIABLE.fullmatch(line)) and len(self._variables) < MAX_VARIABLES:
            value = found["value"] or ""
            self._variables[found["name"]] = "" if _ELSEWHERE.fullmatch(value) else value

    def _leave(self) -> None:
        """Ends the container that was told of."""
        if self.container and not self._begins:
            name = f"{self.name}/{self.container}"
            one = containers.Container(name, self._words, self._variables, tuple(self._addresses), self._ports)
            self.settings += containers.settings(one, self.at)
        self.container = ""
        self._words, self._variables, self._ports, self._shell = [], {}, (), ""

    def _other(self, line: str) -> None:
        if not self.container and (found := _IP.fullmatch(line)):
            self._addresses[found["ip"]] = None
        elif found := _CONTAINER.fullmatch(line):
            self._leave()
            self.container = found["name"]
        elif found := _PORTS.fullmatch(line):
            self._ports = tuple(port.removesuffix("/TCP") for port in found["ports"].split(", "))
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


def _records(evidence: EvidenceFile) -> Iterator[tuple[Told, ...] | Misread]:
    pod: _Told | None = None
    for number, line in lines(evidence):
        if found := _POD.fullmatch(line.rstrip()):
            if pod is not None:
                yield pod.told()
            pod = _Told(found["name"], Place(evidence.path, number))
        elif pod is not None:
            pod.take(line.rstrip())
    yield pod.told() if pod is not None else Misread(Place(evidence.path), "no pod with its name")


READER: Final = Reader(KIND, fit, read)
