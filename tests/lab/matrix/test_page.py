from __future__ import annotations

from tests.lab.matrix.making import FALSE_ALARM, OPEN, QUIET, RIGHT, WRONG, matrix_of, run_of
from why502.lab.matrix.page import CHECKED_SEEDS, page


def test_page_tells_rights_and_confusions() -> None:
    """One row a fault, with what was named instead."""
    text = page(matrix_of(run_of(RIGHT), run_of(WRONG), run_of(OPEN), run_of(FALSE_ALARM, healthy=True)))
    assert "| target-crashed | 1 of 3 | keepalive-race 1, not determined 1 |" in text
    assert "| all | 3 | 3 | 1 | 3 | 1 | 0 | 1 | 1 | 1 | 33% (6% to 79%) |" in text
    assert "1 twin, 1 diagnoses: 1 with a verdict." in text


def test_page_tells_each_seed() -> None:
    """How many of those seen, seed by seed; of a single one there is nothing to compare."""
    runs = run_of(RIGHT, seed=23), run_of(RIGHT, seed=24), run_of(OPEN, seed=24)
    assert "| all | 1 of 1 (100%) | 1 of 2 (50%) |" in page(matrix_of(*runs, seeds=(23, 24)))
    assert "seed by seed" not in page(matrix_of(runs[0], seeds=(23,)))


def test_page_tells_of_faults_that_made_no_failure() -> None:
    """By name, and in no table."""
    text = page(matrix_of(run_of(RIGHT), run_of(QUIET, seed=2, by_status={"200": 10})))
    assert "- target-crashed-nginx-2" in text
    assert "| target-crashed | 1 of 1 |" in text


def test_page_states_the_split_of_seeds() -> None:
    """Figures from seeds on which weights were checked are said to flatter."""
    last = CHECKED_SEEDS[-1]
    assert "these figures flatter" in page(matrix_of(run_of(RIGHT), seeds=(last, last + 1)))
    assert "no weight was checked on them" in page(matrix_of(run_of(RIGHT), seeds=(last + 1, last + 2)))
