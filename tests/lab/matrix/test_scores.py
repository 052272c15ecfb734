from __future__ import annotations

import pytest

from tests.lab.matrix.making import BESIDE, FALSE_ALARM, OPEN, QUIET, RIGHT, WRONG, judged, matrix_of, run_of
from why502.lab.matrix.results import Verdict
from why502.lab.matrix.scores import scores, wilson


def test_every_diagnosis_counts_once() -> None:
    """Right, wrong, beside, open and quiet add up to all; accuracy is of those that show failures."""
    found = scores(matrix_of(*(run_of(one) for one in (RIGHT, RIGHT, WRONG, BESIDE, OPEN, QUIET))))
    whole = found.subsets[-1]
    assert whole.subset == "all"
    assert (whole.runs, whole.seen) == (6, 5)
    assert (whole.right, whole.wrong, whole.beside, whole.open) == (2, 1, 1, 1)
    assert whole.wrong_sure == 1
    assert whole.accuracy == pytest.approx(2 / 5)


def test_first_counts_the_strongest_verdict_alone() -> None:
    """With a false verdict behind it, it is first and not right; what is true and not the fault is neither."""
    mixed = judged(Verdict.WRONG, *RIGHT.named, *WRONG.named)
    whole = scores(matrix_of(run_of(mixed), run_of(BESIDE), run_of(WRONG))).subsets[-1]
    assert (whole.first, whole.right) == (1, 0)


def test_among_the_likeliest_counts_suspects_behind_the_named() -> None:
    """The fault is the second suspect everywhere but where nothing is seen; behind three others it would not count."""
    assert scores(matrix_of(run_of(OPEN), run_of(WRONG), run_of(QUIET))).subsets[-1].among_top == 2


def test_twins_count_only_as_false_verdicts() -> None:
    """They have no share in the accuracy; each verdict on one is told with its run and its evidence."""
    found = scores(matrix_of(run_of(FALSE_ALARM, healthy=True), run_of(QUIET, healthy=True, seed=2)))
    assert found.subsets[-1].runs == 0
    assert found.subsets[-1].accuracy is None
    assert (found.twins, found.twin_diagnoses) == (2, 2)
    assert found.false_verdicts == ("target-crashed-nginx-1-healthy, all: stale-connection (0.60)",)


def test_calibration_compares_what_was_predicted_with_what_was_true() -> None:
    """A cause that the fault brought along is true, any cause on a twin is not."""
    calibration = scores(matrix_of(run_of(RIGHT, WRONG, BESIDE), run_of(FALSE_ALARM, healthy=True))).calibration
    told = {b.from_probability: (b.named, b.true) for b in calibration.bins}
    assert told == {0.5: (1, 0.0), 0.9: (2, 0.5), 0.99: (1, 1.0)}
    assert calibration.brier == pytest.approx((0.05**2 + 0.93**2 + 0.01**2 + 0.6**2) / 4)


@pytest.mark.parametrize(("status", "felt"), [("200", False), ("404", False), ("502", True), ("none", True)])
def test_a_fault_without_a_failure_is_told_and_counts_nowhere(status: str, *, felt: bool) -> None:
    """Failures are what the client was answered with, or without; a twin has none to show."""
    found = scores(matrix_of(run_of(RIGHT), run_of(QUIET, seed=2, by_status={"200": 9, status: 1})))
    assert found.unfelt == (() if felt else ("target-crashed-nginx-2",))
    assert found.subsets[-1].runs == (2 if felt else 1)
    assert scores(matrix_of(run_of(QUIET, healthy=True, by_status={"200": 10}))).unfelt == ()


def test_a_failure_that_only_the_evidence_tells_counts() -> None:
    """A client that was answered by a repetition has felt nothing."""
    assert scores(matrix_of(run_of(RIGHT, by_status={"200": 10}))).unfelt == ()


def test_interval_is_that_of_the_literature() -> None:
    """Newcombe 1998 (Statistics in Medicine 17, table I, method 3); of nothing there is none."""
    for true, of, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)):
        assert wilson(true, of) == pytest.approx((low, high), abs=5e-5)
    assert wilson(20, 20) == pytest.approx((1 - 0.1611, 1.0), abs=5e-5)
    assert wilson(0, 0) is None


def test_a_run_that_broke_off_is_told() -> None:
    """It is neither right nor wrong, and not silent."""
    found = scores(matrix_of(run_of(error="OSError: no space left")))
    assert found.broken == ("target-crashed-nginx-1: OSError: no space left",)
    assert found.calibration.brier is None
