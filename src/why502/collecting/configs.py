"""Copies of configuration files, without what looks like a secret."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from why502.host.redaction import HIDDEN, IN_URL
from why502.model.expressions import expression
from why502.model.host import Unseen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

MAX_CONFIG_BYTES: Final = 1 << 20
_NAME: Final = (
    r"(?:passw(?:or)?d|passphrase|requirepass|secret|token|credential|(?<![$_])(?:authorization|cookie)|"
    r"stats[ \t]+auth|api[._-]?key|(?:access|private|signing|encryption|master|shared)[._-]?key(?!\w*_id))"
    r"\w{0,64}[\"']?"
)
SECRET: Final = expression(
    rf"{_NAME}(?:[ \t]{{0,16}}[:=,>][ \t]{{0,16}}|[ \t]{{1,16}})(?=[^\s|>\\-]|[|>\\-]+\S)", re.IGNORECASE
)
"""Wherever it stands in a line, which may be a whole document; what follows is hidden."""
LATER: Final = expression(rf"{_NAME}[ \t]{{0,16}}[:=,]?[ \t]{{0,16}}[|>\\+-]{{0,3}}[ \t]{{0,16}}$", re.IGNORECASE)
"""A name whose value stands on the lines below: `password: |`, or the `value:` after `name: DB_PASSWORD`."""
OWN_KEY: Final = expression(r"\s*(?:-\s)?\s*[\"']?(?P<key>[\w.-]{1,200})[\"']?\s*(?:[:=]|\s)\s*(?=\S)")
VALUE: Final = frozenset({"value", "default", "data"})
KEY_BEGINS: Final = expression(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----")
KEY_ENDS: Final = expression(r"-----END [A-Z ]{0,40}PRIVATE KEY-----")


def redact_config(text: str) -> str:
    r"""Lines whose name speaks of a password, secret, token or credential lose their value, URLs their password, and
    private keys everything.

    >>> redact_config('port: 8080\ndb_password: "x"\n')
    'port: 8080\ndb_password: ***\n'
    """
    return "".join(_redacted(text.splitlines(keepends=True)))


def _redacted(lines: Sequence[str]) -> Iterator[str]:
    in_key = False
    below: int | None = None
    for whole in lines:
        line = whole.rstrip("\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029")
        indent = len(line) - len(line.lstrip())
        if below is not None and line.strip() and indent < below:
            below = None
        if in_key:
            shown, in_key = HIDDEN, KEY_ENDS.search(line) is None
        elif below is not None and (kept := _kept_below(line, deeper=indent > below)) is not None:
            shown = kept
        else:
            shown = _line(line)
            if begun := KEY_BEGINS.search(line):
                in_key = KEY_ENDS.search(line, begun.end()) is None
            below = indent if LATER.search(line) else below if below is not None and indent > below else None
        yield shown + whole[len(line) :]


def _line(line: str) -> str:
    found = [match.end() for match in (SECRET.search(line), KEY_BEGINS.search(line)) if match]
    line = f"{line[: min(found)]}{HIDDEN}" if found else line
    return IN_URL.sub(rf"\g<user>:{HIDDEN}", line)


def _kept_below(line: str, *, deeper: bool) -> str | None:
    """Of a line below the name of a secret; None if it says something else."""
    own = OWN_KEY.match(line)
    if own is not None and own["key"].lower() in VALUE:
        return f"{line[: own.end()]}{HIDDEN}"
    if not deeper or not line.strip():
        return None
    return None if own is not None and line[own.end("key") : own.end()].strip("\"' \t") else HIDDEN


def copy_configs(configs: Sequence[Path], folder: Path) -> Iterator[Unseen]:
    """Copy each file below `folder`; answers with those that could not be copied."""
    for number, config in enumerate(configs, 1):
        folder.mkdir(exist_ok=True)
        try:
            with config.open("rb") as stream:
                content = stream.read(MAX_CONFIG_BYTES + 1)
        except OSError as error:
            yield Unseen(f"configuration {config}", error.strerror or str(error))
            continue
        if len(content) > MAX_CONFIG_BYTES:
            yield Unseen(f"configuration {config}", f"longer than {MAX_CONFIG_BYTES >> 10} KiB")
            continue
        name = config.name if not (folder / config.name).exists() else f"{number}-{config.name}"
        (folder / name).write_text(redact_config(content.decode("utf-8", "replace")), "utf-8")
