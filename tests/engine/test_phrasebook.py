from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import duckdb
import pytest

from tests.engine.logs import ALB_LINES
from why502.engine import compiling, keeping, phrasebook
from why502.engine.store import RequestStore
from why502.facts import traffic_columns
from why502.sources.interface import EvidenceFile
from why502.sources.logs import READERS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "alb.log"
    path.write_text("\n".join([*ALB_LINES, *ALB_LINES]))
    return path


SUMMARISE = """
import sys
from pathlib import Path
from why502.engine import keeping
keeping.cache_root = lambda: Path(sys.argv[2])
from why502.diagnosis import diagnose
print(diagnose([sys.argv[1]], engine="duckdb").document.failures)
print([name for name in ("ibis", "numba") if name in sys.modules], file=sys.stderr)
"""


def summarise(log: Path, cache: Path) -> tuple[str, str]:
    """What a run of its own tells, and which of the slow libraries it loaded."""
    command = (sys.executable, "-c", SUMMARISE, str(log), str(cache))
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout, done.stderr.strip().splitlines()[-1]


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """With the compiled loops, as making them takes some seconds, and no questions."""
    folder = tmp_path / "cache" / "why502" / "logs"
    folder.mkdir(parents=True, mode=0o700)
    for kernel in compiling.KERNELS:
        compiling.compiled(kernel)
        told = keeping.kept(keeping.cache_folder("logs"), kernel.kept_as)
        if told is None:
            pytest.skip("nothing can be kept on this machine")
        keeping.keep(folder, kernel.kept_as, told)
    return tmp_path / "cache"


def test_a_second_run_needs_no_compiler(log: Path, cache: Path) -> None:
    """Neither Ibis nor Numba is loaded for what was compiled before; what is damaged is made anew."""
    first, loaded = summarise(log, cache)
    assert loaded == "['ibis']"
    assert summarise(log, cache) == (first, "[]")
    (questions,) = (cache / "why502" / "logs").glob("questions-*")
    questions.write_bytes(questions.read_bytes()[:-1] + b"?")
    assert summarise(log, cache) == (first, "['ibis']")


def test_the_same_without_a_place_to_keep_things(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every question is compiled anew then."""
    monkeypatch.setattr(keeping, "_is_ours", lambda _: False)
    store = RequestStore()
    reader = next(reader for reader in READERS if reader.kind == "alb-access-log")
    assert reader.read_large is not None
    reader.read_large(EvidenceFile(str(log), lambda: log.open("rb")), store)
    traffic = traffic_columns.summarise(store)
    assert traffic is not None
    assert traffic.failures


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("SELECT who, SUM(n) AS n FROM t GROUP BY who ORDER BY who", [("a", 3), ("b", 3)]),
        ("SELECT who, SUM(n) + 1 AS n FROM t GROUP BY who ORDER BY who", [("a", 4), ("b", 4)]),
        ("SELECT who, CAST(SUM(n) OVER (ORDER BY n) AS BIGINT) AS n FROM t ORDER BY n", [("a", 1), ("a", 3), ("b", 6)]),
        ("SELECT COUNT(*) AS who, SUM(n) FILTER(WHERE who = 'b') AS n FROM t", [(3, 3)]),
    ],
)
def test_sums_are_as_wide_as_what_they_add_up(sql: str, told: list[tuple[object, int]]) -> None:
    """Their values stay the same, alone, in a calculation, over a window, and filtered."""
    database = duckdb.connect()
    database.execute("CREATE TABLE t AS SELECT * FROM (VALUES ('a', 1::BIGINT), ('a', 2), ('b', 3)) AS v(who, n)")
    narrow = phrasebook._with_narrow_sums(sql)
    assert database.execute(narrow).fetchall() == told
    if "FILTER" not in sql:
        assert database.execute(f"SELECT DISTINCT typeof(n) FROM ({narrow})").fetchall() == [("BIGINT",)]
