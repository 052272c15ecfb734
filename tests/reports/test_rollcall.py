from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from tests.reports import example
from why502.model.verdict import InputLine, SuspectLine
from why502.reports.rollcall import STATUSES, answers, missing

LINES = st.lists(
    st.builds(
        SuspectLine,
        cause=st.text("abc", min_size=1, max_size=4),
        kind=st.sampled_from(["fault", "condition"]),
        status=st.sampled_from(list(STATUSES)),
        probability=st.none() | st.floats(0, 1),
        why=st.sampled_from(["x", "y"]),
        missing=st.sampled_from([(), ("host",), ("host", "capture")]),
    ),
    max_size=12,
)


@given(LINES)
def test_nobody_is_left_out(lines: list[SuspectLine]) -> None:
    """Every suspect stands under its own status, once."""
    shown = [(status, cause) for status, found in answers(lines) for answer in found for cause in answer.causes]
    assert sorted(shown) == sorted((line.status, line.cause) for line in lines)


def test_the_likeliest_stands_first() -> None:
    """Within a status the order is that of probability."""
    cleared = dict(answers(example.SUSPECTS))["cleared"]
    probabilities = [answer.probability or 0 for answer in cleared]
    assert probabilities == sorted(probabilities, reverse=True)


def test_the_likeliest_of_those_that_nobody_examined_stands_first() -> None:
    """Its evidence is what is worth giving."""
    lines = [
        SuspectLine(cause, "fault", "not-examined", p, f"why {cause}", ("host",))
        for cause, p in (("a", 0.01), ("b", 0.19), ("c", 0.08))
    ]
    ((_, found),) = answers(lines)
    assert [answer.causes for answer in found] == [("b",), ("c",), ("a",)]


def test_the_most_wanted_evidence_stands_first() -> None:
    """What most suspects asked for is named before the rest."""
    assert missing(example.DOCUMENT) == ["changes", "events"]


def test_what_was_given_is_not_said_to_be_missing() -> None:
    """A suspect wants the proxy's host as well; the target's was looked at."""
    host = InputLine("host.json", "host", 8, 0, ())
    empty = InputLine("changes.csv", "changes", 0, 0, ())
    asked = structs.replace(example.SUSPECTS[0], missing=("host", "changes"))
    document = structs.replace(example.DOCUMENT, suspects=(asked,), inputs=(host, empty))
    assert missing(document) == ["changes"]
