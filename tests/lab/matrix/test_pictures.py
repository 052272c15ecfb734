from __future__ import annotations

from tests.lab.matrix.making import OPEN, QUIET, RIGHT, WRONG, matrix_of, run_of
from why502.lab.matrix.page import page
from why502.lab.matrix.pictures import pictures


def test_pictures_are_those_that_the_page_shows() -> None:
    """By the same names; each cell tells how many of those seen were right."""
    matrix = matrix_of(run_of(RIGHT), run_of(WRONG), run_of(OPEN), run_of(QUIET))
    drawn = pictures(matrix)
    assert all(f"({name})" in page(matrix) for name in drawn)
    assert "1/3" in drawn["accuracy-by-fault.svg"]


def test_empty_matrix_can_be_drawn() -> None:
    """All runs broke off: there is nothing to see, and no crash."""
    assert all(svg.startswith("<svg") for svg in pictures(matrix_of(run_of(error="OSError: gone"))).values())
