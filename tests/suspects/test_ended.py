from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.making import HERE, conversation, host, listener, log_input, snapshot
from why502.facts.clusters import clusters
from why502.facts.listeners import listener_windows
from why502.facts.scene import Scene
from why502.facts.wire import summarise
from why502.model.case import Case, KernelEvent
from why502.model.conversations import Outcome
from why502.model.evidence import Place, Source
from why502.suspects.ended import all_asked
from why502.suspects.interface import Suspect, Weighed
from why502.suspects.target_crashed import SUSPECT as CRASHED
from why502.suspects.target_restarted import SUSPECT as RESTARTED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.model.host import HostRecord

FAILED_S = (400.0, 500.0, 600.0)


def exits(*times_s: float, process: str = "worker") -> tuple[KernelEvent, ...]:
    return tuple(
        KernelEvent(at_s, "exit", Place("events.jsonl", 1), 4000 + n, process) for n, at_s in enumerate(times_s)
    )


def by_events(
    events: Sequence[KernelEvent], record: HostRecord | None = None, suspect: Suspect = CRASHED
) -> list[float]:
    """Bits of what the kernel told, for three requests that failed one by one within 1000 s that were seen."""
    failed = [conversation(at_s, Outcome.CLOSED_BEFORE_ANSWER) for at_s in FAILED_S]
    wire = summarise(failed)
    case = Case(inputs=(log_input(3, Source.CAPTURE),), wire=wire, events=tuple(events))
    first = clusters(case, [])[0]
    windows = tuple(listener_windows(record, "host.json")) if record else ()
    weighed = suspect.judge(
        Scene(case=case, cluster=first, traffic=None, wire=wire.target(first.target), listeners=windows)
    )
    told = weighed.evidence if isinstance(weighed, Weighed) else ()
    return [e.bits for e in told if e.source is Source.EVENTS]


def test_an_exit_counts_by_the_chance_of_its_moment() -> None:
    """One that came as the first request failed; one whenever requests failed; and processes that end all the time."""
    assert by_events(exits(399.9)) == [2.5]
    assert by_events(exits(*FAILED_S)) == [6.0]
    assert by_events(exits(*(2.0 * n for n in range(500)))) == []


@pytest.mark.parametrize(("after", "counts"), [((77,), False), ((77, 78), False), ((78,), True)])
def test_an_exit_of_another_process_counts_only_if_the_targets_own_did_not_live_on(
    after: tuple[int, ...], counts: bool
) -> None:
    """By its name it may have been one of the target's; those that were seen at its listener held it to the end, or one
    of them was gone while another kept it.
    """
    looks = (snapshot(1.0, listener(pids=(77, 78) if 78 in after else (77,))), snapshot(999.0, listener(pids=after)))
    assert bool(by_events(exits(399.9, process="api"), host(*looks))) is counts


@pytest.mark.parametrize("text", ["", "comm=api pid=77 prio=120 group_dead=true"])
def test_an_end_of_which_nothing_tells_why_may_be_a_stop(text: str) -> None:
    """A program without a handler of SIGTERM ends as one that dies."""
    own = [KernelEvent(399.9, "exit", Place("events.jsonl", 1), 77, "api", text)]
    looks = host(snapshot(1.0, listener(pids=(77,))), snapshot(999.0, listener(pids=(78,))))
    assert by_events(own, looks) == by_events(own, looks, RESTARTED) == [5.0]


@pytest.mark.parametrize(("kind", "text"), [("exit", "api.service: Main process exited, code=dumped"), ("oom", "")])
def test_a_death_that_is_told_is_no_stop(kind: str, text: str) -> None:
    own = [KernelEvent(399.9, kind, Place("kern.log", 1), 77, "api", text)]
    looks = host(snapshot(1.0, listener(pids=(77,))), snapshot(999.0, listener(pids=(78,))))
    assert by_events(own, looks) == [5.0]
    assert by_events(own, looks, RESTARTED) == []


@pytest.mark.parametrize(
    ("text", "stopped", "died"),
    [
        ("comm=worker pid=77 prio=120", [5.0], [5.0]),
        ("ended 0.0 s after SIGTERM from systemd 1", [4.0, 5.0], [-4.0, 5.0]),
        ("ended 0.0 s after SIGKILL from systemd 1 (SIGTERM from systemd 1 before)", [4.0, 5.0], [-4.0, 5.0]),
        ("ended 0.0 s after SIGKILL from sh 9", [5.0], [5.0]),
        ("ended 0.2 s after SIGSEGV", [-4.0], [4.0, 5.0]),
    ],
)
def test_the_signal_before_an_end_tells_a_stop_from_a_death(text: str, stopped: list[float], died: list[float]) -> None:
    """Of the process that held the listener; SIGKILL alone tells neither, and what is no stop's end counts for none."""
    event = KernelEvent(FAILED_S[0], "exit", Place("events.jsonl", 1), 77, "worker", text)
    record = host(snapshot(0.0, listener(pids=(77,))), snapshot(1000.0, listener(pids=(77,))))
    assert by_events([event], record, RESTARTED) == stopped
    assert by_events([event], record, CRASHED) == died


def test_the_signal_of_another_process_tells_nothing_of_the_target() -> None:
    """One that never held its listener."""
    event = KernelEvent(
        FAILED_S[0], "exit", Place("events.jsonl", 1), 4000, "cron", "ended 0.0 s after SIGTERM from sh 9"
    )
    record = host(snapshot(0.0, listener(pids=(77,))), snapshot(1000.0, listener(pids=(77,))))
    assert by_events([event], record, RESTARTED) == []


@pytest.mark.parametrize(
    ("texts", "against"),
    [
        (("ended 0.0 s after SIGTERM from systemd 1",) * 2, [-6.0]),
        (("ended 0.0 s after SIGTERM from systemd 1", "ended"), []),
        (("comm=worker pid=77 prio=120",), []),
        ((), []),
    ],
)
def test_who_is_asked_to_stop_each_time_is_in_no_loop_of_crashes(texts: tuple[str, ...], against: list[float]) -> None:
    """All ends of its processes that were seen."""
    events = [KernelEvent(400.0, "exit", HERE, 77, "worker", text) for text in texts]
    other = KernelEvent(400.0, "exit", HERE, 4000, "cron", "ended")
    record = host(snapshot(0.0, listener(pids=(77,))), snapshot(1000.0, listener(pids=(77,))))
    window = listener_windows(record, "host.json")
    assert [e.bits for e in all_asked(next(iter(window)), [*events, other], -6.0)] == against
