"""What the names of files say of what was printed into them: of which host it is, and whether before or after."""

from __future__ import annotations

import re
from typing import Final

from why502.model.expressions import expression

_WORDS = expression(r"[A-Za-z]+\d*|\d+", re.ASCII)
_COMMON: Final = frozenset(
    [
        "ss",
        "netstat",
        "nstat",
        "sysctl",
        "sysctls",
        "proc",
        "net",
        "snmp",
        "stat",
        "stats",
        "listen",
        "listeners",
        "listening",
        "ltn",
        "lnt",
        "tan",
        "ant",
        "az",
        "st",
        "sockets",
        "socket",
        "tcp",
        "all",
        "full",
        "kernel",
        "host",
        "counters",
        "out",
        "output",
        "log",
        "txt",
        "before",
        "after",
        "pre",
        "post",
        "start",
        "end",
        "begin",
        "during",
        "first",
        "second",
        "last",
        "loop",
        "watch",
        "then",
        "now",
    ]
)
"""Words in names of files that call no host."""
ADDRESS_BYTES: Final = 4
OPTION_LETTERS: Final = 2
"""So short are options, as in `netstat-s.txt`."""
_EARLY: Final = frozenset({"before", "pre", "start", "begin", "first"})
_LATE: Final = frozenset({"after", "post", "end", "last"})


def host(name: str) -> str:
    """What the name of a file calls its host.

    >>> host("ss-before.txt"), host("web1_nstat.2.log"), host("10.0.0.7-ss.txt")
    ('', 'web1', '10.0.0.7')
    """
    words = [word for word in _WORDS.findall(name) if word.lower() not in _COMMON]
    if len(words) == ADDRESS_BYTES and all(word.isdecimal() for word in words):
        return ".".join(words)
    return "-".join(word for word in words if not word.isdecimal() and len(word) > OPTION_LETTERS)


def order(name: str) -> int:
    """-1 of what was printed before, 1 of what was printed after."""
    words = {word.lower() for word in _WORDS.findall(name)}
    return -1 if words & _EARLY else 1 if words & _LATE else 0
