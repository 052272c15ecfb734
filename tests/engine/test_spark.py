"""The same expressions on a real Spark: a local cluster of two worker processes."""

from __future__ import annotations

import random
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.engine.logs import ALB_LINES, alb_line, nginx_line
from tests.engine.unread_requests import turned_down
from why502.engine.store import RequestStore
from why502.facts import joined_columns, traffic_columns
from why502.model.case import Window
from why502.sources.interface import EvidenceFile
from why502.sources.logs import READERS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from why502.engine.interface import LogStore
    from why502.engine.spark import SparkStore

pytestmark = [
    pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java"),
    pytest.mark.xdist_group("spark"),
]


URL = "local-cluster[2,1,1024]"


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkStore]:
    from why502.engine.spark import SparkStore

    store = SparkStore(URL)
    yield store
    store.stop()


def logs(folder: Path) -> dict[str, Path]:
    rng = random.Random(7)
    paths = {"alb-access-log": folder / "alb.log", "nginx-access-log": folder / "nginx.log"}
    times = [1795341600.0 + number * rng.choice([0.01, 0.2, 1.5]) for number in range(300)]
    paths["alb-access-log"].write_text("\n".join([alb_line(rng, at_s) for at_s in times] + list(ALB_LINES)))
    paths["nginx-access-log"].write_text("\n".join(nginx_line(rng, at_s) for at_s in times))
    return paths


def read(store: LogStore, paths: dict[str, Path]) -> None:
    for reader in READERS:
        if reader.kind in paths and reader.read_large:
            path = paths[reader.kind]
            reader.read_large(EvidenceFile(str(path), lambda path=path: path.open("rb")), store)  # type: ignore[misc]


def test_spark_gives_what_duckdb_gives(tmp_path: Path, spark: SparkStore) -> None:
    """On the same files, the whole and a part of them, to the last digit."""
    paths = logs(tmp_path)
    duckdb = RequestStore()
    read(spark, paths)
    read(duckdb, paths)
    whole = traffic_columns.summarise(duckdb)
    assert whole is not None
    assert whole.failures
    assert traffic_columns.summarise(spark) == whole
    window = Window(1795341610.0, 1795341700.0)
    part = [
        traffic_columns.summarise(store, joined_columns.asked(store, [], window, "10.0.0.7"))
        for store in (duckdb, spark)
    ]
    assert part[0] == part[1] != whole


@pytest.mark.usefixtures("spark")
def test_spark_joins_errors_behind_client_errors_as_duckdb_does(tmp_path: Path) -> None:
    """The resets behind answers of 413 are no failures (`facts.turned_down`), those behind others are."""
    paths = {kind: tmp_path / kind for kind in turned_down()}
    for kind, content in turned_down().items():
        paths[kind].write_text(content)
    from why502.engine.spark import SparkStore

    duckdb, spark = RequestStore(), SparkStore(URL)
    for store in (duckdb, spark):
        read(store, paths)
    told = traffic_columns.summarise(duckdb)
    assert told is not None
    assert told.failures_total == 40
    assert traffic_columns.summarise(spark) == told


@pytest.mark.usefixtures("spark")
def test_spark_counts_as_duckdb_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ordinary requests as counts, in both; the session is that of the fixture."""
    from why502.engine.spark import SparkStore

    monkeypatch.setattr("why502.model.patterns._RANGE", 1 << 22)
    paths = logs(tmp_path)
    told = []
    for store in (SparkStore(URL, counting=True), RequestStore(counting=True)):
        read(store, paths)
        assert store.fetch(store.runs.limit(1))
        told.append(traffic_columns.summarise(store))
    assert told[0] == told[1] is not None
