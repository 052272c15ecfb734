from __future__ import annotations

import pytest

from tests.making import request, served
from why502.facts.traffic import summarise
from why502.model.requests import Manner, Phase, Side
from why502.model.traffic import delayed_by_syn


def test_a_burst_knows_the_silence_before_it() -> None:
    """Four requests 20 ms apart after 10 s of silence: one burst of four, idle 10 s."""
    early = served(90.0, start_s=89.9)
    burst = [request(100.0 + n / 50, start_s=100.0 + n / 50 - 0.01) for n in range(4)]
    traffic = summarise([*burst, early])
    assert [f.burst_len for f in traffic.failures] == [4] * 4
    assert [round(f.idle_before_s or 0, 2) for f in traffic.failures] == [9.99] * 4


def test_silence_ends_with_the_longest_request_in_flight() -> None:
    """A request that is still in flight is no silence, however long nothing new has come."""
    slow = served(99.5, start_s=90.0)
    traffic = summarise([slow, request(100.0, start_s=99.9)])
    assert traffic.failures[0].idle_before_s == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("connect_s", "delayed"),
    [(0.999, False), (1.0, True), (1.19, True), (1.21, False), (3.05, True), (7.1, True), (None, False)],
)
def test_connects_just_above_a_retransmission_step_are_delayed(connect_s: float | None, delayed: bool) -> None:
    """1, 2, 3, 4, 5, 7... s and up to 0.2 s more; never less."""
    assert delayed_by_syn(connect_s) is delayed


def test_targets_are_counted_apart() -> None:
    """Served, failed and delayed requests of each target."""
    traffic = summarise([request(1.0), served(2.0), served(3.0, connect_s=1.02), served(4.0, target="10.0.0.8:8080")])
    one, other = traffic.targets
    assert (one.target, one.requests, one.failed, one.delayed_connects_total) == ("10.0.0.7:8080", 3, 1, 1)
    assert (other.requests, other.failed) == (1, 0)


def test_the_timeline_tells_origin_apart() -> None:
    """5xx made by the proxy and sent by the target are two columns."""
    own = request(10.0, side=Side.TARGET, phase=Phase.DONE, manner=Manner.ANSWERED, status=500, target_status=500)
    traffic = summarise([request(10.2), request(10.4), own, served(10.6)])
    assert [(b.requests, b.by_proxy, b.by_target) for b in traffic.timeline] == [(4, 2, 1)]


def test_requests_without_a_time_are_kept() -> None:
    """The failure counts; it only has no place on the timeline."""
    traffic = summarise([request(start_s=None, end_s=None)])
    assert traffic.failures_total == 1
    assert traffic.timeline == ()
