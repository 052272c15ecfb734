"""Where results go: stdout, as wide as the terminal, or a file that is not overwritten unasked."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from why502.errors import Why502Error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SENTENCE_CHARACTERS = 4000
"""The most of one line to stderr."""
WIDEST_COLUMNS = 120
"""Longer lines are hard to read."""


def width() -> int | None:
    """Columns to wrap at; None in a pipe, unless COLUMNS asks for some."""
    if not (sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdigit()):
        return None
    return min(shutil.get_terminal_size().columns, WIDEST_COLUMNS)


def color() -> bool:
    """On a terminal, unless https://no-color.org is set."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def show(text: str) -> None:
    """To stdout; what its encoding cannot write is spelled out."""
    encoding = sys.stdout.encoding or "utf-8"
    click.echo(text.rstrip("\n").encode(encoding, "backslashreplace").decode(encoding))


def warn(text: str) -> None:
    """One sentence to stderr: names of files and what servers answer are as much a stranger's as a log is."""
    tell(f"why502: {text}")


def tell(text: str) -> None:
    """One line to stderr."""
    from why502.reports.legible import legible

    click.echo(legible(text, SENTENCE_CHARACTERS), err=True)


def require_writable(path: Path, *, force: bool) -> None:
    """Before the work begins, not after it."""
    if path.is_dir():
        raise Why502Error("cannot write the report", where=str(path), why="it is a folder", hint="name a file")
    if not path.parent.is_dir():
        raise Why502Error("cannot write the report", where=str(path), why="its folder does not exist")
    if path.exists() and not force:
        raise Why502Error("will not overwrite", where=str(path), why="it exists", hint="--force overwrites it")


def write(path: Path, text: str, *, force: bool) -> None:
    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise Why502Error(
            "cannot write the report", where=str(path), why=error.strerror or str(error), hint="-o names the file"
        ) from error


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """One line on stderr that says what is being done, if somebody sits there."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.text import Text

    from why502.reports.legible import legible

    with Console(stderr=True).status(Text("reading evidence")) as status:
        yield lambda doing: status.update(Text(legible(doing, limit=100)))
