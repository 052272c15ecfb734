"""The options of gunicorn beyond its command line: GUNICORN_CMD_ARGS, and its configuration file.

The file is Python. Only plain values are read; what is computed is not believed to be anything. The command line
outranks the variable, which outranks the file (gunicorn, docs/source/configure.rst); without an option the file
`gunicorn.conf.py` of the working directory is taken (gunicorn/config.py, `get_default_config_file`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from why502.model.expressions import expression

if TYPE_CHECKING:
    from why502.host.frameworks.interface import Running

USUAL: Final = "gunicorn.conf.py"
VARIABLE: Final = "GUNICORN_CMD_ARGS"
MAX_BYTES: Final = 256 << 10
OPTIONS: Final = {
    b"worker_class": "--worker-class",
    b"threads": "--threads",
    b"keepalive": "--keep-alive",
    b"backlog": "--backlog",
}
PLAIN: Final = expression(
    rb"^(worker_class|threads|keepalive|backlog)[ \t]*=[ \t]*([\"']?)([\w.]{1,64})\2[ \t]*(?:#.*)?\r?$", re.MULTILINE
)


def arguments(running: Running) -> tuple[str, ...]:
    """All options, in the order in which later ones win."""
    told = (*running.variables.get(VARIABLE, "").split(), *running.arguments)
    path = _after(("-c", "--config"), told)
    at = path or USUAL
    text = running.files.read(at if at.startswith("/") else f"{running.folder}/{at}", MAX_BYTES)
    named = ("--config", at) if path or text else ()
    return (*named, *(word for match in PLAIN.finditer(text) for word in _option(match)), *told)


def _option(match: re.Match[bytes]) -> tuple[str, str]:
    return OPTIONS[match[1]], match[3].decode("ascii", "replace")


def _after(options: tuple[str, ...], words: tuple[str, ...]) -> str:
    """The last value that was given: `-c FILE`, `--config=file:FILE`; modules (`python:...`) are no files."""
    value = ""
    for word, following in zip(words, (*words[1:], ""), strict=False):
        name, equals, inline = word.partition("=")
        if name in options:
            value = inline if equals else following
    return value.removeprefix("file:")
