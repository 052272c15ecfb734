"""Every fault once, with the real kernel and real proxies (2 to 3 minutes on two cores)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pyroute2 import netns

from why502.lab.matrix.results import Judged, Matrix, Verdict
from why502.lab.matrix.running import Wishes, run_matrix
from why502.lab.matrix.scores import SURE, scores
from why502.lab.namespaces import PREFIX
from why502.lab.subsets import LOGS_CAPTURE_HOST

pytestmark = pytest.mark.kernel


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    if os.geteuid() != 0:
        pytest.skip("needs root to make network namespaces")
    return run_matrix(Wishes(quick=True), None)


def test_no_run_breaks_off_and_no_judge_crashes(matrix: Matrix) -> None:
    """Each run ends by itself and is judged on every subset of its evidence."""
    assert scores(matrix).broken == ()
    assert all(run.judged for run in matrix.runs)


def test_healthy_twins_get_no_verdict(matrix: Matrix) -> None:
    """On no subset of their evidence; and no request of theirs fails."""
    assert scores(matrix).false_verdicts == ()
    assert {status for run in matrix.runs if run.job.healthy for status in run.by_status} == {"200"}


def test_every_fault_is_felt(matrix: Matrix) -> None:
    """By clients who get an error, half an answer, or nothing; none is left out of the figures."""
    assert [run.job.label for run in matrix.runs if not run.job.healthy and set(run.by_status) == {"200"}] == []
    assert scores(matrix).unfelt == ()


def test_every_fault_shows(matrix: Matrix) -> None:
    """With every proxy: all of the evidence together shows failures."""
    made = [run for run in matrix.runs if not run.job.healthy]
    assert [run.job.label for run in made if run.judged[-1].verdict is Verdict.QUIET] == []


def test_nothing_wrong_is_named_with_confidence(matrix: Matrix) -> None:
    """With logs, capture and host, what is named with 90 % or more was at work."""
    assert [label for label, judged in _with_all_but_metrics(matrix) if _wrong_and_sure(judged)] == []


def _with_all_but_metrics(matrix: Matrix) -> list[tuple[str, Judged]]:
    return [(run.job.label, j) for run in matrix.runs for j in run.judged if j.subset == LOGS_CAPTURE_HOST]


def _wrong_and_sure(judged: Judged) -> bool:
    return any(named.probability >= SURE and not named.true for named in judged.named)


def test_nothing_is_left(matrix: Matrix) -> None:
    """No namespace of a lab whose process is gone."""
    assert matrix.runs
    owners = [name.split("-")[1] for name in netns.listnetns() if name.startswith(f"{PREFIX}-")]
    assert [pid for pid in owners if not Path(f"/proc/{pid}").exists()] == []
