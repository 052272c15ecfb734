"""`puma.rb` and `unicorn.rb` given as evidence: directives with plain values (puma/dsl.rb, unicorn/configurator.rb).

They are Ruby, and never run; what is computed (`ENV.fetch(...)`) is not believed to be anything.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from why502.facts.server_options import LATE_S, listens_at, puma
from why502.model.evidence import Place
from why502.model.expressions import expression
from why502.model.settings import Limit, TargetSetting
from why502.sources.configurations.targets.told import reading, setting
from why502.sources.interface import EvidenceFile, Reader, Reading
from why502.sources.nginx_conf import content

if TYPE_CHECKING:
    from collections.abc import Iterator

KIND: Final = "ruby-server-configuration"

_LINE = expression(
    r"[ \t]{0,8}(port|threads|workers|persistent_timeout|enable_keep_alives|bind|worker_processes|timeout|listen|"
    r"worker_timeout|first_data_timeout|preload_app!?|plugin|pidfile|environment|rackup|directory|working_directory|"
    r"stdout_redirect|stdout_path|stderr_path|pid|on_worker_boot|before_worker_boot|before_fork|after_fork|activate_control_app)"
    r"\b[ \t(]*([^#\n]{0,512})",
    re.ASCII,
)
_OWN: Final = {
    "Puma": frozenset({"threads", "persistent_timeout", "bind", "worker_timeout", "first_data_timeout", "workers",
                       "preload_app!", "plugin", "port", "on_worker_boot", "before_worker_boot"}),
    "Unicorn": frozenset({"worker_processes", "listen", "stderr_path", "stdout_path", "working_directory", "timeout"}),
}  # fmt: skip
_NUMBER = expression(r"(\d{1,9})[ \t)]*", re.ASCII)
_RANGE = expression(r"\d{1,9}[ \t]*,[ \t]*(\d{1,9})[ \t)]*", re.ASCII)
_TEXT = expression(r"""(?:(["'])([^"'#\n]{1,256})\1|(\d{1,5}))[ \t)]*(?:,[ \t]*(.{0,256}))?""", re.ASCII)
_BACKLOG = expression(r"(?::backlog[ \t]*=>|\bbacklog:)[ \t]*(\d{1,9})\b", re.ASCII)

Told = dict[str, list[tuple[str, int]]]


def settings(text: str, path: str) -> Iterator[TargetSetting]:
    """Of the server that it is a configuration of."""
    told = directives(text)
    server = whose(told)
    if server == "Puma":
        yield from _of_puma(told, path)
    elif server == "Unicorn":
        yield from _of_unicorn(told, path)


def directives(text: str) -> Told:
    """Values and lines of each."""
    told: Told = {}
    for line, raw in enumerate(text.splitlines(), 1):
        if found := _LINE.match(raw):
            told.setdefault(found[1], []).append((found[2].strip(), line))
    return told


def whose(told: Told) -> str | None:
    """The server that has two of these directives, the more of them the better."""
    best = max(_OWN, key=lambda server: len(_OWN[server] & told.keys()))
    return best if len(_OWN[best] & told.keys()) >= 2 else None


def _only(told: Told, name: str, shape: re.Pattern[str]) -> tuple[re.Match[str], int] | None:
    """The one value of a directive, if it is plain."""
    given = told.get(name, [])
    found = shape.fullmatch(given[0][0]) if len(given) == 1 else None
    return (found, given[0][1]) if found else None


def _of_puma(told: Told, path: str) -> Iterator[TargetSetting]:
    bind, port = _only(told, "bind", _TEXT), _only(told, "port", _NUMBER)
    bound = (bind[0][2] or "") if bind else ""
    address = listens_at(bound) or (port[0][1] if port else "")
    if off := _only(told, "enable_keep_alives", re.compile(r"false[ \t)]*")):
        yield TargetSetting("Puma", "enable_keep_alives false, that is keep-alive", Limit.KEEPALIVE, 0.0,
                            Place(path, off[1]), address)  # fmt: skip
    elif kept := _only(told, "persistent_timeout", _NUMBER):
        yield TargetSetting("Puma", "persistent_timeout", Limit.KEEPALIVE, float(kept[0][1]), Place(path, kept[1]),
                            address)  # fmt: skip
    threads, workers = _only(told, "threads", _RANGE), _only(told, "workers", _NUMBER)
    processes = float(workers[0][1]) if workers else (None if "workers" in told else 0.0)
    for option in puma(processes, float(threads[0][1]) if threads else None, bound, address):
        first = bind if option.limit is Limit.BACKLOG else threads
        if first:
            yield setting(option, Place(path, first[1]))


def _of_unicorn(told: Told, path: str) -> Iterator[TargetSetting]:
    """It closes after each answer, and kills workers that are at work for too long."""
    listens = [(found, line) for text, line in told.get("listen", []) if (found := _TEXT.fullmatch(text))]
    addresses = {listens_at(found[2] or found[3]) for found, _ in listens}
    address = addresses.pop() if len(addresses) == 1 else ""
    for found, line in listens:
        if backlog := _BACKLOG.search(found[4] or ""):
            own = listens_at(found[2] or found[3])
            yield TargetSetting("Unicorn", "backlog", Limit.BACKLOG, float(backlog[1]), Place(path, line), own)
    if workers := _only(told, "worker_processes", _NUMBER):
        yield TargetSetting("Unicorn", "worker_processes", Limit.WORKERS, float(workers[0][1]), Place(path, workers[1]),
                            address)  # fmt: skip
    if killed := _only(told, "timeout", _NUMBER):
        yield TargetSetting("Unicorn", "timeout", Limit.WORK, float(killed[0][1]), Place(path, killed[1]), address,
                            LATE_S)  # fmt: skip


def _read(evidence: EvidenceFile) -> Reading:
    text = content(evidence)
    server = whose(directives(text))
    return reading(evidence, f"{server.lower()}-configuration" if server else KIND, settings(text, evidence.path))


def fit(head: bytes) -> float:
    """A setting that can be read: what has none gives nothing to read here."""
    return 0.85 if next(settings(head.decode("utf-8", "replace"), ""), None) is not None else 0.0


READER = Reader(KIND, fit, _read)
