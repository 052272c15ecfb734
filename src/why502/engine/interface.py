"""What every engine promises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from why502.errors import Why502Error
from why502.facts.request_table import RequestTable
from why502.facts.wanted import EVERYTHING, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

    from why502.engine.counting import Counted
    from why502.formats.interface import LogFormat


SPARK: Final = ("local", "spark:", "yarn", "k8s:", "mesos:", "sc:")
"""How the addresses of a Spark begin (its manual, "Submitting Applications": Master URLs; `sc:` is Spark Connect)."""


class LogStore(RequestTable, Protocol):
    """A table of requests that can still grow."""

    def register(self, path: str, log_format: LogFormat) -> int:
        """The number of a file in the column `file`."""

    def add(self, rows: pa.RecordBatch, counted: Counted | None = None) -> None:
        """More rows (`engine.schema`), and more that are only counted."""

    def pass_over(self, targets: Iterable[str]) -> None:
        """Targets of requests that were not wanted."""


def open_store(url: str | None, *, counting: bool = False, wanted: Wanted = EVERYTHING) -> LogStore:
    """DuckDB inside this process, or the Spark that the URL names ('local', 'spark://host:7077'...).

    `counting`: ordinary requests may come as counts; `wanted`: the part of the requests that is to be read.
    """
    if url is None or url == "duckdb":
        from why502.engine.store import RequestStore

        return RequestStore(counting=counting, wanted=wanted)
    if not url.startswith(SPARK):
        raise Why502Error("no such engine", where=url, hint="say duckdb, local or spark://HOST:PORT")
    from why502.engine.spark import SparkStore

    return SparkStore(url, counting=counting, wanted=wanted)
