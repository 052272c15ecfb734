"""Configuration of Apache httpd given as evidence: the timeouts of `mod_proxy`.

`ProxyTimeout` falls back to `Timeout`; `timeout=`, `connectiontimeout=` (which falls back to `timeout=`) and `ttl=` of
`ProxyPass`, `BalancerMember` and `ProxySet` are those of one worker (httpd.apache.org/docs/2.4/mod/mod_proxy.html).
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from why502.model.case import Input
from why502.model.evidence import Place, Source
from why502.model.expressions import expression
from why502.model.settings import Setting, Timer
from why502.sources.configurations.lengths import seconds
from why502.sources.interface import EvidenceFile, Reader, Reading
from why502.sources.nginx_conf import MAX_SETTINGS, content

if TYPE_CHECKING:
    from collections.abc import Iterator

KIND = "apache-configuration"
MAX_LINE = 16_384

_SECTION = expression(r"<(/?)(\w{1,64})\s*+([^>]{0,1024})>?", re.ASCII)
_DIRECTIVES = expression(
    r"^[ \t]*+(?:ProxyPass(?:Match|Reverse)?|ProxyTimeout|ProxyPreserveHost|BalancerMember|ProxySet|<Proxy|"
    r"<VirtualHost|ServerName|ServerRoot|DocumentRoot|LoadModule|CustomLog|ErrorLog|Timeout|KeepAliveTimeout)"
    r"[ \t]++[^\n]*[^;{\s]",
    re.MULTILINE | re.IGNORECASE,
)
_PARAMETER = expression(r'(timeout|connectiontimeout|ttl)="?([\w.]{1,32})"?', re.ASCII | re.IGNORECASE)
_WORKER = expression(r"[a-z0-9+]{2,16}://\S{1,1024}", re.ASCII | re.IGNORECASE)
_OF_WORKERS = frozenset({"proxypass", "proxypassmatch", "balancermember", "proxyset"})
_OF_ALL = {"proxytimeout": "ProxyTimeout", "timeout": "Timeout"}


def settings(text: str, path: str) -> Iterator[Setting]:
    """Line by line; a backslash at the end joins the next one."""
    sections: list[str] = []
    for number, line in _logical(text):
        if section := _SECTION.match(line):
            if section[1]:
                del sections[-1:]
            elif len(sections) < 16:
                sections.append(f"{section[2]} {section[3].strip()}".strip())
            continue
        words = line.split(None, 32)
        name = words[0].lower() if words else ""
        at = Place(path, number)
        if name in _OF_ALL and len(words) == 2:
            length_s = seconds(words[1])
            if length_s is not None:
                yield Setting("apache", _OF_ALL[name], (Timer.CONNECT, Timer.SEND, Timer.WAIT), at, length_s,
                              scope=sections[-1] if sections else "")  # fmt: skip
        elif name in _OF_WORKERS:
            yield from _of_worker(words, at, sections[-1] if sections else "")


def _of_worker(words: list[str], at: Place, section: str) -> Iterator[Setting]:
    told = {found[1].lower(): found[2] for word in words[1:] if (found := _PARAMETER.fullmatch(word))}
    worker = next((word for word in words[1:] if _WORKER.fullmatch(word)), None)
    scope = f"{words[0]} {worker}" if worker else section
    for name, text in told.items():
        length_s = seconds(text)
        if length_s is None:
            continue
        timers = {
            "ttl": (Timer.POOL,),
            "connectiontimeout": (Timer.CONNECT,),
            "timeout": (Timer.SEND, Timer.WAIT, *(() if "connectiontimeout" in told else (Timer.CONNECT,))),
        }[name]
        yield Setting("apache", f"{name}=", timers, at, length_s, scope=scope)


def _logical(text: str) -> Iterator[tuple[int, str]]:
    """Lines with something in them, and the number of each one's first part."""
    begun, number = "", 0
    for index, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        number = number if begun else index
        if line.endswith("\\") and len(begun) < MAX_LINE:
            begun += line[:-1] + " "
            continue
        whole, begun = begun + line, ""
        if whole and not whole.startswith("#"):
            yield number, whole[:MAX_LINE]


def _read(evidence: EvidenceFile) -> Reading:
    found = tuple(islice(settings(content(evidence), evidence.path), MAX_SETTINGS))
    return Reading(Input(evidence.path, KIND, Source.CONFIGURATION if found else None, len(found)), found)


def fit(head: bytes) -> float:
    """Directives that only Apache has: two of them, or one of mod_proxy; none ends with ';' or '{' as nginx's do."""
    text = head.decode("utf-8", "replace")
    found = _DIRECTIVES.findall(text)
    proxied = any(line.lstrip().lower().startswith(("proxy", "balancermember", "<proxy")) for line in found)
    return 0.8 if len(found) >= 2 or proxied else 0.0


READER = Reader(KIND, fit, _read)
