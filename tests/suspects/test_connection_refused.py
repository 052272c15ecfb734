from __future__ import annotations

from typing import TYPE_CHECKING

from tests.making import case, request
from why502.model.requests import Manner, Phase, Request
from why502.ranking import judge_case

if TYPE_CHECKING:
    from why502.model.verdict import Document


def refused(at_s: float) -> Request:
    return request(at_s, phase=Phase.CONNECT, manner=Manner.REFUSED, connect_s=None, wait_s=None)


def judged(*requests: Request) -> Document:
    return judge_case(case(*requests), 1000.0).document


REFUSED = tuple(refused(200.0 + n) for n in range(6))


def test_what_was_refused_from_the_start_is_the_cause_itself() -> None:
    [found] = judged(*REFUSED).verdicts
    assert (found.cause, found.failures) == ("connection-refused", 6)
    assert found.probability > 0.99


def test_right_after_requests_in_flight_were_ended_it_is_what_a_crash_brought_along() -> None:
    """Somebody listened until then: as sure as before that connects were refused, but not that this is the cause."""
    cut = [request(198.0 + n / 10) for n in range(3)]
    found = next(v for v in judged(*cut, *REFUSED).verdicts if v.cause == "connection-refused")
    assert found.probability < 0.97
    assert any("3 requests in flight had been ended" in e.text and e.bits < 0 for e in found.evidence)
    assert found.remedies[0].text.startswith("Find out what ended the process")


def test_what_was_cut_off_long_before_has_nothing_to_do_with_it() -> None:
    cut = [request(100.0 + n) for n in range(3)]
    found = next(v for v in judged(*cut, *REFUSED).verdicts if v.cause == "connection-refused")
    assert found.probability > 0.99
