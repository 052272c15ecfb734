from __future__ import annotations

import numpy as np

from tests.engine.kernels import padded
from why502.engine.kernels.names import name_code
from why502.engine.kernels.values import FAILED
from why502.formats.columns import MAX_NAMES, NAME_PLACES


def coded(names: list[str]) -> list[int]:
    """The code of each."""
    data = padded(" ".join(names))
    table, spans = np.full(NAME_PLACES, -1, np.int64), np.empty((MAX_NAMES, 2), np.int64)
    codes, used, begin = [], 0, 0
    for name in names:
        end = begin + len(name)
        codes.append(name_code(data, begin, end, table, spans, used))
        used = max(used, codes[-1] + 1)
        begin = end + 1
    return codes


def test_name_code_is_that_of_an_equal_name() -> None:
    """Of any length, the empty one too; what follows a name does not count."""
    names = ["", "a", "b", "a" * 8, "a" * 9, "a" * 8 + "b", "a" * 40, "a" * 39 + "b"]
    assert coded([*names, *reversed(names)]) == [*range(len(names)), *reversed(range(len(names)))]


def test_name_code_fails_when_there_is_no_room() -> None:
    """Names that have a code keep it."""
    names = [f"10.{number >> 8}.{number & 255}.7:80" for number in range(MAX_NAMES + 5)]
    codes = coded([*names, names[0]])
    assert len(set(codes) - {FAILED}) <= MAX_NAMES
    assert codes[MAX_NAMES:-1] == [FAILED] * 5
    assert codes[-1] == 0


def test_names_forged_to_share_a_place_end_in_failure() -> None:
    """Alike in length and at both ends: after some dozens, the next has no code, whatever room there is."""
    codes = coded([f"aaaaaaaa{number:04}bbbbbbbb" for number in range(200)])
    assert codes[:64] == [*range(64)]
    assert set(codes[64:]) == {FAILED}
