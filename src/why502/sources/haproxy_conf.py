"""Configuration of HAProxy given as evidence: the addresses behind the names that its logs write, and its timeouts."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from why502.model.case import Input
from why502.model.evidence import Source
from why502.model.expressions import expression
from why502.sources.configurations import haproxy
from why502.sources.interface import EvidenceFile, Reader, Reading
from why502.sources.nginx_conf import MAX_SETTINGS, content

if TYPE_CHECKING:
    from collections.abc import Iterator

KIND = "haproxy-configuration"

_SECTION = expression(
    r"(global|defaults|frontend|backend|listen|resolvers|peers|userlist|cache|program)\b(?:\s+(\S{1,256}))?"
)
_SERVER = expression(r"server\s+(\S{1,256})\s+((?:\[[0-9a-fA-F:.%]{2,64}\]|[^\s:]{1,255}):\d{1,5})(?=\s|$)")
_HEAD = expression(r"^(?:global|defaults|(?:frontend|backend|listen)[ \t]++[^\s#]++)[ \t]*+(?:#.*)?$", re.MULTILINE)
_DIRECTIVES = expression(
    r"^[ \t]++(?:bind|server|mode|timeout|balance|option|default_backend|use_backend|maxconn|log)\s", re.MULTILINE
)


def directives(text: str) -> Iterator[tuple[int, str, str, str]]:
    """Each line inside a section: its number, the section's kind and name, and its words."""
    section = name = ""
    for number, line in enumerate(text.splitlines(), 1):
        words = line.strip()
        if found := _SECTION.match(words):
            section, name = found[1], found[2] or ""
        elif section and words and not words.startswith("#"):
            yield number, section, name, words


def servers(text: str) -> Iterator[tuple[str, str]]:
    """'backend/server' and its address."""
    for _, _, name, words in directives(text):
        if name and (server := _SERVER.match(words)):
            yield f"{name}/{server[1]}", server[2]


def _read(evidence: EvidenceFile) -> Reading:
    text = content(evidence)
    found = tuple(islice(haproxy.settings(directives(text), evidence.path), MAX_SETTINGS))
    source = Source.CONFIGURATION if found else None
    return Reading(Input(evidence.path, KIND, source, sum(1 for _ in servers(text)) + len(found)), found)


def fit(head: bytes) -> float:
    """A section, and a directive of HAProxy within it."""
    text = head.decode("utf-8", "replace")
    return 0.85 if _HEAD.search(text) and _DIRECTIVES.search(text) else 0.0


READER = Reader(KIND, fit, _read)
