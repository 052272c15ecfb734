"""SQL of questions that were asked before, in this run or an earlier one (`facts.asking`)."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

import msgspec

from why502.engine.keeping import cache_folder, keep, kept
from why502.engine.schema import TABLES
from why502.facts.asking import Maker, Words

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from why502.facts.asking import Asked

MAX_PHRASES: Final = 500
"""Beyond, nothing is added: questions whose words are new each time would fill the disk."""

MAX_CHARACTERS: Final = 100_000
"""Of one SQL text that is kept."""

SUMS: Final = "BIGINT"
"""What sums are. DuckDB has them 128 bits wide, which is slow to add up again, and ten times slower to fetch."""


class Phrasebook:
    """Words -> SQL in the language of DuckDB, with places for the numbers."""

    def __init__(self, backend: Callable[[], Any]) -> None:
        """`backend` is Ibis's, loaded where something is new."""
        self._backend = cache(backend)
        made_by = f"{version('ibis-framework')} {version('duckdb')} {TABLES} {SUMS}"
        self._name = f"questions-{sha256(made_by.encode()).hexdigest()[:16]}"
        told = kept(cache_folder("logs"), self._name)
        self._sql = {} if told is None else msgspec.json.decode(told, type=dict[str, str])

    def sql(self, question: Asked) -> tuple[str, str]:
        """The SQL, and what tells these words from others."""
        words = Words(question)
        key = sha256(words.text.encode()).hexdigest()
        if key not in self._sql:
            self._add(key, question)
        return words.filled(self._sql[key]), key

    def _add(self, key: str, question: Asked) -> None:
        import ibis

        backend = self._backend()
        self._sql[key] = _with_narrow_sums(backend.compile(Maker(ibis, backend.table).make(question)))
        worth = {key: sql for key, sql in self._sql.items() if len(sql) <= MAX_CHARACTERS}
        if len(worth) <= MAX_PHRASES:
            keep(cache_folder("logs"), self._name, msgspec.json.encode(worth))


def _with_narrow_sums(sql: str) -> str:
    """No sum of ours comes near 64 bits."""
    from sqlglot import exp, parse_one

    def narrow(it: exp.Expression) -> exp.Expression:
        alone = isinstance(it, exp.Sum) and not isinstance(it.parent, (exp.Window, exp.Filter))
        return exp.cast(it, SUMS) if alone else it

    return parse_one(sql, dialect="duckdb").transform(narrow).sql("duckdb")
