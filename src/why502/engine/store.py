"""The tables of requests in an embedded DuckDB, which spills to a temporary directory what exceeds its memory."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property, partial
from typing import TYPE_CHECKING, cast
from weakref import finalize

import pyarrow as pa

from why502.engine.drawing import Drawing
from why502.engine.phrasebook import Phrasebook
from why502.engine.remembering import Memory
from why502.engine.schema import TABLES, plain
from why502.errors import Why502Error
from why502.facts.asking import table
from why502.facts.wanted import EVERYTHING, Wanted
from why502.model.traffic import MAX_TARGETS
from why502.scratch import Scratch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import duckdb
    import ibis
    import ibis.backends.duckdb

    from why502.engine.counting import Counted
    from why502.facts.asking import Asked
    from why502.formats.interface import LogFormat
    from why502.model.requests import Request

MEMORY_LIMIT = "640MB"
"""DuckDB's share of what one run may use; it spills beyond."""

INSERT_ROWS = 250_000
"""Rows that are collected before they are written: each insertion costs some milliseconds."""


class RequestStore:
    """Implements `engine.interface.LogStore`."""

    def __init__(self, *, counting: bool = False, wanted: Wanted = EVERYTHING) -> None:
        self.counting = counting
        self.wanted = wanted
        self.passed_over: frozenset[str] = frozenset()
        self._memory = Memory()
        self._drawing = Drawing()
        self._waiting: dict[str, list[pa.RecordBatch]] = {}
        self._waiting_rows = 0
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="insert")
        self._written: Future[None] | None = None
        self.rows_added = 0
        self._names = 0
        self._folder = Scratch()
        self._opening = self._writer.submit(_opened, self._folder.name)
        finalize(self, _close, self._opening, self._folder)

    @property
    def _database(self) -> duckdb.DuckDBPyConnection:
        return self._opening.result()

    @cached_property
    def _phrases(self) -> Phrasebook:
        return Phrasebook(partial(_backend, self._database))

    def register(self, path: str, log_format: LogFormat) -> int:
        return self._memory.register(path, log_format)

    def add(self, rows: pa.RecordBatch, counted: Counted | None = None) -> None:
        self._take("requests", rows)
        self.rows_added += rows.num_rows
        if counted is not None:
            self._take("counts", counted.counts)
            self._take("runs", counted.runs)
            self.rows_added += counted.requests
            self._drawing.add(counted.drawn, self.rows_added)
        if self._waiting_rows >= INSERT_ROWS:
            self._hand_over()

    def pass_over(self, targets: Iterable[str]) -> None:
        self.passed_over = frozenset(sorted(self.passed_over.union(targets))[:MAX_TARGETS])

    def _take(self, name: str, rows: pa.RecordBatch) -> None:
        self._waiting.setdefault(name, []).append(rows)
        self._waiting_rows += rows.num_rows

    def _hand_over(self) -> None:
        """To the writer, who works while the next lines are read; one piece at a time."""
        self._wait()
        if self._waiting_rows:
            self._written = self._writer.submit(self._insert, self._waiting)
        self._waiting, self._waiting_rows = {}, 0

    def _wait(self) -> None:
        if self._written is not None:
            self._written.result()
        self._written = None

    def _insert(self, waiting: Mapping[str, list[pa.RecordBatch]]) -> None:
        for name, rows in waiting.items():
            self._database.register("incoming", pa.Table.from_batches(rows, TABLES[name]))
            with self._room():
                self._database.execute(f"INSERT INTO {name} SELECT * FROM incoming")  # noqa: S608 - a name of ours
            self._database.unregister("incoming")

    @contextmanager
    def _room(self) -> Iterator[None]:
        """What does not fit into memory is spilled; where that is full as well, whoever asks can help."""
        import duckdb

        try:
            yield
        except (duckdb.OutOfMemoryException, duckdb.IOException) as error:
            raise Why502Error(
                "the requests fit neither into memory nor into the temporary folder",
                where=self._folder.name,
                why=str(error).partition("\n")[0].rstrip("."),
                hint="free space there, set TMPDIR to a larger folder, or ask for a part (--since, --until, --target)",
            ) from error

    @property
    def rows(self) -> ibis.Table:
        return self._table("requests")

    @property
    def counts(self) -> ibis.Table:
        return self._table("counts")

    @property
    def runs(self) -> ibis.Table:
        return self._table("runs")

    @property
    def drawn(self) -> ibis.Table:
        return self._registered(self._drawing.table(self.rows_added), "drawn")

    def _table(self, name: str) -> ibis.Table:
        self._hand_over()
        self._wait()
        return _expression(name, name)

    def kept(self, expression: ibis.Table) -> ibis.Table:
        name = self._new_name()
        sql, words = self._phrases.sql(cast("Asked", expression))
        with self._room():
            self._database.execute(f"CREATE TEMP TABLE {name} AS {sql}")
        return _expression(name, words)

    def fetch(self, expression: ibis.Table) -> list[dict[str, object]]:
        """Through DuckDB itself: Ibis would import pandas for it."""
        sql, _ = self._phrases.sql(cast("Asked", expression))
        with self._room():
            result = self._database.execute(sql)
            rows = result.fetchall()
        names = [column[0] for column in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in rows]

    def recall(self, row: Mapping[str, object]) -> Request:
        return self._memory.recall(row)

    def of(self, requests: Sequence[Request]) -> ibis.Table:
        return self._registered(self._memory.remember(requests), "requests")

    def _registered(self, rows: pa.Table, made_from: str) -> ibis.Table:
        name = self._new_name()
        self._database.register(name, rows)
        return _expression(name, made_from)

    def _new_name(self) -> str:
        self._names += 1
        return f"made_{self._names}"


def _opened(folder: str) -> duckdb.DuckDBPyConnection:
    """By the writer, as loading DuckDB takes as long as reading a tenth of a gigabyte."""
    import duckdb

    database = duckdb.connect(
        config={"memory_limit": MEMORY_LIMIT, "temp_directory": folder, "preserve_insertion_order": False}
    )
    database.execute("SET enable_progress_bar = false")  # it would stand in the report, on standard output
    for name, schema in TABLES.items():
        types = ", ".join(f"{field.name} {SQL_TYPES[field.type]}" for field in plain(schema))
        database.execute(f"CREATE TABLE {name} ({types})")
    return database


def _backend(database: duckdb.DuckDBPyConnection) -> ibis.backends.duckdb.Backend:
    import ibis

    return ibis.duckdb.from_connection(database)


def _expression(name: str, made_from: str) -> ibis.Table:
    return cast("ibis.Table", table(name, made_from))


def _close(opening: Future[duckdb.DuckDBPyConnection], folder: Scratch) -> None:
    """In this order: a database that is still open makes its folder again."""
    if opening.exception() is None:
        opening.result().close()
    folder.cleanup()


SQL_TYPES = {pa.int32(): "INTEGER", pa.int64(): "BIGINT", pa.string(): "VARCHAR", pa.binary(): "BLOB"}
