"""Timeouts of nginx: `ngx_http_proxy_module`, its like for FastCGI, uwsgi and gRPC, `ngx_http_upstream_module`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from why502.model.evidence import Place
from why502.model.expressions import expression
from why502.model.settings import Setting, Timer
from why502.sources.configurations.lengths import seconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from why502.sources.nginx_directives import Directive

_TIMEOUT = expression(r"(?:proxy|fastcgi|uwsgi|scgi|grpc|memcached)_(connect|send|read)_timeout", re.ASCII)
_TRIES = expression(r"(?:proxy|fastcgi|uwsgi|scgi|grpc|memcached)_next_upstream_tries", re.ASCII)
_TIMERS: Final = {"connect": Timer.CONNECT, "send": Timer.SEND, "read": Timer.WAIT}
_EVERYWHERE: Final = frozenset({"http", "stream", "events", "types"})
"""Blocks that narrow nothing."""


def settings(directives: Iterable[Directive], path: str) -> Iterator[Setting]:
    """Of each directive that sets a timer towards targets."""
    for found in directives:
        name, *values = found.words
        if len(values) != 1:
            continue
        at = Place(path, found.line)
        scope = _scope(found.blocks)
        if timeout := _TIMEOUT.fullmatch(name):
            if (length_s := seconds(values[0])) is not None:
                yield Setting("nginx", name, (_TIMERS[timeout[1]],), at, length_s, scope=scope)
        elif _TRIES.fullmatch(name):
            if values[0].isdecimal() and len(values[0]) < 9 and int(values[0]):
                yield Setting("nginx", name, (Timer.CONNECT, Timer.WAIT), at, tries=int(values[0]), scope=scope)
        elif name == "keepalive_timeout" and found.blocks and found.blocks[-1][0] == "upstream":
            # Elsewhere it is about the connections of clients.
            length_s = seconds(values[0])
            if length_s is not None and len(found.blocks[-1]) > 1:
                yield Setting("nginx", name, (Timer.POOL,), at, length_s, scope=scope, group=found.blocks[-1][1])


def _scope(blocks: tuple[tuple[str, ...], ...]) -> str:
    """The innermost block that narrows it."""
    narrowing = [words for words in blocks if words[0] not in _EVERYWHERE]
    return " ".join(narrowing[-1]) if narrowing else ""
