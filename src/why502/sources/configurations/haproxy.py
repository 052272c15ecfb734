"""Timeouts of HAProxy (configuration.txt, 4.2: `timeout ...`, `retries`); numbers without a unit are milliseconds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from why502.model.evidence import Place
from why502.model.expressions import expression
from why502.model.settings import Setting, Timer
from why502.sources.configurations.lengths import seconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TIMERS: Final = {
    "connect": (Timer.CONNECT,),
    "server": (Timer.WAIT, Timer.SEND),
    "queue": (Timer.QUEUE,),
    "tunnel": (),
    "client": (),
    "http-request": (),
    "http-keep-alive": (),
    "check": (),
}
"""Those without a timer are about clients, or do not end a request that fails; they are read, and not compared."""

_TIMEOUT = expression(r"timeout\s+([a-z-]{1,32})\s+(\S{1,32})(?:\s|$)", re.ASCII)
_RETRIES = expression(r"retries\s+(\d{1,4})(?:\s|$)", re.ASCII)


def settings(lines: Iterable[tuple[int, str, str, str]], path: str) -> Iterator[Setting]:
    """Of each line: its number, kind and name of its section, its words."""
    for number, section, name, words in lines:
        everywhere = section == "defaults"
        scope = "" if everywhere else f"{section} {name}".strip()
        group = name if section in ("backend", "listen") and name else None
        at = Place(path, number)
        if timeout := _TIMEOUT.match(words):
            length_s = seconds(timeout[2], "ms")
            if length_s is not None and timeout[1] in TIMERS:
                timers = TIMERS[timeout[1]]
                yield Setting("haproxy", f"timeout {timeout[1]}", timers, at, length_s, scope=scope, group=group)
        elif retries := _RETRIES.match(words):
            yield Setting(
                "haproxy", "retries", (Timer.CONNECT,), at, tries=int(retries[1]) + 1, scope=scope, group=group
            )
