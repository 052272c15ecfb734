"""Configuration of nginx given as evidence: how to read its access logs (`log_format`), and its timeouts.

Only what is given is read: `include` is not followed, for it names files of another machine.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from why502.model.case import Input, Misread
from why502.model.evidence import Place, Source
from why502.sources.configurations import nginx
from why502.sources.interface import EvidenceFile, Reader, Reading
from why502.sources.nginx_directives import directives

if TYPE_CHECKING:
    from collections.abc import Iterator

KIND = "nginx-configuration"

MAX_BYTES = 4 << 20
MAX_FORMATS = 64
MAX_SETTINGS = 4096

_DIRECTIVES = re.compile(
    r"^[ \t]*+(?:log_format[ \t]++\w++\s|(?:http|events|server)[ \t]*+\{|upstream[ \t]++[^\s{]++[ \t]*+\{|"
    r"location[ \t]++[^{;\n]++\{|(?:listen|server_name|proxy_pass|proxy_\w++|keepalive_timeout|worker_processes|"
    r"access_log)[ \t]++[^;\n]++;)",
    re.MULTILINE,
)


def log_formats(text: str) -> Iterator[tuple[str, str]]:
    """Name and text of each `log_format`."""
    for words in (found.words for found in directives(text)):
        if len(words) >= 3 and words[0] == "log_format":
            yield words[1], "".join(words[3:] if words[2].startswith("escape=") else words[2:])


def content(evidence: EvidenceFile) -> str:
    """The file's text, as far as a configuration can be long."""
    with evidence.open() as stream:
        return stream.read(MAX_BYTES).decode("utf-8", "replace").removeprefix("\ufeff")


def _read(evidence: EvidenceFile) -> Reading:
    """Each log format and timeout is a record; a format that cannot be used is not understood."""
    from why502.errors import Why502Error
    from why502.formats.nginx_log_format import compiled

    text = content(evidence)
    misreads: list[Misread] = []
    understood = 0
    for name, pattern in islice(log_formats(text), MAX_FORMATS):
        try:
            compiled(pattern, name)
            understood += 1
        except Why502Error as error:
            misreads.append(Misread(Place(evidence.path, name=f"log_format {name}"), error.why or error.what))
    found = tuple(islice(nginx.settings(directives(text), evidence.path), MAX_SETTINGS))
    source = Source.CONFIGURATION if found else None
    told = Input(evidence.path, KIND, source, understood + len(found), len(misreads), tuple(misreads[:3]))
    return Reading(told, found)


def fit(head: bytes) -> float:
    """Two directives that only nginx has: one may stand in any text."""
    found = _DIRECTIVES.findall(head.decode("utf-8", "replace"))
    return 0.8 if len(found) >= 2 or (found and b"log_format" in head) else 0.0


READER = Reader(KIND, fit, _read)
