from __future__ import annotations

from tests.making import request
from why502.facts.coarse import coarse_logs, moment_s
from why502.model.evidence import Place


def test_a_log_whose_requests_all_ended_at_whole_seconds_is_coarse() -> None:
    """nginx: the end is cut off to the second, the start is what is left of it."""
    requests = [request(at_s, start_s=at_s - 0.25, at=Place("nginx.log", 1)) for at_s in (100.0, 101.0)]
    fine = [request(at_s, at=Place("alb.log", 1)) for at_s in (100.0, 101.5)]
    assert coarse_logs([*requests, *fine]) == {"nginx.log"}


def test_a_log_whose_requests_all_began_at_whole_seconds_is_coarse() -> None:
    """Apache: the beginning is cut off, and the end is as wrong."""
    requests = [request(at_s + 0.31, start_s=at_s, at=Place("apache.log", 1)) for at_s in (100.0, 102.0)]
    assert coarse_logs(requests) == {"apache.log"}


def test_one_request_may_end_at_a_whole_second_by_chance() -> None:
    assert coarse_logs([request(100.0, start_s=99.7)]) == frozenset()


def test_the_moment_lies_in_the_middle_of_a_second_that_was_cut_off() -> None:
    """With a duration the end is as wrong as the beginning; an end that the error log told is exact."""
    timed = request(100.31, start_s=100.0, total_s=0.31, at=Place("apache.log", 1))
    told = request(100.87, start_s=100.0, total_s=None, at=Place("apache.log", 2))
    coarse = frozenset({"apache.log"})
    assert [moment_s(r.end_s, r, coarse) for r in (timed, told)] == [100.81, 100.87]
    assert [moment_s(r.start_s, r, coarse) for r in (timed, told)] == [100.5, 100.5]
    assert moment_s(timed.end_s, timed, frozenset()) == 100.31
    assert moment_s(None, timed, coarse) is None
