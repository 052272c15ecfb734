"""Configuration of nginx given as evidence: how to read its access logs (`log_format`), and its timeouts.

Only what is given is read: `include` is followed among the files that are evidence themselves (`nginx_includes`), and
said to be not looked at where none of them fits.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from why502.model.case import Input, Misread
from why502.model.evidence import Place, Source
from why502.model.expressions import expression
from why502.sources.configurations import nginx
from why502.sources.interface import FIRST_MISREAD, EvidenceFile, Reader, Reading
from why502.sources.nginx_directives import Directive, directives
from why502.sources.nginx_dump import sections
from why502.sources.nginx_includes import follow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from why502.model.settings import Setting

KIND = "nginx-configuration"

MAX_BYTES = 4 << 20
MAX_FORMATS = 64
MAX_SETTINGS = 4096

_DIRECTIVES = expression(
    r"^[ \t]*+(?:log_format[ \t]++\w++\s|(?:http|events|server)[ \t]*+\{|upstream[ \t]++[^\s{]++[ \t]*+\{|"
    r"location[ \t]++[^{;\n]++\{|(?:listen|server_name|proxy_pass|proxy_\w++|keepalive_timeout|worker_processes|"
    r"access_log)[ \t]++[^;\n]++;)",
    re.MULTILINE,
)


_TIMEOUT = expression(
    r"^[ \t]*+(?:proxy|fastcgi|uwsgi|scgi|grpc)_(?:connect|send|read)_timeout[ \t]++\w{1,16}[ \t]*+;", re.MULTILINE
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
    """A file by itself."""
    return _read_together([evidence])[0]


def _read_together(files: Sequence[EvidenceFile]) -> list[Reading]:
    """Each with what it sets where it is included."""
    contents = {file.path: content(file) for file in files}
    parts = [part for path, text in contents.items() for part in sections(path, text)]
    by_name = {part.name: part for part in parts}
    aliases = {alias: file.path for file in files for alias in file.aliases}
    followed = follow({name: part.text for name, part in by_name.items()}, aliases)
    by_path: dict[str, list[Directive]] = {path: [] for path in contents}
    for found in followed.directives:
        part, directive = by_name[found.path], found.directive
        by_path[part.path].append(directive._replace(line=directive.line + part.before))
    missing: dict[str, list[Misread]] = {path: [] for path in contents}
    for gone in followed.missing:
        part = by_name[gone.path]
        why = f"include {gone.name[:200]}: not among the evidence, and not looked at"
        missing[part.path].append(Misread(Place(part.path, gone.line + part.before), why))
    for path in followed.unused:
        why = "a site that nothing given includes: taken to be switched off"
        missing[by_name[path].path].append(Misread(Place(by_name[path].path), why))
    return [
        _reading(file, contents[file.path], nginx.settings(by_path[file.path], file.path), missing[file.path])
        for file in files
    ]


def _reading(evidence: EvidenceFile, text: str, told: Iterable[Setting], missing: Sequence[Misread]) -> Reading:
    """Each log format and timeout is a record; a format that cannot be used is not understood.

    What is missing is told beside them, uncounted: it was never there to be understood.
    """
    from why502.errors import Why502Error
    from why502.formats.nginx_log_format import compiled

    misreads: list[Misread] = []
    understood = 0
    for name, pattern in islice(log_formats(text), MAX_FORMATS):
        try:
            compiled(pattern, name)
            understood += 1
        except Why502Error as error:
            misreads.append(Misread(Place(evidence.path, name=f"log_format {name}"), error.why or error.what))
    found = tuple(dict.fromkeys(islice(told, MAX_SETTINGS)))
    source = Source.CONFIGURATION if found else None
    first = (*misreads, *missing)[:FIRST_MISREAD]
    return Reading(Input(evidence.path, KIND, source, understood + len(found), len(misreads), first), found)


def fit(head: bytes) -> float:
    """Two directives that only nginx has, as one may stand in any text; of its timeouts one will do, for they are what
    small files that others include consist of.
    """
    text = head.decode("utf-8", "replace")
    found = _DIRECTIVES.findall(text)
    return 0.8 if len(found) >= 2 or (found and b"log_format" in head) or _TIMEOUT.search(text) else 0.0


READER = Reader(KIND, fit, _read, read_together=_read_together, kept_bytes=MAX_BYTES)
