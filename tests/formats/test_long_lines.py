"""Lines of a megabyte are read like others, and cost no more."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from tests.engine.logs import alb
from why502.diagnosis import diagnose
from why502.engine import store
from why502.formats.long_lines import LONG, LONGEST, shortened
from why502.model.requests import Request
from why502.sources.gather import Shelf, gather

if TYPE_CHECKING:
    from pathlib import Path


def failed(number: int) -> str:
    """A request with a path of nearly a megabyte."""
    return alb(1795341600.0 + number, 0.1, "0.001 0.012 -1", "502 -", request=f"GET /{number}{'a' * 900_000} HTTP/1.1")


def test_only_words_that_nobody_reads_to_their_end_are_cut() -> None:
    word = "a" * LONG
    assert shortened(f'1 "{word} HTTP/1.1" "{word}" 502') == f'1 "{word[:2048]} HTTP/1.1" "{word[:2048]}" 502'
    assert shortened(word) == word
    assert len(shortened("a " * LONGEST)) == LONGEST


@pytest.mark.parametrize("engine", [None, "duckdb"])
def test_a_request_with_a_path_of_a_megabyte_is_understood_and_kept_small(tmp_path: Path, engine: str | None) -> None:
    log = tmp_path / "alb.log"
    log.write_text("\n".join([alb(1795341500.0), *map(failed, range(3))]))
    shelf = Shelf(engine)
    (reading,) = gather([str(log)], shelf=shelf)
    assert (reading.input.records, reading.input.not_understood) == (4, 0)
    kept = [fact for fact in reading.facts if isinstance(fact, Request) and fact.status == 502]
    if shelf.opened is not None:
        kept = [shelf.opened.recall(row) for row in shelf.opened.fetch(shelf.opened.rows) if row["status"] == 502]
    assert sorted((request.path or "")[:3] for request in kept) == ["/0a", "/1a", "/2a"]
    assert all(len(request.path or "") <= 2048 for request in kept)


def test_many_of_them_do_not_exhaust_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight hundred of them, three megabytes of gzip, took more than all that the table of requests may have."""
    monkeypatch.setattr(store, "MEMORY_LIMIT", "80MB")
    with gzip.open(tmp_path / "alb.log.gz", "wt", 1) as log:
        log.write(f"{alb(1795341500.0)}\n" * 200)
        log.writelines(f"{failed(number)}\n" for number in range(100))
    assert diagnose([str(tmp_path / "alb.log.gz")], engine="duckdb").document.failures.total == 100
