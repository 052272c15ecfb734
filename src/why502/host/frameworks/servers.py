"""Which of the software in a process is the server, and its defaults: a table (`servers.toml`) and the command line."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from msgspec import Struct, toml

from why502.host.frameworks import gunicorn
from why502.host.frameworks.settings import set_in_files
from why502.model.decoding import ready
from why502.model.host import Server
from why502.model.versions import within

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.host.frameworks.interface import Found, Running
    from why502.model.host import Software

TABLE: Final = "servers.toml"


class Row(Struct, frozen=True, forbid_unknown_fields=True):
    """One row of the table, as described at its top."""

    name: str
    software: str
    source: str
    first: str = ""
    fixed: str = ""
    arguments: str = ""
    backlog: int | str = ""
    backlog_setting: str = ""
    backlog_flags: tuple[str, ...] = ()
    keepalive: float | str = ""
    keepalive_setting: str = ""
    keepalive_flags: tuple[str, ...] = ()

    def fits(self, software: Software, command: str) -> bool:
        return (
            self.software == software.name
            and within(software.version, self.first, self.fixed)
            and (not self.arguments or re.search(self.arguments, command) is not None)
        )


class Table(Struct, frozen=True, forbid_unknown_fields=True):
    server: tuple[Row, ...]


@cache
def rows() -> tuple[Row, ...]:
    return toml.decode(files(__package__).joinpath(TABLE).read_bytes(), type=ready(Table)).server


def server(found: Found, running: Running) -> Server | None:
    """The server among the software; None if none of it serves."""
    words = gunicorn.arguments(running) if any(one.name == "gunicorn" for one in found.software) else running.arguments
    command = " ".join(words)[:4096]
    for row in rows():
        for software in found.software:
            if row.fits(software, command):
                return _made(row, software, running, words, guessed=found.guessed)
    return None


def _made(row: Row, software: Software, running: Running, words: tuple[str, ...], *, guessed: bool) -> Server:
    given = set_in_files(row.software, running)
    flag_s = _flag(row.keepalive_flags, words)
    keepalive_s = flag_s if flag_s is not None else given.keepalive_s
    keepalive, default_s = (row.keepalive, None) if isinstance(row.keepalive, str) else ("", row.keepalive)
    if keepalive_s is not None:
        shown = f"{keepalive_s:g} s ({given.at or row.keepalive_setting})"
    else:
        shown = keepalive or (f"{default_s:g} s (default)" if default_s is not None else "")
    backlog = _flag(row.backlog_flags, words)
    return Server(
        name=row.name,
        version=software.version,
        evidence=software.at,
        backlog=f"{backlog:g} ({row.backlog_setting})" if backlog is not None else str(row.backlog),
        backlog_default=row.backlog if isinstance(row.backlog, int) else None,
        backlog_setting=row.backlog_setting,
        keepalive=shown,
        keepalive_s=keepalive_s if keepalive_s is not None else default_s,
        keepalive_setting=row.keepalive_setting,
        guessed=guessed,
    )


def _flag(names: Sequence[str], arguments: Sequence[str]) -> float | None:
    """The number given to an option: `--backlog 7`, `--backlog=7`; the last one counts."""
    value = None
    for word, following in zip(arguments, (*arguments[1:], ""), strict=True):
        name, equals, inline = word.partition("=")
        if name in names:
            value = _number(inline if equals else following)
    return value


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\d{1,9}(?:\.\d{1,6})?", text) else None
