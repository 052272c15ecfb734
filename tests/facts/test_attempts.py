from __future__ import annotations

import pytest

from tests.making import request, served
from why502.facts.attempts import hidden_failures
from why502.facts.error_log import join
from why502.facts.traffic import summarise
from why502.model.evidence import Place
from why502.model.requests import Attempt, Manner, Phase, Request, Side

REFUSED = Attempt("10.0.0.7:80", 502, None, None, 0.001, Phase.CONNECT, Manner.UNKNOWN)
OVERLOADED = Attempt("10.0.0.8:80", 503, 0.001, 0.004, 0.004, Phase.DONE, Manner.ANSWERED)
GOOD = Attempt("10.0.0.9:80", 200, 0.001, 0.002, 0.002)
WHO = {"client": "192.0.2.9", "method": "GET", "path": "/a", "proxy": "nginx"}


def retried(*attempts: Attempt, **fields: object) -> Request:
    made = {"start_s": 99.99, "target": "10.0.0.9:80", "attempts": attempts}
    return served(100.0, **{**WHO, **made, **fields})


def error(**fields: object) -> Request:
    """The error log's line of the refused attempt."""
    made = {
        "at": Place("error.log", 7),
        "status": None,
        "phase": Phase.CONNECT,
        "manner": Manner.REFUSED,
        "target": "10.0.0.7:80",
        "reason": "connect() failed (111: Connection refused)",
    }
    return request(100.4, **{**WHO, **made, **fields})


def test_each_failed_attempt_of_a_served_request_is_a_failure() -> None:
    """At its own target, with its own phase and manner, and without a status; the place is the request's."""
    one, other = hidden_failures(retried(REFUSED, OVERLOADED, GOOD))
    assert (one.status, one.side, one.phase, one.manner) == (None, Side.PROXY, Phase.CONNECT, Manner.UNKNOWN)
    assert (one.target, one.path, one.at, round(one.end_s or 0.0, 3)) == ("10.0.0.7:80", "/a", retried().at, 99.991)
    assert (other.side, other.phase, other.manner) == (Side.TARGET, Phase.DONE, Manner.ANSWERED)
    assert (other.target, other.target_status, round(other.end_s or 0.0, 3)) == ("10.0.0.8:80", 503, 99.995)


@pytest.mark.parametrize(
    "whole",
    [retried(GOOD), retried(GOOD, GOOD), retried(), request(100.0, attempts=(REFUSED, REFUSED))],
    ids=["one", "redirect", "none", "failed in the end"],
)
def test_what_a_client_saw_is_not_hidden(whole: Request) -> None:
    """A request that failed in the end is one failure; an internal redirect is none."""
    assert list(hidden_failures(whole)) == []


def test_the_error_log_tells_of_the_same_attempt() -> None:
    """One failure, with the access log's place and the error log's words: never two."""
    joined, hidden = join([retried(REFUSED, GOOD)], [error()])
    assert [each.failed for each in joined] == [False]
    assert [(each.manner, each.reason, str(each.at)) for each in hidden] == [
        (Manner.REFUSED, "connect() failed (111: Connection refused)", "access.log:1")
    ]


def test_each_attempt_gets_the_line_of_its_own_target() -> None:
    """Two servers failed in one request; their lines come in any order."""
    cut = Attempt("10.0.0.8:80", 502, 0.001, None, 0.002, Phase.WAIT, Manner.CUT)
    lines = [error(target="10.0.0.8:80", phase=Phase.WAIT, manner=Manner.RESET), error()]
    _, hidden = join([retried(REFUSED, cut, GOOD)], lines)
    assert [(each.target, each.manner) for each in hidden] == [
        ("10.0.0.7:80", Manner.REFUSED),
        ("10.0.0.8:80", Manner.RESET),
    ]


def test_a_clock_without_zone_is_read_off_hidden_failures_too() -> None:
    """Every client was served: only attempts can tell the offset."""
    access = [retried(REFUSED, GOOD, end_s=100.0 + 10 * n, start_s=99.99 + 10 * n) for n in range(3)]
    errors = [error(end_s=100.4 + 10 * n + 7200) for n in range(3)]
    _, hidden = join(access, errors)
    assert [(each.manner, each.at.path) for each in hidden] == [(Manner.REFUSED, "access.log")] * 3


def test_hidden_failures_are_counted_with_the_others() -> None:
    """As failures of the target that failed, not as requests."""
    traffic = summarise([retried(REFUSED, GOOD), served(101.0)])
    assert (traffic.requests, traffic.failures_total) == (2, 1)
    failed = traffic.target("10.0.0.7:80")
    assert failed is not None
    assert failed.failed == 1
