"""A pool of PHP-FPM (`www.conf`) and uWSGI's ini given as evidence.

Names and units: php-src sapi/fpm/www.conf.in (lengths in s, or with s, m, h, d); uwsgi-docs Options (`listen`,
`processes`, `harakiri` in seconds). Placeholders (`%(x)`, `$(X)`, `${X}`) are told elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.facts.server_options import UWSGI, listens_at, number, uwsgi
from why502.model.evidence import Place
from why502.model.expressions import expression
from why502.model.settings import Limit, TargetSetting
from why502.sources.configurations.lengths import seconds
from why502.sources.configurations.targets.told import reading, setting
from why502.sources.interface import EvidenceFile, Reader, Reading
from why502.sources.nginx_conf import content

if TYPE_CHECKING:
    from collections.abc import Iterator

PHP: Final = "PHP-FPM"
KINDS: Final = {PHP: "php-fpm-configuration", UWSGI: "uwsgi-configuration"}
HEARTBEATS: Final = 3
"""The master looks three times within the timeout (`fpm_conf_process_all_pools`: `timeout * 1000 / 3`)."""

_SECTION = expression(r"\[([^\]]{1,128})\]\s*")
_PAIR = expression(r"\s*([\w.\-]{1,64}(?:\[[\w.]{0,64}\])?)\s*=\s*([^;#\n]{0,512})")

Told = dict[str, tuple[str, int]]


def sections(text: str) -> Iterator[tuple[str, Told]]:
    """Each with its values and their lines; the last of a name counts."""
    name, told = "", Told()
    for line, raw in enumerate(text.splitlines(), 1):
        if found := _SECTION.fullmatch(raw):
            yield name, told
            name, told = found[1], {}
        elif (pair := _PAIR.match(raw)) and not raw.lstrip().startswith((";", "#")):
            told[pair[1]] = pair[2].strip().strip("\"'"), line
    yield name, told


def settings(text: str, path: str) -> Iterator[TargetSetting]:
    """Of each pool, and of the section [uwsgi]."""
    for name, told in sections(text):
        if name == "uwsgi":
            yield from _of_uwsgi(told, path)
        elif "listen" in told and any(key.startswith("pm") for key in told):
            yield from _of_pool(name, told, path)


def _of_pool(pool: str, told: Told, path: str) -> Iterator[TargetSetting]:
    address, server = listens_at(told["listen"][0]), f"{PHP} (pool {pool})"
    for key, limit in (("listen.backlog", Limit.BACKLOG), ("pm.max_children", Limit.WORKERS)):
        if key in told and (value := number(told[key][0])):
            yield TargetSetting(server, key, limit, value, Place(path, told[key][1]), address)
    key = "request_terminate_timeout"
    if key in told and (killed_s := seconds(told[key][0])):
        late_s = max(killed_s / HEARTBEATS, 1.0)
        yield TargetSetting(server, key, Limit.WORK, killed_s, Place(path, told[key][1]), address, late_s)


def _of_uwsgi(told: Told, path: str) -> Iterator[TargetSetting]:
    """A limit that several names make up stands where the first of these does."""
    for option in uwsgi({name: value for name, (value, _) in told.items()}):
        names = ("processes", "workers") if option.limit is Limit.WORKERS else (option.name,)
        yield setting(option, Place(path, next(told[name][1] for name in names if name in told)))


def _read(evidence: EvidenceFile) -> Reading:
    found = tuple(settings(content(evidence), evidence.path))
    server = UWSGI if found and found[0].server == UWSGI else PHP
    return reading(evidence, KINDS[server], found)


def fit(head: bytes) -> float:
    """A setting that can be read: what has none gives nothing to read here."""
    text = head.decode("utf-8", "replace").removeprefix("\ufeff")
    return 0.85 if "=" in text and next(settings(text, ""), None) is not None else 0.0


READER = Reader("ini-configuration", fit, _read)
