"""Configurations in YAML, JSON or TOML given as evidence.

Envoy, Istio, Traefik, Caddy, ingress-nginx, and what the command lines of AWS, Google Cloud and Azure print of their
load balancers. What is looked for stands in `named.py`.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

from why502.model.case import Input
from why502.model.evidence import Place, Source
from why502.model.expressions import expression
from why502.model.settings import Setting, Timer
from why502.sources.configurations.keys import Key, keys
from why502.sources.configurations.lengths import seconds
from why502.sources.configurations.named import ATTRIBUTES, MOST_KEYS, RULES, TRIES, Rule
from why502.sources.interface import EvidenceFile, Reader, Reading
from why502.sources.nginx_conf import MAX_SETTINGS, content

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

KIND = "gateway-configuration"

MAX_KEYS = 1_000_000

_LINE = expression(r"\S[^\n]*")
_ATTRIBUTE = expression(r"([\w.]{1,64})=(\d{1,9})", re.ASCII)


def settings(found: Iterable[Key], path: str) -> Iterator[Setting]:
    """Of every key that a rule names."""
    pairs: dict[tuple[str, ...], tuple[str, int]] = {}
    names: dict[tuple[str, ...], str] = {}
    told: list[tuple[Key, Rule]] = []
    for key in found:
        bare = tuple(_plain(part) for part in key.path if not part.startswith("#"))
        last = bare[-1] if bare else ""
        if last in ("name", "host", "hosts", "cluster", "kind"):
            names.setdefault((*key.path[:-1], last), key.value)
        if last in ("key", "value"):
            yield from _attribute(pairs, key, last, path)
        elif last.endswith(("loadbalancerattributes", "targetgroupattributes")):
            for name, number in _ATTRIBUTE.findall(key.value):
                yield from _given(name, number, Place(path, key.line))
        elif (rule := _rule(bare)) is not None:
            told.append((key, rule))
    for key, rule in told:
        if not rule.kinds or _nearest(key.path, names, ("kind",)) in rule.kinds:
            yield from _setting(key, rule, names, path)


def _plain(part: str) -> str:
    """`connect_timeout`, `connectTimeout` and `connect-timeout` are one."""
    return part.replace("_", "").replace("-", "").lower()


def _rule(path: tuple[str, ...]) -> Rule | None:
    for length in range(min(MOST_KEYS, len(path)), 0, -1):
        rule = RULES.get(path[-length:])
        if rule is not None and (not rule.inside or rule.inside in path[:-length]):
            return rule
    return None


def _attribute(pairs: dict[tuple[str, ...], tuple[str, int]], key: Key, last: str, path: str) -> Iterator[Setting]:
    """{"Key": "idle_timeout.timeout_seconds", "Value": "60"}, in either order."""
    around = key.path[:-1]
    other = pairs.pop(around, None)
    if other is None:
        pairs[around] = (key.value, key.line)
        return
    name, value, line = (key.value, other[0], key.line) if last == "key" else (other[0], key.value, other[1])
    yield from _given(name, value, Place(path, line))


def _given(name: str, value: str, at: Place) -> Iterator[Setting]:
    if name in ATTRIBUTES and (length_s := seconds(value)) is not None:
        yield Setting("alb", name, ATTRIBUTES[name], at, length_s)


def _setting(key: Key, rule: Rule, names: dict[tuple[str, ...], str], path: str) -> Iterator[Setting]:
    name = key.path[-1] if not rule.called else rule.called
    at = Place(path, key.line)
    owner = _owner(key.path, names)
    known = owner and (f"cluster {owner}" if rule.by_group else owner)
    scope = "" if rule.everywhere else known or ".".join(part for part in key.path[:-1] if not part.startswith("#"))
    if rule.timers == TRIES:
        if key.value.isdecimal() and len(key.value) < 6:
            yield Setting(rule.proxy, name, (Timer.CONNECT,), at, tries=int(key.value) + rule.first, scope=scope)
        return
    length_s = seconds(key.value, rule.unit)
    if length_s is not None:
        group = owner if rule.by_group else None
        yield Setting(rule.proxy, name, rule.timers, at, length_s, scope=scope[:200], group=group)


def _owner(path: tuple[str, ...], names: dict[tuple[str, ...], str]) -> str | None:
    """The nearest name around a key."""
    return _nearest(path, names, ("name", "cluster", "host", "hosts"), ("metadata", "name"))


def _nearest(
    path: tuple[str, ...], names: dict[tuple[str, ...], str], last: tuple[str, ...], *more: tuple[str, ...]
) -> str | None:
    """What the innermost object around a key says under one of these keys."""
    for length in range(len(path) - 1, -1, -1):
        for name in (*((each,) for each in last), *more):
            if found := names.get((*path[:length], *name)):
                return found
    return None


def _read(evidence: EvidenceFile) -> Reading:
    found = tuple(islice(settings(islice(keys(content(evidence)), MAX_KEYS), evidence.path), MAX_SETTINGS))
    proxies = Counter(setting.proxy for setting in found)
    kind = f"{proxies.most_common(1)[0][0]}-configuration" if proxies else KIND
    return Reading(Input(evidence.path, kind, Source.CONFIGURATION if found else None, len(found)), found)


def fit(head: bytes) -> float:
    """A timeout that a rule names: what has none gives nothing to read here."""
    text = head.decode("utf-8", "replace").removeprefix("\ufeff")
    first = _LINE.search(text)
    if first is None or not _may_be(text):
        return 0.0
    return 0.7 if next(settings(islice(keys(text), 50_000), ""), None) is not None else 0.0


def _may_be(text: str) -> bool:
    """Cheap, for most evidence is something else."""
    return "timeout" in text.lower() and (":" in text or "=" in text)


READER = Reader(KIND, fit, _read)
