"""Where signals strike; and a whole run that is interrupted between any two of its steps."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from pyroute2 import netns

from why502.errors import Why502Error
from why502.lab.interruption import orderly_end
from why502.lab.namespaces import PREFIX

LIMIT_S = 120.0


def _work(done: list[str], *steps: str) -> None:
    """Steps of a run: the name of a signal is sent to ourselves and has been handled when the next step begins."""
    with orderly_end() as interruption:
        try:
            for step in steps:
                if step == "wait":
                    with interruption.allowed():
                        done.append(step)
                elif step == "SIGTERM while waiting":
                    with interruption.allowed():
                        signal.raise_signal(signal.SIGTERM)
                elif step in signal.Signals.__members__:
                    signal.raise_signal(signal.Signals[step])
                else:
                    done.append(step)
        finally:
            if "wait" in steps[-1]:
                signal.raise_signal(signal.SIGINT)
                signal.raise_signal(signal.SIGTERM)
            done.append("cleaned up")


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_waits_for_a_place_where_it_may_strike(name: str) -> None:
    """Not where it comes, but there at once; a second one does not disturb the cleaning up."""
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        _work(done, name, "make", "wait")
    assert done == ["make", "cleaned up"]


def test_a_signal_strikes_where_it_may() -> None:
    """In the middle of the waiting."""
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        _work(done, "make", "wait", "SIGTERM while waiting", "go on", "wait")
    assert done == ["make", "wait", "cleaned up"]


def test_a_signal_that_found_no_place_is_raised_at_the_end() -> None:
    """After everything was done; and the handlers are those of before."""
    before, done = signal.getsignal(signal.SIGTERM), list[str]()
    with pytest.raises(KeyboardInterrupt):
        _work(done, "SIGTERM", "make")
    assert done == ["make", "cleaned up"]
    assert signal.getsignal(signal.SIGTERM) is before


def test_what_is_ignored_stays_ignored() -> None:
    """As SIGINT is in the processes of a matrix, whose parent alone is to hear it."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with orderly_end() as interruption, interruption.allowed():
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


def test_the_limit_of_time_strikes_as_an_error() -> None:
    """SIGALRM is held back as the others are."""
    done = []

    def work() -> None:
        with orderly_end(600) as interruption:
            signal.raise_signal(signal.SIGALRM)
            done.append("made")
            interruption.check()

    with pytest.raises(Why502Error, match="a run of the lab took too long: more than 600 s"):
        work()
    assert done == ["made"]


def test_in_another_thread_nothing_strikes() -> None:
    """Only the main thread hears signals."""
    found = []

    def work() -> None:
        with orderly_end() as interruption, interruption.allowed():
            interruption.check()
            found.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [signal.getsignal(signal.SIGTERM)]


RUN = """
import os, signal, sys
from pathlib import Path
from why502.lab import namespaces, hosts, filtering, recording, target, waiting
from why502.lab.proxies import nginx
from why502.lab.proxies import proxies
from why502.lab.run import Options, run
from why502.lab import run as running
from why502.lab.scenarios import by_name

owner, name, when, number = eval(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
original = getattr(owner, name)

def injected(*arguments, **named):
    setattr(owner, name, original)  # the first call only
    if when == "before":
        os.kill(os.getpid(), number)
    try:
        return original(*arguments, **named)
    finally:
        if when == "after":
            os.kill(os.getpid(), number)

setattr(owner, name, injected)
try:
    run(by_name("target-too-slow"), proxies()["nginx"], Options(duration_s=1.0), Path("bundle"))
except KeyboardInterrupt:
    sys.exit(77)
"""

Point = tuple[str, str, str]

POINTS: list[Point] = [
    ("namespaces.netns", "attach", "before"),
    ("namespaces.netns", "attach", "after"),
    ("namespaces", "create", "after"),
    ("hosts", "_join", "before"),
    ("hosts.latency", "moderate", "after"),
    ("target.Target", "start", "before"),
    ("target", "until_listening", "after"),
    ("recording.Recorder", "__enter__", "after"),
    ("recording.Capture", "__enter__", "before"),
    ("nginx", "until_listening", "after"),
    ("running", "_next_line", "before"),
    ("hosts", "end", "before"),
    ("recording.Recording", "write", "after"),
    ("namespaces.netns", "remove", "before"),
    ("namespaces.netns", "remove", "after"),
]
"""(where, what, when): steps of a run in their order, from the first to the last."""

SIDE_BY_SIDE = 4


@dataclass(frozen=True)
class Ended:
    """A run that was interrupted."""

    pid: int
    status: int
    words: bytes
    scratch: Path


def _interrupted(point: Point, folder: Path) -> Ended:
    """A run with one signal at this step: SIGTERM before it, or SIGINT after it."""
    scratch = folder / "scratch"
    scratch.mkdir(parents=True)
    number = signal.SIGTERM if point[2] == "before" else signal.SIGINT
    command = [sys.executable, "-c", RUN, *point, str(int(number))]
    environment = {**os.environ, "TMPDIR": str(scratch)}
    with subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE) as lab:
        try:
            _, words = lab.communicate(timeout=LIMIT_S)
        finally:
            lab.kill()
    return Ended(lab.pid, lab.returncode, words, scratch)


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> dict[Point, Ended]:
    """All of them, some at a time: each has namespaces of its own."""
    if os.geteuid() != 0:
        pytest.skip("needs root to make network namespaces")
    folder = tmp_path_factory.mktemp("interrupted")
    folders = [folder / str(number) for number in range(len(POINTS))]
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        return dict(zip(POINTS, pool.map(_interrupted, POINTS, folders), strict=True))


@pytest.mark.kernel
@pytest.mark.parametrize("point", POINTS, ids=".".join)
def test_a_run_interrupted_at_any_step_leaves_nothing(point: Point, ended: dict[Point, Ended]) -> None:
    """No namespace, no process, no folder, and no word of an exception."""
    lab = ended[point]
    assert (lab.status, lab.words) == (77, b"")
    ours = f"{PREFIX}-{lab.pid}-"
    assert [name for name in netns.listnetns() if name.startswith(ours)] == []
    assert list(lab.scratch.iterdir()) == []
    assert [one.pid for one in psutil.process_iter() if ours in " ".join(_command(one))] == []


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:  # it has ended
        return []
