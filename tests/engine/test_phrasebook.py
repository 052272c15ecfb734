from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.engine.logs import ALB_LINES
from why502.engine import keeping
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


def test_a_second_run_needs_no_compiler(log: Path, tmp_path: Path) -> None:
    """Neither Ibis nor Numba is loaded for what was compiled before; the answer is the same."""
    first, loaded = summarise(log, tmp_path / "cache")
    assert loaded == "['ibis', 'numba']"
    assert summarise(log, tmp_path / "cache") == (first, "[]")


def test_what_was_damaged_is_made_anew(log: Path, tmp_path: Path) -> None:
    """A cache that holds something else is no reason to fail, and nothing of it is executed."""
    cache = tmp_path / "cache"
    first, _ = summarise(log, cache)
    kept = sorted((cache / "why502" / "logs").iterdir())
    assert len(kept) == 2
    for path in kept:
        path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert summarise(log, cache) == (first, "['ibis', 'numba']")


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
