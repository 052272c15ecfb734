"""IIS logs with columns of one's own choice, as their '#Fields:' line says (W3C extended format)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from why502.formats import iis
from why502.formats.fitting import share
from why502.formats.interface import LogFormat
from why502.model.evidence import Place, Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.model.requests import Request

HEAD: Final = "#Fields:"
NEEDED: Final = frozenset({"date", "time", "cs-method", "cs-uri-stem", "sc-status"})


def by_fields(line: str) -> LogFormat | None:
    """The reader of a log with this '#Fields:' line; None if the usual one does, or if it is another program's."""
    if not line.startswith(HEAD):
        return None
    names = tuple(line.removeprefix(HEAD).split()[: iis.MAX_COLUMNS])
    if names in iis.ORDERS or "x-edge-location" in names or not set(names) >= NEEDED or len(set(names)) < len(names):
        return None
    return LogFormat(iis.KIND, Source.ACCESS_LOG, partial(_fit, line.strip(), names), partial(_parse, names))


def _parse(names: tuple[str, ...], line: str, at: Place) -> Request | None | str:
    if line.startswith(iis.NOTES):
        return None
    columns = line.split(" ", iis.MAX_COLUMNS)
    if len(columns) != len(names):
        return f"{len(columns)} columns instead of the {len(names)} that '#Fields:' names"
    return iis.request(names, columns, at) or "its columns are not what '#Fields:' names"


def _fit(head: str, names: tuple[str, ...], lines: Sequence[str]) -> float:
    """The lines have to say that they are of this very order."""
    rows = [line for line in lines if not line.startswith("#")]
    if head not in lines:
        return 0.0
    return share(rows, lambda line: not isinstance(_parse(names, line, Place("")), str)) if rows else 1.0
