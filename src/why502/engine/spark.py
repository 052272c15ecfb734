"""The tables of requests in Spark: lines are read here, and summed up by the cluster."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from functools import cached_property
from typing import TYPE_CHECKING, cast

import pyarrow as pa

from why502.engine.drawing import Drawing
from why502.engine.remembering import Memory
from why502.engine.schema import TABLES, plain
from why502.errors import Why502Error
from why502.facts.asking import Maker, Words, table
from why502.facts.wanted import EVERYTHING, Wanted
from why502.model.traffic import MAX_TARGETS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import ibis
    import ibis.backends.pyspark
    from pyspark.sql import DataFrame, SparkSession

    from why502.engine.counting import Counted
    from why502.facts.asking import Asked
    from why502.formats.interface import LogFormat
    from why502.model.requests import Request

HANDED_ROWS = 1_000_000
"""Rows that are handed to the cluster at a time."""


class SparkStore:
    """Implements `engine.interface.LogStore`."""

    def __init__(self, url: str, *, counting: bool = False, wanted: Wanted = EVERYTHING) -> None:
        self.counting = counting
        self.wanted = wanted
        self.passed_over: frozenset[str] = frozenset()
        self._memory = Memory()
        self._drawing = Drawing()
        self._spark = _session(url)
        self._tables = {name: _Growing(self._spark, schema) for name, schema in TABLES.items()}
        self.rows_added = 0
        self._names = 0

    def register(self, path: str, log_format: LogFormat) -> int:
        return self._memory.register(path, log_format)

    def add(self, rows: pa.RecordBatch, counted: Counted | None = None) -> None:
        self._tables["requests"].add(rows)
        self.rows_added += rows.num_rows
        if counted is not None:
            self._tables["counts"].add(counted.counts)
            self._tables["runs"].add(counted.runs)
            self.rows_added += counted.requests
            self._drawing.add(counted.drawn, self.rows_added)

    def pass_over(self, targets: Iterable[str]) -> None:
        self.passed_over = frozenset(sorted(self.passed_over.union(targets))[:MAX_TARGETS])

    @cached_property
    def _backend(self) -> ibis.backends.pyspark.Backend:
        import ibis

        return ibis.pyspark.connect(self._spark)

    @property
    def rows(self) -> ibis.Table:
        return self._view(self._tables["requests"].whole(), "requests")

    @property
    def counts(self) -> ibis.Table:
        return self._view(self._tables["counts"].whole(), "counts")

    @property
    def runs(self) -> ibis.Table:
        return self._view(self._tables["runs"].whole(), "runs")

    @property
    def drawn(self) -> ibis.Table:
        return self._view(self._spark.createDataFrame(self._drawing.table(self.rows_added)), self._new_name())

    def kept(self, expression: ibis.Table) -> ibis.Table:
        return self._view(self._asked(expression).persist(), self._new_name())

    def fetch(self, expression: ibis.Table) -> list[dict[str, object]]:
        return [row.asDict() for row in self._asked(expression).collect()]

    def _asked(self, expression: ibis.Table) -> DataFrame:
        import ibis

        sql = self._backend.compile(Maker(ibis, self._backend.table).make(expression))
        return self._spark.sql(Words(cast("Asked", expression)).filled(sql))

    def recall(self, row: Mapping[str, object]) -> Request:
        return self._memory.recall(row)

    def of(self, requests: Sequence[Request]) -> ibis.Table:
        return self._view(self._spark.createDataFrame(self._memory.remember(requests)), self._new_name())

    def stop(self) -> None:
        """Ends the session; a program that ends does it, too."""
        self._spark.stop()

    def _view(self, frame: DataFrame, name: str) -> ibis.Table:
        frame.createOrReplaceTempView(name)
        return cast("ibis.Table", table(name, name))

    def _new_name(self) -> str:
        self._names += 1
        return f"made_{self._names}"


class _Growing:
    """A table that is handed to the cluster part by part."""

    def __init__(self, spark: SparkSession, schema: pa.Schema) -> None:
        self._spark, self._schema = spark, schema
        self._waiting: list[pa.RecordBatch] = []
        self._waiting_rows = 0
        self._parts: list[DataFrame] = []

    def add(self, rows: pa.RecordBatch) -> None:
        self._waiting.append(rows)
        self._waiting_rows += rows.num_rows
        if self._waiting_rows >= HANDED_ROWS:
            self._hand_over()

    def _hand_over(self) -> None:
        whole = pa.Table.from_batches(self._waiting, self._schema).cast(plain(self._schema))
        self._parts.append(self._spark.createDataFrame(whole))
        self._waiting, self._waiting_rows = [], 0

    def whole(self) -> DataFrame:
        if self._waiting_rows or not self._parts:
            self._hand_over()
        whole, *others = self._parts
        for part in others:
            whole = whole.unionByName(part)
        return whole


def _session(url: str) -> SparkSession:
    """The session of that master; a session that runs already is used."""
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise Why502Error(
            "cannot use Spark", where=url, why="pyspark is not installed", hint="pip install 'why502[spark]'"
        ) from error
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    warnings.filterwarnings("ignore", category=FutureWarning, module="pyspark")  # about pandas, which is not used here
    logging.getLogger("py4j").setLevel(logging.ERROR)
    builder = SparkSession.builder.appName("why502").master(url)
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "8",
        "spark.log.level": "ERROR",
    }
    for name, value in settings.items():
        builder = builder.config(name, value)
    try:
        return builder.getOrCreate()
    except (PySparkException, OSError, RuntimeError) as error:
        why = str(error).strip().splitlines()[0][:200]
        raise Why502Error(
            "cannot start Spark",
            where=url,
            why=why,
            hint="Spark needs Java 17 or newer; leave --engine out to use DuckDB",
        ) from error
