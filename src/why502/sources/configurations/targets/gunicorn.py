"""`gunicorn.conf.py` given as evidence. It is Python, and is never run: plain values of its own level are read.

A name that is set twice, or anywhere within `if`, `try` or a loop, may have another value.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from why502.facts.server_options import gunicorn
from why502.model.evidence import Place
from why502.model.expressions import expression
from why502.sources.configurations.targets.told import reading, setting
from why502.sources.interface import EvidenceFile, Reader, Reading
from why502.sources.nginx_conf import content

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.model.settings import TargetSetting

KIND: Final = "gunicorn-configuration"
MAX_CHARACTERS: Final = 256 << 10
OWN: Final = frozenset({"bind", "backlog", "workers", "worker_class", "threads", "timeout", "keepalive"})
NAMES: Final = OWN | {"graceful_timeout", "worker_connections", "max_requests", "max_requests_jitter", "preload_app",
                      "accesslog", "errorlog", "loglevel", "worker_tmp_dir", "forwarded_allow_ips"}  # fmt: skip
_SET = expression(rf"^({'|'.join(sorted(NAMES))})[ \t]*=[ \t]*[^=\s]", re.MULTILINE)


def settings(text: str, path: str) -> Iterator[TargetSetting]:
    """Of what is told in plain values; a limit that several names make up stands where the first of these does."""
    told, lines = plain(text)
    for option in gunicorn(told):
        names = ("workers",) if option.name.startswith("workers") else (option.name.split(" ")[0],)
        yield setting(option, Place(path, lines[names[0]]))


def plain(text: str) -> tuple[dict[str, str], dict[str, int]]:
    """Values and lines of gunicorn's names."""
    try:
        module = ast.parse(text[:MAX_CHARACTERS])
        stored = Counter(
            node.id for node in ast.walk(module) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        )
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}, {}
    told: dict[str, str] = {}
    lines: dict[str, int] = {}
    for node in module.body:
        if not isinstance(node, ast.Assign) or len(node.targets) != 1 or not isinstance(node.value, ast.Constant):
            continue
        target, value = node.targets[0], node.value.value
        if isinstance(target, ast.Name) and target.id in OWN and stored[target.id] == 1 and _is_plain(value):
            told[target.id], lines[target.id] = str(value), node.lineno
    computed = {name for name in OWN if stored[name]} - told.keys()
    # Threads that are computed may be more than one: then the class is not the default.
    if computed & {"worker_class", "threads"}:
        told = {name: value for name, value in told.items() if name in ("bind", "backlog")}
    return told, lines


def _is_plain(value: object) -> bool:
    return isinstance(value, (int, float, str)) and not isinstance(value, bool)


def _read(evidence: EvidenceFile) -> Reading:
    return reading(evidence, KIND, settings(content(evidence), evidence.path))


def fit(head: bytes) -> float:
    """Two of its names set at the beginning of a line: one may stand in any program."""
    return 0.85 if len({found[1] for found in _SET.finditer(head.decode("utf-8", "replace"))}) >= 2 else 0.0


READER = Reader(KIND, fit, _read)
