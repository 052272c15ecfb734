"""What of a command line may be shown: values that look like secrets become '***'."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.model.expressions import expression

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HIDDEN: Final = "***"
MAX_CHARACTERS: Final = 4096

CERTAIN: Final = r"[\w.-]*(?:passw(?:or)?d|passphrase|secret|token|credential|authorization|cookie)[\w.-]*"
"""Speaks of a secret wherever it stands in a name."""
ALONE: Final = r"(?:[\w.-]*[._-]|D)?(?:pass|auth|key|apikey)"
"""Does so only as a word of its own: not in 'keyboard', not in 'author'."""
NAME: Final = expression(rf"(?is)^(?P<name>-{{0,2}}(?:{CERTAIN}|{ALONE})[=:]).+")
FLAG: Final = expression(rf"(?i)^--?(?:{CERTAIN}|{ALONE})$")
IN_URL: Final = expression(r"(?<=://)(?P<user>[^/@:\s]*):[^/@\s]+(?=@)")
IN_QUERY: Final = expression(rf"(?i)(?P<name>[?&;,\s](?:{CERTAIN}|{ALONE})=)[^&;,\s]+")


def redact(arguments: Sequence[str]) -> str:
    """The command line in one string, without what looks like a secret.

    >>> redact(["java", "-Ddb.password=x1", "--token", "abc", "-jar", "a.jar", "http://u:p@h/?api_key=1&b=2"])
    'java -Ddb.password=*** --token *** -jar a.jar http://u:***@h/?api_key=***&b=2'
    """
    line = ""
    for word in _shown(arguments):
        line += f" {word}" if line else word
        if len(line) > MAX_CHARACTERS:
            break
    return line[:MAX_CHARACTERS]


def _shown(arguments: Sequence[str]) -> Iterator[str]:
    secret_follows = False
    for whole in arguments:
        argument = whole[:MAX_CHARACTERS]
        yield HIDDEN if secret_follows and not argument.startswith("-") else _without_values(argument)
        secret_follows = bool(FLAG.match(argument))


def _without_values(argument: str) -> str:
    named = NAME.sub(rf"\g<name>{HIDDEN}", argument)
    return IN_QUERY.sub(rf"\g<name>{HIDDEN}", IN_URL.sub(rf"\g<user>:{HIDDEN}", named))
