"""Configuration of nginx given as evidence: its `log_format` directives say how to read the access logs."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from why502.model.case import Input, Misread
from why502.model.evidence import Place
from why502.sources.interface import EvidenceFile, Reader, Reading

if TYPE_CHECKING:
    from collections.abc import Iterator

KIND = "nginx-configuration"

MAX_BYTES = 4 << 20
MAX_FORMATS = 64

_TOKEN = re.compile(r'#[^\n]*|"(?:[^"\\]|\\.)*+"|\'(?:[^\'\\]|\\.)*+\'|[{};]|[^\s{};#"\'][^\s{};]*', re.DOTALL)
_DIRECTIVES = re.compile(
    r"^[ \t]*+(?:log_format[ \t]++\w++\s|(?:http|events|server)[ \t]*+\{|upstream[ \t]++[^\s{]++[ \t]*+\{|"
    r"location[ \t]++[^{;\n]++\{|(?:listen|server_name|proxy_pass|proxy_\w++|keepalive_timeout|worker_processes|"
    r"access_log)[ \t]++[^;\n]++;)",
    re.MULTILINE,
)


def log_formats(text: str) -> Iterator[tuple[str, str]]:
    """Name and text of each `log_format`, as nginx puts its strings together."""
    words: list[str] = []
    for token in _TOKEN.finditer(text):
        word = token[0]
        if word.startswith("#"):
            continue
        if word not in ("{", "}", ";"):
            words.append(word)
            continue
        if word == ";" and len(words) >= 3 and words[0] == "log_format":
            parts = words[3:] if words[2].startswith("escape=") else words[2:]
            yield words[1], "".join(map(_unquoted, parts))
        words = []


def _unquoted(word: str) -> str:
    """A backslash is taken away in front of a quote or a backslash only (`ngx_conf_read_token`)."""
    if word[0] not in "\"'":
        return word
    return re.sub(r"\\([\"'\\])", r"\1", word[1:-1]).replace(r"\t", "\t").replace(r"\n", "\n")


def content(evidence: EvidenceFile) -> str:
    """The file's text, as far as a configuration can be long."""
    with evidence.open() as stream:
        return stream.read(MAX_BYTES).decode("utf-8", "replace").removeprefix("\ufeff")


def _read(evidence: EvidenceFile) -> Reading:
    """Each log format is a record; one that cannot be used is not understood."""
    from why502.errors import Why502Error
    from why502.formats.nginx_log_format import compiled

    misreads: list[Misread] = []
    understood = 0
    for name, text in islice(log_formats(content(evidence)), MAX_FORMATS):
        try:
            compiled(text, name)
            understood += 1
        except Why502Error as error:
            misreads.append(Misread(Place(evidence.path, name=f"log_format {name}"), error.why or error.what))
    return Reading(Input(evidence.path, KIND, None, understood, len(misreads), tuple(misreads[:3])))


def fit(head: bytes) -> float:
    """Two directives that only nginx has: one may stand in any text."""
    found = _DIRECTIVES.findall(head.decode("utf-8", "replace"))
    return 0.8 if len(found) >= 2 or (found and b"log_format" in head) else 0.0


READER = Reader(KIND, fit, _read)
