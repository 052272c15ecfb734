"""What every engine promises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from why502.facts.request_table import RequestTable

if TYPE_CHECKING:
    import pyarrow as pa

    from why502.formats.interface import LogFormat


class LogStore(RequestTable, Protocol):
    """A table of requests that can still grow."""

    def register(self, path: str, log_format: LogFormat) -> int:
        """The number of a file in the column `file`."""

    def add(self, rows: pa.RecordBatch) -> None:
        """More rows (`engine.schema`)."""


def open_store(url: str | None) -> LogStore:
    """DuckDB inside this process, or the Spark that the URL names ('local', 'spark://host:7077'...)."""
    if url is None or url == "duckdb":
        from why502.engine.store import RequestStore

        return RequestStore()
    from why502.engine.spark import SparkStore

    return SparkStore(url)
