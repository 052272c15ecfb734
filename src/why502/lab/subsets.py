"""Which part of a run's evidence somebody may have had."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

PATTERNS: Final = {
    "access-log": ("access.log", "*.log.gz"),
    "error-log": ("error.log",),
    "capture": ("capture.pcapng",),
    "host": ("host.json", "events.jsonl"),
    "metrics": ("metrics.json",),
    "changes": ("changes.csv",),
}
"""Kind of evidence -> its files in a bundle of the lab."""


@dataclass(frozen=True, slots=True)
class Subset:
    """Some kinds of evidence."""

    name: str
    kinds: tuple[str, ...]
    optional: frozenset[str] = frozenset()
    """Kinds that not every proxy has; all others are needed."""

    def files(self, bundle: Path) -> tuple[Path, ...] | None:
        """Its files in a bundle; None if the bundle has not what makes this subset a subset of its own."""
        found = {kind: _files(bundle, kind) for kind in self.kinds}
        if any(not files for kind, files in found.items() if kind not in self.optional):
            return None
        return tuple(path for files in found.values() for path in files)


def _files(bundle: Path, kind: str) -> tuple[Path, ...]:
    return tuple(sorted(path for pattern in PATTERNS[kind] for path in bundle.glob(pattern)))


_ERROR_LOG = frozenset({"error-log"})
LOGS_AND_CAPTURE: Final = "logs + capture"
LOGS_CAPTURE_HOST: Final = "logs + capture + host"
ALL: Final = "all"

SUBSETS: Final = (
    Subset("access log", ("access-log",)),
    Subset("access + error log", ("access-log", "error-log")),
    Subset("capture", ("capture",)),
    Subset(LOGS_AND_CAPTURE, ("access-log", "error-log", "capture"), _ERROR_LOG),
    Subset(LOGS_CAPTURE_HOST, ("access-log", "error-log", "capture", "host"), _ERROR_LOG),
    Subset("host", ("host",)),
    Subset("metrics", ("metrics",)),
    Subset(ALL, tuple(PATTERNS), frozenset({"error-log", "metrics"})),
)
