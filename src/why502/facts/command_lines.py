"""The commands within a command line: what a shell is given to run, with the variables that are known put in.

Nothing is run. What is computed (`$(nproc)`, a variable that is not told) stays as it is written: no plain value.
"""

from __future__ import annotations

import re
from shlex import shlex
from typing import TYPE_CHECKING, Final

from why502.model.expressions import expression

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SHELLS: Final = frozenset({"sh", "bash", "ash", "dash"})
MAX_SCRIPT_CHARACTERS: Final = 8192
MAX_WORDS: Final = 512
BEFORE_SHELL: Final = 4
"""'tini -- sh -c ...', 'docker-entrypoint.sh bash -c ...'."""
SEPARATORS: Final = frozenset(";&|\n")

_RUNS_TEXT = expression(r"-[a-z]{0,8}c", re.ASCII)
_KUBELET = expression(r"\$\((\w{1,128})\)", re.ASCII)
_SHELL = expression(r"\$(?:(\w{1,128})|\{(\w{1,128})(?::?-[^{}$]{0,128})?\})", re.ASCII)
_SET = expression(r"([A-Za-z_]\w{0,127})=(.{0,1024})", re.ASCII | re.DOTALL)


def commands(words: Sequence[str], variables: Mapping[str, str]) -> Iterator[tuple[list[str], dict[str, str]]]:
    """Words and variables of each command: the line itself, or those of the script that it gives to a shell.

    `$(NAME)` is what the kubelet replaces in `command` and `args` (Kubernetes, "Define a command and arguments for a
    container"); what is not known stays, as it does there.

    >>> [found for found, _ in commands(["sh", "-c", "migrate && exec gunicorn -w $N app"], {"N": "4"})]
    [['migrate'], ['exec', 'gunicorn', '-w', '4', 'app']]
    """
    known = [_KUBELET.sub(lambda found: variables.get(found[1], found[0]), word) for word in words[:MAX_WORDS]]
    script = _script(known)
    if script is None:
        yield known, dict(variables)
        return
    for found in _split(_SHELL.sub(lambda found: variables.get(found[1] or found[2]) or found[0], script)):
        yield _assigned(found, variables)


def _script(words: Sequence[str]) -> str | None:
    """What a shell is told to run; None if there is no shell, or if it runs a file."""
    for place, word in enumerate(words[:BEFORE_SHELL]):
        if word.rpartition("/")[2] in SHELLS:
            following = words[place + 1 : place + BEFORE_SHELL]
            options = [at for at, option in enumerate(following) if _RUNS_TEXT.fullmatch(option)]
            text = words[place + 2 + options[0] :][:1] if options else ()
            return text[0].replace("\\\n", " ")[:MAX_SCRIPT_CHARACTERS] if text else None
    return None


def _split(script: str) -> Iterator[list[str]]:
    """At what parts commands; a quote that does not end gives up the rest."""
    lexer = shlex(script, posix=True, punctuation_chars="".join(sorted(SEPARATORS)))
    lexer.whitespace, lexer.whitespace_split, lexer.commenters = " \t\r", True, ""
    found: list[str] = []
    comment = False
    try:
        for word in lexer:
            if not set(word) <= SEPARATORS:
                comment = comment or word.startswith("#")
                found += [] if comment else [word]
            elif not comment or "\n" in word:
                yield found[:MAX_WORDS]
                found, comment = [], False
    except ValueError:
        return
    yield found[:MAX_WORDS]


def _assigned(words: list[str], variables: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """'WEB_CONCURRENCY=4 exec gunicorn app': for this one command."""
    known = dict(variables)
    while words and (found := _SET.fullmatch(words[0])):
        known[found[1]] = found[2]
        words = words[1:]
    return words, known
