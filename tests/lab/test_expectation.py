from __future__ import annotations

import pytest

from why502.lab.expectation import Expected, unmet
from why502.model.verdict import Because, Document, Failures, VerdictLine

VERDICT = VerdictLine(
    cause="target-crashed",
    probability=0.9,
    failures=7,
    since="2026-11-22T10:00:10Z",
    until="2026-11-22T10:00:20Z",
    targets=("10.0.0.7:80",),
    summary="",
    because=(Because("crash-loop", ""),),
    evidence=(),
    remedies=(),
)
AT_S = 1795341600.0
"""2026-11-22T10:00:00Z"""
FAILURES = Failures(total=7, requests=10, by_status={}, by_side={}, by_phase={})


def _unmet(expected: Expected) -> tuple[str, ...]:
    document = Document(
        generated="", window=None, inputs=(), failures=FAILURES, verdicts=(VERDICT,), suspects=(), next_steps=()
    )
    return unmet(document, [expected])


def test_everything_met_says_nothing() -> None:
    """Count, target, time and condition; times with a little slack."""
    span_s = (AT_S + 11, AT_S + 19)
    assert _unmet(Expected("target-crashed")) == ()
    assert _unmet(Expected("target-crashed", (5, 7), ("10.0.0.7:80",), span_s, ("crash-loop",))) == ()


@pytest.mark.parametrize(
    ("expected", "sentence"),
    [
        (Expected("keepalive-race"), "keepalive-race is not named"),
        (Expected("target-crashed", failures=(8, 9)), "target-crashed: 7 failures, not 8 to 9"),
        (Expected("target-crashed", targets=("a", "b")), "target-crashed: at 10.0.0.7:80, not at a, b"),
        (Expected("target-crashed", because=("oom-killed",)), "target-crashed: not because of oom-killed"),
        (
            Expected("target-crashed", within_s=(AT_S, AT_S + 15)),
            "target-crashed: from 2026-11-22T10:00:10Z until 2026-11-22T10:00:20Z, which is not the time of the fault",
        ),
    ],
)
def test_what_did_not_come_is_told(expected: Expected, sentence: str) -> None:
    """One sentence each."""
    assert _unmet(expected) == (sentence,)
