from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from tests.lab.matrix.making import run_of
from why502.errors import Why502Error
from why502.lab.matrix.results import Verdict
from why502.lab.matrix.running import NOTE, judge_again

if TYPE_CHECKING:
    from pathlib import Path

LINE = (
    '10.0.0.1 - - [22/Nov/2026:21:24:25 +0000] "GET / HTTP/1.1" 502 97 "-" "-" rt=0.001 ua="10.50.2.2:8080" us="502"'
    ' uct="-" uht="-" urt="0.001"\n'
)


def test_kept_bundles_are_judged_anew(tmp_path: Path) -> None:
    """The runs stay as they were; what is made of them is of today."""
    kept = run_of()
    (tmp_path / kept.job.label).mkdir()
    (tmp_path / kept.job.label / "access.log").write_text(LINE)
    (tmp_path / (kept.job.label + NOTE)).write_bytes(msgspec.json.encode(kept))
    matrix = judge_again(tmp_path, 1)
    (run,) = matrix.runs
    assert run.job == kept.job
    assert run.requests == kept.requests
    assert [one.subset for one in run.judged] == ["access log"]
    assert run.judged[0].verdict is not Verdict.QUIET


def test_evidence_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """Nothing is seen in it, and the run does not break off."""
    kept = run_of()
    (tmp_path / kept.job.label).mkdir()
    (tmp_path / kept.job.label / "access.log").write_text("no log at all\n")
    (tmp_path / (kept.job.label + NOTE)).write_bytes(msgspec.json.encode(kept))
    (run,) = judge_again(tmp_path, 1).runs
    assert run.error is None
    assert run.judged[0].verdict is Verdict.QUIET
    assert "cannot be used as evidence" in (run.judged[0].unusable or "")


def test_folder_without_runs_is_refused(tmp_path: Path) -> None:
    """With a hint at what was meant."""
    with pytest.raises(Why502Error, match="no runs of a matrix"):
        judge_again(tmp_path, 1)


def test_damaged_note_is_refused(tmp_path: Path) -> None:
    """With its path."""
    (tmp_path / f"x{NOTE}").write_text("{")
    with pytest.raises(Why502Error, match=f"not the note of a run: .*x{NOTE}"):
        judge_again(tmp_path, 1)
