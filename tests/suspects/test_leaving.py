"""How long clients had waited when they left."""

from __future__ import annotations

import pytest

from tests.making import case, request
from why502.model.requests import Manner, Side
from why502.ranking import judge_case


@pytest.mark.parametrize(
    ("totals_s", "told"),
    [
        ((0.0,), "1 client left before the answer, within 50 ms."),
        ((3.0,), "1 client left before the answer, after 3.0 s."),
        ((1.0, 3.0, 5.0), "3 clients left before the answer, after 3.0 s (median)."),
        ((None,), "1 client left before the answer."),
    ],
)
def test_no_median_of_one_and_no_zero(totals_s: tuple[float | None, ...], told: str) -> None:
    """What the sentence says is what was measured."""
    left = [
        request(100.0 + n, status=499, side=Side.CLIENT, manner=Manner.GONE, proxy="nginx", total_s=total_s)
        for n, total_s in enumerate(totals_s)
    ]
    (verdict,) = judge_case(case(*left), 0.0).document.verdicts
    assert (verdict.cause, verdict.summary) == ("client-gave-up", told)
