from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numba import njit

from why502.engine import keeping
from why502.engine.machine_code import loaded, object_code

if TYPE_CHECKING:
    from pathlib import Path


def filled(words, at, most):  # type: ignore[no-untyped-def]  # Numba compiles it
    """As a kernel: writes into an array, and answers with a number."""
    for index in range(at, min(most, len(words))):
        words[index] = index * 10
    return len(words) - at


def first_of(words, at):  # type: ignore[no-untyped-def]  # Numba compiles it
    return words[at]


@pytest.fixture
def code() -> bytes:
    assert isinstance(filled, FunctionType)
    return object_code(filled, "int64(int64[::1], int64, int64)", njit)


def test_arrays_are_written_and_numbers_come_back(code: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers may be Python's or NumPy's; what was made once is kept, and not made again."""
    monkeypatch.setattr(keeping, "cache_root", lambda: tmp_path)
    made: list[str] = []

    def make() -> bytes:
        made.append("filled")
        return code

    for _ in range(2):
        words = np.zeros(4, np.int64)
        assert loaded("test", "filled", make)(words, np.int64(1), 3) == 3
        assert words.tolist() == [0, 10, 20, 0]
    assert made == ["filled"]


@pytest.mark.parametrize("index", [-1, 4])
def test_checked_code_refuses_indices_that_lie_outside(
    index: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below zero they do not count from the end: where nothing is checked, that would read what lies before."""
    monkeypatch.setattr(keeping, "cache_root", lambda: tmp_path)
    assert isinstance(first_of, FunctionType)
    code = object_code(first_of, "int64(int64[::1], int64)", njit, boundscheck=True)
    call = loaded("test", "first_of", lambda: code)
    assert call(np.arange(4), 3) == 3
    with pytest.raises(IndexError, match="outside"):
        call(np.arange(4), index)


def test_too_few_arguments_are_refused(code: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Machine code would take whatever lies in their place."""
    monkeypatch.setattr(keeping, "cache_root", lambda: tmp_path)
    with pytest.raises(TypeError, match="takes 3 arguments, not 2"):
        loaded("test", "filled", lambda: code)(np.zeros(4, np.int64), 1)
