"""Copies of configuration files, without what looks like a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.host.redaction import HIDDEN
from why502.model.expressions import expression
from why502.model.host import Unseen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

MAX_CONFIG_BYTES: Final = 1 << 20
SECRET: Final = expression(
    r"(?im)^(?P<name>.{0,200}?(?:passw(?:or)?d|passphrase|secret|token|credential|api[._-]?key)\w{0,64}[\"']?"
    r"[ \t]{0,16}(?:[:=][ \t]{0,16}|[ \t]))(?P<value>\S.*)$"
)
"""Every repetition has a bound: a line without end takes no time without end."""


def redact_config(text: str) -> str:
    r"""Lines whose name speaks of a password, secret, token or credential lose their value.

    >>> redact_config('port: 8080\ndb_password: "x"\n')
    'port: 8080\\ndb_password: ***\n'
    """
    return SECRET.sub(rf"\g<name>{HIDDEN}", text)


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
