from __future__ import annotations

from tests.lab.matrix.making import FALSE_ALARM, OPEN, RIGHT, WRONG, matrix_of, run_of
from why502.lab.matrix.page import page


def test_page_tells_rights_and_confusions() -> None:
    """One row a fault, with what was named instead."""
    text = page(matrix_of(run_of(RIGHT), run_of(WRONG), run_of(OPEN), run_of(FALSE_ALARM, healthy=True)))
    assert "| target-crashed | 1 of 3 | keepalive-race 1, not determined 1 |" in text
    assert "| all | 3 | 3 | 1 | 3 | 1 | 0 | 1 | 1 | 1 | 33% |" in text
    assert "1 twin, 1 diagnoses: 1 with a verdict." in text


def test_page_states_the_split_of_seeds() -> None:
    """Figures from seeds on which weights were checked are said to flatter."""
    assert "these figures flatter" in page(matrix_of(run_of(RIGHT), seeds=(9, 10)))
    assert "no weight was checked on them" in page(matrix_of(run_of(RIGHT), seeds=(10, 11)))
