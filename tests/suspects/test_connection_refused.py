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
    """Somebody listened until then: what took the process away did both, and nothing tells a crash from a restart."""
    cut = [request(198.0 + n / 10) for n in range(3)]
    document = judged(*cut, *REFUSED)
    [found] = document.verdicts
    assert (found.cause, found.failures) == ("target-crashed", 6)
    assert 0.5 <= found.probability < 0.8
    assert any("3 requests in flight had been ended" in e.text and e.bits > 0 for e in found.evidence)
    line = next(s for s in document.suspects if s.cause == "connection-refused")
    assert line.probability is not None
    assert line.probability < 0.05


def test_one_request_cut_off_among_many_all_day_tells_nothing() -> None:
    """Something else cuts requests off every ten seconds; that one of them lies just before is chance."""
    cut = [request(float(at_s)) for at_s in range(5, 900, 10)]
    document = judged(*cut, *(refused(300.2 + n / 10) for n in range(6)))
    assert any(v.cause == "connection-refused" and v.probability > 0.99 for v in document.verdicts)


def test_what_was_cut_off_long_before_has_nothing_to_do_with_it() -> None:
    cut = [request(100.0 + n) for n in range(3)]
    found = next(v for v in judged(*cut, *REFUSED).verdicts if v.cause == "connection-refused")
    assert found.probability > 0.99
