"""Caddyfile given as evidence: timers of `reverse_proxy` (caddyserver.com/docs/caddyfile/directives/reverse_proxy)."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Final

from why502.model.case import Input
from why502.model.evidence import Place, Source
from why502.model.expressions import expression
from why502.model.settings import Setting, Timer
from why502.sources.configurations.lengths import seconds
from why502.sources.interface import EvidenceFile, Reader, Reading
from why502.sources.nginx_conf import MAX_SETTINGS, content

if TYPE_CHECKING:
    from collections.abc import Iterator

KIND = "caddy-configuration"

TIMERS: Final = {
    "dial_timeout": Timer.CONNECT,
    "response_header_timeout": Timer.WAIT,
    "read_timeout": Timer.WAIT,
    "write_timeout": Timer.SEND,
    "keepalive": Timer.POOL,
}
"""Inside `transport http`, and `dial_timeout`... inside `transport fastcgi`."""

_PROXY = expression(r"^[ \t]*+(?:reverse_proxy|php_fastcgi)[ \t]++[^;\n]*[^;\s]", re.MULTILINE)
_BLOCK = expression(r"[^\s#;]\S*[^\n;#]*\{[ \t]*(?:#[^\n]*)?$", re.MULTILINE)


def settings(text: str, path: str) -> Iterator[Setting]:
    """One directive a line; a line that ends with '{' opens a block."""
    blocks: list[str] = []
    for number, raw in enumerate(text.splitlines(), 1):
        words = raw.partition(" #")[0].split(None, 16)
        if not words or words[0].startswith("#"):
            continue
        if words == ["}"]:
            del blocks[-1:]
            continue
        if words[-1] == "{":
            blocks.append(" ".join(words[:-1]))
            continue
        inside = blocks[-1].split(" ")[0] if blocks else ""
        if inside == "transport" and len(words) == 2 and words[0] in TIMERS:
            length_s = 0.0 if words[1] == "off" else seconds(words[1])
            if length_s is not None:
                scope = blocks[-2] if len(blocks) > 1 else ""
                yield Setting("caddy", words[0], (TIMERS[words[0]],), Place(path, number), length_s, scope=scope[:200])


def _read(evidence: EvidenceFile) -> Reading:
    found = tuple(islice(settings(content(evidence), evidence.path), MAX_SETTINGS))
    return Reading(Input(evidence.path, KIND, Source.CONFIGURATION if found else None, len(found)), found)


def fit(head: bytes) -> float:
    """`reverse_proxy` without a ';', and a block."""
    text = head.decode("utf-8", "replace")
    return 0.8 if _PROXY.search(text) and _BLOCK.search(text) else 0.0


READER = Reader(KIND, fit, _read)
