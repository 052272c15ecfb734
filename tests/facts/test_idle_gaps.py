from __future__ import annotations

from tests.making import request, served
from why502.facts.idle_gaps import IdleGap, idle_gap
from why502.facts.traffic import summarise
from why502.model.requests import Request


def gap(gaps_s: list[tuple[float, bool]]) -> IdleGap | None:
    """Single requests after these silences; whether each fails."""
    at_s, requests = 0.0, [served(0.0)]
    for silence_s, fails in gaps_s:
        at_s += silence_s + 0.013
        requests.append(request(at_s) if fails else served(at_s))
    traffic = summarise(requests)
    return idle_gap(traffic, traffic.targets[0])


def test_a_keepalive_timeout_is_read_off_the_log() -> None:
    """Failures after 5.0 s; served after shorter silences, and after longer ones, where nothing raced."""
    found = gap([(2.0, False), (5.02, True), (9.0, False), (5.01, True), (3.0, False), (5.03, True)] * 4)
    assert found is not None
    assert round(found.idle_s, 2) == 5.02
    assert (found.failed, found.bursts, found.failed_in_all) == (12, 12, 12)
    assert (found.shorter, found.shorter_failed, found.longer, found.longer_failed) == (8, 0, 4, 0)
    assert not found.and_longer
    assert "12 of 12 bursts with failures came after 5.02 s of silence" in str(found)


def test_a_load_that_comes_every_five_seconds_tells_nothing() -> None:
    """Everything came after 5 s, what failed and what did not."""
    assert gap([(5.0, number % 3 == 0) for number in range(40)]) is None


def test_what_any_long_silence_takes_away() -> None:
    """After 40 s and after longer: no timer that races."""
    found = gap([(1.0, False)] * 40 + [(40.0, True)] * 5 + [(90.0, True)] * 4)
    assert found is not None
    assert found.and_longer
    assert "no single timer" in str(found)


def test_three_failures_are_too_few() -> None:
    """Whatever they look like."""
    assert gap([(2.0, False)] * 20 + [(5.0, True)] * 3) is None


def test_the_targets_own_errors_do_not_count() -> None:
    """Only what the gateway made can be a closed connection."""
    at_s, requests = 0.0, list[Request]()
    for number in range(20):
        at_s += 5.0 if number % 2 else 2.0
        requests.append(request(at_s, side="target", status=500) if number % 2 else served(at_s))
    traffic = summarise(requests)
    assert idle_gap(traffic, traffic.targets[0]) is None
