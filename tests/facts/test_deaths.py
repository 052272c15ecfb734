from __future__ import annotations

from tests.making import case, conversation, host, listener, log_input, request, snapshot
from why502.facts.clusters import clusters
from why502.facts.deaths import deaths
from why502.facts.listeners import listener_windows
from why502.facts.scene import Scene
from why502.facts.wire import summarise
from why502.model.case import Case
from why502.model.conversations import Outcome
from why502.model.evidence import Source
from why502.model.requests import Manner, Phase


def scene(whole: Case) -> Scene:
    """Of the largest cluster, with the others of its target."""
    record = whole.hosts[0] if whole.hosts else None
    windows = tuple(listener_windows(record, "host.json")) if record else ()
    first, *others = clusters(whole, windows)
    return Scene(whole, first, None, None, windows, tuple(others))


def test_requests_that_began_apart_and_ended_together_died_together() -> None:
    """Three requests of 4, 2 and 1 s end within 10 ms: one event."""
    found = deaths(scene(case(*(request(100.0 + n / 200, start_s=99.9 - begun) for n, begun in enumerate((4, 2, 1))))))
    assert found.together == 3


def test_a_page_that_fails_at_once_is_no_death() -> None:
    """Requests that began together end together, whatever happens to them."""
    found = deaths(scene(case(*(request(100.0 + n / 200, start_s=99.99 + n / 200) for n in range(5)))))
    assert found.together == 0


def test_refusals_right_after_are_counted() -> None:
    """Two within ten seconds, one much later."""
    refused = {"phase": Phase.CONNECT, "manner": Manner.REFUSED, "wait_s": None}
    whole = case(
        *(request(100.0 + n) for n in range(4)),
        *(request(at_s, **refused) for at_s in (104.0, 105.0, 500.0)),
    )
    assert deaths(scene(whole)).refused_after == 2


def test_a_listener_that_was_opened_anew_near_the_failures_counts() -> None:
    """The service came back five seconds after."""
    looks = (snapshot(90.0, listener(inode=1)), snapshot(105.0, listener(inode=2)))
    failing = case(request(100.0))
    whole = Case(inputs=(log_input(1), log_input(2, Source.HOST)), traffic=failing.traffic, hosts=(host(*looks),))
    assert deaths(scene(whole)).restarts_near == 1


def test_a_log_of_whole_seconds_tells_no_instant() -> None:
    """Eleven requests that ended in one second ended anywhere within it."""
    coarse = case(*(request(100.0, start_s=90.0 + n / 2) for n in range(11)), request(101.0))
    assert deaths(scene(coarse)).together == 0


def test_a_log_that_tells_the_second_of_the_start_tells_no_instant() -> None:
    """Apache: `%t` is the start's second; with `%D` added to it an end is no better known."""
    rough = case(*(request(100.1 + n / 1000, start_s=96.0 + n) for n in range(4)))
    assert deaths(scene(rough)).together == 0


def test_what_the_wire_saw_is_finer_than_the_log() -> None:
    """Logged in one second, ended by the target one after the other: two restarts end only two of four."""
    ends_s = (100.1, 100.3, 100.5, 100.7)
    wire = summarise([conversation(at_s, Outcome.CLOSED_BEFORE_ANSWER, end_s=at_s) for at_s in ends_s])
    found = deaths(scene(Case(traffic=case(*(request(100.0) for _ in ends_s)).traffic, wire=wire)))
    assert (found.together, found.instants, found.covered(2)) == (0, (1, 1, 1, 1), 0.5)


def at_once(begun_s: tuple[float, ...], apart_s: float, age_s: float = 0.1) -> Case:
    """Requests that began at these times after 100, taken by the target and ended by it so far apart."""
    first_s = 100.0 + max(begun_s) + age_s
    cut = (
        conversation(
            100.0 + begin_s, Outcome.CLOSED_BEFORE_ANSWER, request_s=100.0 + begin_s, end_s=first_s + number * apart_s
        )
        for number, begin_s in enumerate(begun_s)
    )
    return Case(wire=summarise(list(cut)))


def test_the_wire_tells_one_event_by_the_millisecond() -> None:
    """Begun within 12 ms, at work for 0.1 s, ended within 20 us: one event ended them."""
    found = deaths(scene(at_once((0.0, 0.005, 0.012), 0.000_01)))
    assert (found.together, found.sharp) == (3, True)


def test_a_page_whose_requests_fail_each_after_its_time_is_no_event_on_the_wire() -> None:
    """Begun within 12 ms and ended as far apart."""
    assert deaths(scene(at_once((0.0, 0.005, 0.012), 0.006))).together == 0


def test_requests_that_meet_a_sweep_of_idle_connections_are_no_event() -> None:
    """Begun just before they were ended: the connections were, not the work."""
    assert deaths(scene(at_once((0.0, 0.005, 0.012), 0.000_01, age_s=0.001))).together == 0


def test_two_of_many_may_end_together_by_chance() -> None:
    """Two within a tick of the server's clock, two others each alone: nothing; two of two speak."""
    alone = [conversation(at_s, Outcome.CLOSED_BEFORE_ANSWER, request_s=at_s - 0.1, end_s=at_s) for at_s in (110, 120)]
    pair = at_once((0.0, 0.012), 0.000_01)
    assert pair.wire is not None
    both = pair.wire.targets[0].failed
    assert deaths(scene(Case(wire=summarise([*both, *alone])))).together == 0
    assert deaths(scene(pair)).together == 2


def test_failures_one_by_one_fall_together_by_chance_now_and_then() -> None:
    """Each request fails when the next one comes, 25 a second; a group that stands out stays one event."""
    ends_s = [100.0]
    while len(ends_s) < 300:
        ends_s.append(ends_s[-1] + (0.004, 0.11, 0.02, 0.01, 0.06)[len(ends_s) ** 2 % 5])
    one_by_one = [request(ends_s[n + 1], start_s=ends_s[n] - 0.2 * (n % 2)) for n in range(299)]
    assert deaths(scene(case(*one_by_one))).together == 0
    event = [request(105.0 + n / 1000, start_s=104.8 - n / 3) for n in range(15)]
    assert deaths(scene(case(*one_by_one, *event))).together >= 15
