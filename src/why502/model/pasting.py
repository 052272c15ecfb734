"""Words of evidence inside commands that people copy into a shell, often one of root's.

A target's name is a stranger's: `unix:/run/x;reboot` is one that a log can hold. The quotes of a POSIX shell
(`shlex.quote`) leave nothing in it to be carried out, and what no name has, line feeds among it, is not copied at all.
"""

from __future__ import annotations

import re
from shlex import quote

from why502.model.expressions import expression

_ADDRESS = expression(r"[\w:][\w.:%-]*", re.ASCII)


def shell_word(text: str) -> str:
    r"""One word of a shell's line; what cannot be printed becomes a question mark.

    >>> shell_word("10.0.0.7:8080"), shell_word("/run/x;reboot"), shell_word("a\nb")
    ('10.0.0.7:8080', "'/run/x;reboot'", "'a?b'")
    """
    return quote("".join(character if character.isprintable() else "?" for character in text))


def is_address(text: str) -> bool:
    """Whether it can be an address, a name or a port and nothing else, so that it may stand within quotes of ours."""
    return _ADDRESS.fullmatch(text) is not None
