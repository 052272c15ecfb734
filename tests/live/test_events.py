from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from why502.live import tracefs
from why502.live.events import EventRecorder, parse
from why502.model.manifest import EventLine

LISTEN = "            java-4711    [001] .....  1234.500000: sys_listen(fd: 0x1a, backlog: 0x1)"
MINUS_ONE = "            java-4711    [001] .....  1234.500000: sys_listen(fd: 3, backlog: ffffffff)"
SENT = (
    "          <idle>-0       [000] ..s2.  7.250000: tcp_send_reset: skbaddr=00000000ef441ba3 skaddr=0000000000000000 "
    "src=10.0.0.7:8080 dest=10.0.0.1:34922 state=UNKNOWN reason=NO_SOCKET"
)
RECEIVED = (
    "          <idle>-0       [000] ..s2.  7.250000: tcp_receive_reset: family=AF_INET sport=34922 dport=8080 "
    "saddr=10.0.0.1 daddr=10.0.0.7 saddrv6=::ffff:10.0.0.1 daddrv6=::ffff:10.0.0.7 sock_cookie=6b1"
)
EXIT = "            java-4711    [001] .....  5.000000: sched_process_exit: comm=java pid=4711 prio=120 group_dead=true"
VICTIM = "       oom_score-9       [001] .....  5.000000: mark_victim: pid=77 comm=my app total-vm=1kB anon-rss=2kB"
NOT_ASCII = LISTEN.replace("  java", "jävä".encode().decode("latin-1"))
"""The kernel pads by bytes, and so lines are handed over."""
MISLEADING = " a-1 [0] . 1.0: -4711    [001] .....  5.000000: sched_process_exit: comm=a-1 pid=2 pid=4711 prio=120"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (LISTEN, EventLine(1234.5, "listen", 4711, "java", "listen(fd=26, backlog=1)")),
        (MINUS_ONE, EventLine(1234.5, "listen", 4711, "java", "listen(fd=3, backlog=-1)")),
        (SENT, EventLine(7.25, "send-reset", text="10.0.0.7:8080 -> 10.0.0.1:34922 (NO_SOCKET)")),
        (RECEIVED, EventLine(7.25, "receive-reset", text="10.0.0.7:8080 -> 10.0.0.1:34922")),
        (EXIT, EventLine(5.0, "exit", 4711, "java", "comm=java pid=4711 prio=120 group_dead=true")),
        (VICTIM, EventLine(5.0, "oom", 77, "my app", "pid=77 comm=my app total-vm=1kB anon-rss=2kB")),
        (NOT_ASCII, EventLine(1234.5, "listen", 4711, "jävä", "listen(fd=26, backlog=1)")),
        (MISLEADING, EventLine(5.0, "exit", 4711, "a-1 pid=2", "comm=a-1 pid=2 pid=4711 prio=120")),
        ("# tracer: nop", None),
        ("", None),
    ],
)
def test_lines_of_the_kernel_become_events(line: str, expected: EventLine | None) -> None:
    """Whatever a process calls itself."""
    assert parse(line) == expected


@given(st.one_of(st.text(max_size=200), st.integers(0, 200).map(lambda cut: (LISTEN + SENT)[cut:])))
def test_any_text_is_an_event_or_none(line: str) -> None:
    """Lines may be cut, and names hold any bytes."""
    assert parse(line) is None or isinstance(parse(line), EventLine)


@pytest.mark.kernel
def test_each_listen_of_ours_is_recorded_with_its_backlog(tmp_path: Path) -> None:
    """Seven, a prime number; and nothing is left in the kernel."""
    recorder = EventRecorder(tmp_path / "events.jsonl")
    try:
        with recorder, socket.socket() as listener:
            for backlog in range(7):
                listener.listen(backlog)
    except OSError as error:
        pytest.skip(f"needs root and tracefs: {error.strerror}")
    head, *lines = (tmp_path / "events.jsonl").read_bytes().splitlines()
    events = [msgspec.json.decode(line, type=EventLine) for line in lines]
    ours = [event.text.rpartition(" ")[2] for event in events if event.kind == "listen" and event.pid == os.getpid()]
    assert ours == [f"backlog={backlog})" for backlog in range(7)]
    assert (b"why502-events/1" in head, recorder.events) == (True, len(events))
    assert not [
        name for place in tracefs.MOUNTS if place.is_dir() for name in place.glob(f"instances/why502-{os.getpid()}-*")
    ]
    assert f"why502-tracefs-{os.getpid()}-" not in Path("/proc/mounts").read_text()


WAITS = "print('ready', flush=True); input()"
ABORTS = "import os, threading; print('ready', flush=True); input(); threading.Thread(target=os.abort).start(); input()"


@pytest.mark.kernel
@pytest.mark.parametrize(
    ("number", "code", "said"),
    [
        (signal.SIGTERM, WAITS, "after SIGTERM from "),
        (signal.SIGSEGV, WAITS, "after SIGSEGV from "),
        (signal.SIGABRT, ABORTS, "after SIGABRT"),
    ],
    ids=["stopped", "sent a fault", "aborts in a thread"],
)
def test_an_end_is_told_with_the_signal_before_it(tmp_path: Path, number: signal.Signals, code: str, said: str) -> None:
    """Sent by this process to one that has no handler for it, or by a thread of that one to itself."""
    recorder = EventRecorder(tmp_path / "events.jsonl")
    try:
        with (
            recorder,
            subprocess.Popen(
                (sys.executable, "-c", code), stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tmp_path
            ) as child,
        ):
            assert child.stdout is not None
            assert child.stdout.readline() == b"ready\n"
            if code is WAITS:
                child.send_signal(number)
            else:
                assert child.stdin is not None
                child.stdin.write(b"\n")
                child.stdin.flush()
            assert child.wait() == -number
    except OSError as error:
        pytest.skip(f"needs root and tracefs: {error.strerror}")
    if any(one.what.endswith("signal_generate") for one in recorder.unseen):
        pytest.skip("this kernel does not tell of signals")
    lines = (tmp_path / "events.jsonl").read_bytes().splitlines()[1:]
    events = [msgspec.json.decode(line, type=EventLine) for line in lines]
    (end,) = [event for event in events if event.kind == "exit" and event.pid == child.pid]
    assert said in end.text
    assert end.text.startswith("ended ")
