from __future__ import annotations

import os
import re
import resource
import threading

import pytest

from tests.held import late, only_dropped_syns
from tests.isolation import isolated
from tests.serving import serving
from why502.errors import Why502Error
from why502.host.namespaces import inside
from why502.lab.hosts import wire
from why502.model.probe import Fate
from why502.reproduce.request import Manners
from why502.reproduce.run import Plan, Reproducer
from why502.reproduce.target import resolve


@pytest.mark.kernel
def test_the_articles_fault_is_reproduced_and_measured() -> None:
    """Backlog 1, four requests at once: two are late, and the sweep finds the queue's two places."""
    with isolated() as door, late(door, 1) as service:
        only_dropped_syns(door)
        plan = Plan(concurrency=4, bursts=1, manners=Manners(timeout_s=4.0))
        work = Reproducer(resolve(service.url), plan, threading.Event()).run
        done = inside(door, work)
    assert (done.shows, done.ended_early) == ("accept-queue-overflow", None)
    assert {attempt.fate for attempt in done.alone.attempts} == {Fate.ANSWERED}
    assert (done.estimate.at_least, done.estimate.at_most) == (0, 1)
    # 1 s is the first repetition of a SYN; on a busy machine the queue may still be full then, and the next one counts.
    assert re.match(r"2 connections at once get through, the third waits \d+ s: backlog 1", done.estimate.sentence)


@pytest.mark.kernel
def test_the_articles_own_face_shows_over_a_wire() -> None:
    """Requests in two segments are reset within milliseconds by a kernel that never knew them: SYN cookies."""
    if os.geteuid() != 0:
        pytest.skip("needs root to make network namespaces")
    with wire("10.50.77") as hosts, serving(hosts.target.door, 1, address=hosts.target.address) as service:
        plan = Plan(concurrency=8, bursts=6, sweep_to=0, manners=Manners(two_segments=True))
        done = hosts.proxy.call(Reproducer(resolve(service.url), plan, threading.Event()).run)
    attempts = [attempt for burst in done.bursts for attempt in burst.attempts]
    reset = [attempt for attempt in attempts if attempt.fate is Fate.RESET_UNKNOWN]
    assert done.shows == "accept-queue-overflow"
    # On a busy machine a SYN that leaves late meets a queue that is full by then, and is dropped: another face.
    assert [attempt for attempt in reset if attempt.syn_retransmits == 0]
    assert all(attempt.first_byte_s is None for attempt in reset)
    assert (done.estimate.at_most or 0) <= 2


@pytest.mark.kernel
def test_a_good_service_shows_nothing() -> None:
    """The same, with a backlog of 128."""
    with isolated() as door, serving(door, 128) as service:
        plan = Plan(concurrency=5, bursts=1)
        done = inside(door, Reproducer(resolve(service.url), plan, threading.Event()).run)
    assert (done.shows, done.failed) == (None, 0)
    assert "backlog 4 or more" in done.estimate.sentence


@pytest.mark.kernel
def test_a_stalled_target_ends_the_sweep() -> None:
    """Nobody accepts: what was sent is still in the queue, and another burst would measure nothing."""
    with isolated() as door, serving(door, 3, pause_s=60) as service:
        plan = Plan(concurrency=8, bursts=3, manners=Manners(timeout_s=0.4))
        done = inside(door, Reproducer(resolve(service.url), plan, threading.Event()).run)
    assert len(done.bursts) <= 1
    assert done.ended_early or done.alone.overflowed
    assert done.failed


@pytest.mark.kernel
def test_being_stopped_and_time_running_out_end_it_with_what_there_is() -> None:
    """Neither hangs, and neither throws away what was seen."""
    stop = threading.Event()
    with isolated() as door, serving(door, 1) as service:
        target = resolve(service.url)
        short = inside(door, Reproducer(target, Plan(5, 50, limit_s=1.0), stop).run)
        stop.set()
        stopped = inside(door, Reproducer(target, Plan(5, 50), stop).run)
    assert short.ended_early == "the limit of 1 s was reached"
    assert stopped.ended_early == "interrupted"
    assert stopped.bursts == ()


def test_a_plan_is_bounded() -> None:
    """In connections, and by the open files that this process may have."""
    with pytest.raises(Why502Error, match="at most 20,000 in all"):
        Plan(concurrency=1000, bursts=100)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (300, hard))
    try:
        with pytest.raises(Why502Error, match="ulimit -n"):
            Plan(concurrency=5, sweep_to=200)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
