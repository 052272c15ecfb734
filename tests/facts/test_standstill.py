from __future__ import annotations

from msgspec import structs

from tests.making import case, conversation, host, listener, request, snapshot
from why502.facts.clusters import clusters
from why502.facts.listeners import listener_windows
from why502.facts.scene import ListenerWindow, Scene
from why502.facts.standstill import Standstill, standstill, standstills, stopped
from why502.facts.wire import summarise
from why502.model.conversations import Conversation, Outcome
from why502.model.host import Cgroup, Process
from why502.model.requests import Manner

OVER_S = 105.0


def served(asked_s: float, took_s: float = 0.02, number: int = 0) -> Conversation:
    return conversation(asked_s + took_s, Outcome.ANSWERED, opener=f"10.0.0.1:{41000 + number}", first_s=asked_s,
                        request_s=asked_s, answer_s=asked_s + took_s, exchanges=1)  # fmt: skip


def given_up(asked_s: float, number: int, *, answer_s: float | None = OVER_S, used: bool = False) -> Conversation:
    """The proxy leaves after two seconds; the answer comes too late, or never."""
    exchanges = 2 if used else 0
    return conversation(asked_s + 2.0, Outcome.NOT_ANSWERED, opener=f"10.0.0.1:{42000 + number}", first_s=asked_s,
                        request_s=asked_s, answer_s=answer_s, fin_by_opener_s=asked_s + 2.0, exchanges=exchanges,
                        last_s=answer_s or asked_s + 2.0)  # fmt: skip


def found(*told: Conversation) -> tuple[Standstill, ...]:
    return standstills(summarise(told).target("10.0.0.7:8080"))


BEFORE = [served(90.0 + n, number=n) for n in range(5)]
VAIN = [given_up(100.0 + n / 2, n, used=n % 2 == 0) for n in range(6)]


def test_a_time_without_any_answer_is_a_standstill_and_its_end_is_told() -> None:
    """Six requests from 100 s on, all answered at 105 s."""
    [one] = found(*BEFORE, *VAIN, served(106.0, number=99))
    assert (one.from_s, one.given_up, one.accepted, one.woke) == (100.0, 6, 3, 6)
    assert (one.heard, one.unheard) == (5, 0)
    assert one.to_s >= OVER_S


def test_others_that_are_answered_meanwhile_tell_of_a_slow_request_not_of_a_standstill() -> None:
    assert found(*BEFORE, *VAIN, *(served(100.5 + n / 3, number=50 + n) for n in range(8))) == ()


def test_two_times_with_answers_in_between_are_two() -> None:
    later = [structs.replace(given_up(120.0 + n / 10, 20 + n, answer_s=None)) for n in range(4)]
    assert [one.given_up for one in found(*VAIN, served(110.0), *later)] == [6, 4]


def test_requests_that_are_worked_off_one_by_one_did_not_wake_at_once() -> None:
    """A pool takes the next one when it has done the last."""
    line = [given_up(100.0 + n / 2, n, answer_s=OVER_S + n) for n in range(6)]
    [one] = found(*BEFORE, *line)
    assert one.woke < 3


def test_a_line_that_is_answered_too_late_but_steadily_is_no_standstill() -> None:
    """Three workers, twice as much load as they can take: all are given up, and answered one after the other."""
    line = [given_up(100.0 + n / 4, n, answer_s=102.5 + n / 2) for n in range(40)]
    assert found(*BEFORE, *line) == ()


def test_the_acknowledgement_of_the_proxys_leave_is_no_answer() -> None:
    """The kernel's, up to 200 ms later."""
    left = [structs.replace(given_up(100.0 + n / 2, n, answer_s=None), last_s=102.04 + n / 2) for n in range(6)]
    together = [structs.replace(one, last_s=104.6) for one in left[-2:]]
    [one] = found(*BEFORE, *left[:-2], *together)
    assert one.woke == 0


def test_failures_outside_have_nothing_to_do_with_it() -> None:
    whole = case(request(300.0, manner=Manner.TIMEOUT))
    wire = summarise([*BEFORE, *VAIN]).target("10.0.0.7:8080")
    assert standstill(Scene(whole, clusters(whole, ())[0], None, wire, ())) is None


def window(*processes: Process) -> ListenerWindow:
    """One look a second from 100 s on, each with the process as it was."""
    looks = (structs.replace(snapshot(100.0 + n, listener()), processes=(p,)) for n, p in enumerate(processes))
    [one] = listener_windows(host(*looks), "host.json")
    return one


RUNS = Process(pid=77, name="api", command="api", state="S")
STOPPED = structs.replace(RUNS, state="T")
FROZEN = structs.replace(RUNS, cgroup=Cgroup("/api", 2, frozen=True))


def test_looks_at_which_the_process_was_held_are_kept() -> None:
    """By a signal, and by the freezer."""
    assert window(RUNS, STOPPED, FROZEN, RUNS).stopped_s == (101.0, 102.0)
    assert window(RUNS, RUNS).stopped_s == ()


def test_a_process_that_was_held_while_requests_waited_is_named() -> None:
    """And not if it was held at another time."""
    late = request(104.0, start_s=102.0, manner=Manner.TIMEOUT)

    def met(*processes: Process) -> bool:
        whole = case(late)
        return stopped(Scene(whole, clusters(whole, ())[0], None, None, (window(*processes),))) is not None

    assert met(RUNS, RUNS, STOPPED, STOPPED, RUNS)
    assert not met(STOPPED, RUNS, RUNS, RUNS, RUNS)
