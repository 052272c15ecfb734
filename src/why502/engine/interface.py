"""What every engine promises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from why502.facts.request_table import RequestTable

if TYPE_CHECKING:
    import pyarrow as pa

    from why502.engine.counting import Counted
    from why502.formats.interface import LogFormat


class LogStore(RequestTable, Protocol):
    """A table of requests that can still grow."""

    def register(self, path: str, log_format: LogFormat) -> int:
        """The number of a file in the column `file`."""

    @property
    def counting(self) -> bool:
        """Whether ordinary requests may come as counts, so that only all of them can be asked for."""

    def add(self, rows: pa.RecordBatch, counted: Counted | None = None) -> None:
        """More rows (`engine.schema`), and more that are only counted."""


def open_store(url: str | None, *, counting: bool = False) -> LogStore:
    """DuckDB inside this process, or the Spark that the URL names ('local', 'spark://host:7077'...)."""
    if url is None or url == "duckdb":
        from why502.engine.store import RequestStore

        return RequestStore(counting=counting)
    from why502.engine.spark import SparkStore

    return SparkStore(url, counting=counting)
