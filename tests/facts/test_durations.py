from __future__ import annotations

from typing import Any

from tests.making import request
from why502.facts.durations import SameDuration, same_durations
from why502.model.requests import Manner, Phase, Side
from why502.model.traffic import FailedRequest


def same(times: list[float], **fields: Any) -> tuple[SameDuration, ...]:
    made = {"manner": Manner.TIMEOUT, "wait_s": None, **fields}
    return same_durations([FailedRequest(request(100.0 * i, total_s=t, **made)) for i, t in enumerate(times)])


def test_a_default_timeout_is_named() -> None:
    """Six connects that ALB gave up after its 10 s."""
    (found,) = same([10.001, 10.002, 10.0, 10.003, 10.002, 10.004], phase=Phase.CONNECT)
    assert (found.failures, found.alike) == (6, 6)
    assert found.timer == "ALB's connect timeout (cannot be set)"


def test_a_multiple_is_that_of_retries() -> None:
    """nginx tried three targets of 60 s each."""
    (found,) = same([180.0, 180.1, 180.05], proxy="nginx")
    assert found.timer == "3 times 60 s, nginx's proxy_read_timeout, if it is the default (retries)"


def test_two_timeouts_are_told_apart() -> None:
    """Of one phase: a configured one that nobody knows, and the default."""
    found = same([60.0, 60.01, 60.02, 60.0, 25.0, 25.01, 25.02])
    assert [(round(f.seconds), f.failures, f.timer is None) for f in found] == [(60, 4, False), (25, 3, True)]
    assert "whose timer that is the log does not tell" in str(found[1])


def test_what_the_target_cut_is_no_timer_of_the_proxy() -> None:
    """Connections cut after 30 s each: gunicorn kills a worker then."""
    (found,) = same([30.1, 30.15, 30.2, 30.12], manner=Manner.CUT)
    assert "gunicorn" in (found.timer or "")


def test_times_that_differ_are_no_timer() -> None:
    """Nor are short ones, or those of the target's own errors."""
    assert same([11.0, 17.0, 23.0, 31.0]) == ()
    assert same([0.2, 0.2, 0.2, 0.2]) == ()
    assert same([30.0] * 5, side=Side.TARGET) == ()


def test_earlier_than_the_timer_is_not_the_timer() -> None:
    """9.4 s cannot be a timeout of 10 s."""
    (found,) = same([9.4, 9.41, 9.42], phase=Phase.CONNECT)
    assert found.timer is None
