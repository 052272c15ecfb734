"""The headline does not say that all is well above a sentence that says otherwise."""

from __future__ import annotations

import msgspec
import pytest

from tests.reports import example
from why502.model.verdict import Diagnosis, SuspectLine
from why502.reports import html, text
from why502.reports.phrases import headline

FINE = example.NOTHING_WRONG
OVERFLOWED = "a full accept queue turned away 12 packets of new connections (ss.txt)"
NOTICED = msgspec.structs.replace(FINE, noticed=(OVERFLOWED,))
STRAINED = SuspectLine("cpu-saturated", "condition", "suspected", 0.9, "processor use: 97% (median)", ())
HELD = msgspec.structs.replace(FINE, document=msgspec.structs.replace(FINE.document, suspects=(STRAINED,)))
DEFECT = msgspec.structs.replace(FINE, defects=("cpu-saturated: ZeroDivisionError",))


@pytest.mark.parametrize(
    ("diagnosis", "told"), [(NOTICED, OVERFLOWED), (HELD, "processor use: 97% (median)"), (DEFECT, "ZeroDivisionError")]
)
def test_what_stands_below_the_headline_is_not_contradicted(diagnosis: Diagnosis, told: str) -> None:
    assert headline(diagnosis) == "No failures were found, but see below"
    for page in (text.render(diagnosis, width=None, color=False), html.render(diagnosis)):
        assert "Nothing wrong was found" not in page
        assert headline(diagnosis) in page
        assert told in page


def test_an_all_clear_is_called_so() -> None:
    assert headline(FINE) == "Nothing wrong was found"
    assert 'class="answer fine"' in html.render(FINE)
