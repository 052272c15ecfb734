"""Configuration of HAProxy given as evidence: the addresses behind the names that its logs write."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from why502.model.case import Input
from why502.sources.interface import EvidenceFile, Reader, Reading
from why502.sources.nginx_conf import content

if TYPE_CHECKING:
    from collections.abc import Iterator

KIND = "haproxy-configuration"

_SECTION = re.compile(
    r"(global|defaults|frontend|backend|listen|resolvers|peers|userlist|cache|program)\b(?:\s+(\S{1,256}))?"
)
_SERVER = re.compile(r"server\s+(\S{1,256})\s+((?:\[[0-9a-fA-F:.%]{2,64}\]|[^\s:]{1,255}):\d{1,5})(?=\s|$)")
_HEAD = re.compile(r"^(?:global|defaults|(?:frontend|backend|listen)[ \t]++[^\s#]++)[ \t]*+(?:#.*)?$", re.MULTILINE)
_DIRECTIVES = re.compile(
    r"^[ \t]++(?:bind|server|mode|timeout|balance|option|default_backend|use_backend|maxconn|log)\s", re.MULTILINE
)


def servers(text: str) -> Iterator[tuple[str, str]]:
    """'backend/server' and its address."""
    section = ""
    for line in text.splitlines():
        words = line.strip()
        if found := _SECTION.match(words):
            section = found[2] or ""
        elif section and (server := _SERVER.match(words)):
            yield f"{section}/{server[1]}", server[2]


def _read(evidence: EvidenceFile) -> Reading:
    return Reading(Input(evidence.path, KIND, None, sum(1 for _ in servers(content(evidence)))))


def fit(head: bytes) -> float:
    """A section, and a directive of HAProxy within it."""
    text = head.decode("utf-8", "replace")
    return 0.85 if _HEAD.search(text) and _DIRECTIVES.search(text) else 0.0


READER = Reader(KIND, fit, _read)
