from __future__ import annotations

from why502.live.pipe import Line
from why502.live.signals import MAX_PENDING, Signals

EXIT = "comm=worker pid=77 prio=120 group_dead=true"


def sent(at_s: float, number: int, pid: int = 77, by: int = 1) -> Line:
    rest = f"sig={number} errno=0 code=0 comm=worker pid={pid} grp=1 res=0"
    return Line(at_s, "systemd", by, by, True, "signal_generate", False, rest)


def ended(at_s: float, pid: int = 77) -> Line:
    return Line(at_s, "worker", pid, pid, True, "sched_process_exit", False, EXIT)


def after(*lines: Line, at_s: float = 20.0) -> str:
    signals = Signals()
    for line in lines:
        signals.take(line)
    return signals.before(ended(at_s))


def test_the_last_signal_is_told_with_its_sender() -> None:
    """Ten seconds of grace."""
    assert after(sent(10.0, 15)) == " 10.0 s after SIGTERM from systemd 1"
    assert after(sent(19.5, 11, by=77)) == " 0.5 s after SIGSEGV"


def test_asked_first_and_killed_later() -> None:
    """Both are told, each once."""
    told = after(sent(10.0, 15), sent(20.0, 9))
    assert told == " 0.0 s after SIGKILL from systemd 1 (SIGTERM from systemd 1 before)"
    assert after(sent(10.0, 15), sent(11.0, 15)) == " 9.0 s after SIGTERM from systemd 1"


def test_a_thread_that_aborts_ends_its_process() -> None:
    """`tgkill` names the thread; the last one to end may be another."""
    rest = "sig=6 errno=0 code=0 comm=worker pid=79 grp=0 res=0"
    assert after(Line(19.9, "worker", 79, 77, True, "signal_generate", False, rest)) == " 0.1 s after SIGABRT"


def test_nothing_is_told_without_a_signal_of_its_own() -> None:
    """Of another process, long ago, or none."""
    assert after() == ""
    assert after(sent(10.0, 15, pid=78)) == ""
    assert after(sent(10.0, 15), at_s=60.0) == ""


def test_processes_that_live_on_are_forgotten_in_the_end() -> None:
    """Bounded, whatever comes."""
    assert after(sent(1.0, 15), *(sent(2.0, 15, pid=1000 + n) for n in range(MAX_PENDING))) == ""
