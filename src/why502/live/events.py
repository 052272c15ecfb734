"""Kernel events as `events.jsonl`: who calls listen(), who sends and gets resets, who ends, who is killed for memory.

    with EventRecorder(Path("events.jsonl")):
        time.sleep(30)

While it runs, every system call of the machine takes the kernel's slower path (some 0.1 µs), because listen() is
traced at the system call; the other events cost only when they happen.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final, Self

import msgspec
from msgspec import structs

from why502.live import pipe
from why502.live.signals import STOPPING, Signals
from why502.model.expressions import expression
from why502.model.manifest import EVENTS_SCHEMA, EventLine, EventsHead

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from why502.model.host import Unseen

EVENTS: Final = {
    "syscalls/sys_enter_listen": "",
    "tcp/tcp_send_reset": "",
    "tcp/tcp_receive_reset": "",
    "sched/sched_process_exit": "group_dead == 1",  # the process, not each of its threads; since Linux 6.16
    "signal/signal_generate": STOPPING,  # no event of its own: told with the end that follows
    "oom/mark_victim": "",
}
"""Event -> filter."""
KINDS: Final = {
    "tcp_send_reset": "send-reset",
    "tcp_receive_reset": "receive-reset",
    "sched_process_exit": "exit",
    "mark_victim": "oom",
}
MAX_FILE_BYTES: Final = 64 << 20
READ_S: Final = 0.1

LISTEN: Final = expression(r"fd: (?:0x)?(?P<fd>[0-9a-f]+), backlog: (?:0x)?(?P<backlog>[0-9a-f]+)")
"""Arguments of system calls are printed in hexadecimal (`print_syscall_enter`)."""
EXIT: Final = expression(r"comm=(?P<process>.*) pid=(?P<pid>\d+) prio=")
VICTIM: Final = expression(r"pid=(?P<pid>\d+)(?: comm=(?P<process>.*) total-vm=)?")
RESET_SENT: Final = expression(r".*\bsrc=(?P<source>\S+) dest=(?P<target>\S+) state=\S+(?: reason=(?P<reason>\w+))?")
RESET_RECEIVED: Final = expression(
    r"(?:family=(?P<family>\w+) )?sport=(?P<to>\d+) dport=(?P<by>\d+) saddr=(?P<to4>\S+) daddr=(?P<by4>\S+) "
    r"saddrv6=(?P<to6>\S+) daddrv6=(?P<by6>\S+)"
)


def parse(line: str, clock_offset_s: float = 0.0) -> EventLine | None:
    """One line of `trace_pipe`, each byte one character (columns count bytes); None for no event of ours."""
    read = pipe.parse(line, clock_offset_s)
    return None if read is None else event_of(read)


def event_of(read: pipe.Line) -> EventLine | None:
    """The event of a line; None for no event of ours."""
    at_s, process, pid, rest = read.at_s, read.process, read.pid, read.rest
    if read.what == "sys_listen":
        return _listen(at_s, pid, process, rest)
    if (kind := KINDS.get(read.what)) is None:
        return None
    if kind == "exit":  # told by its last thread, which need not be the first
        process = ended["process"] if (ended := EXIT.match(rest)) else process
    elif kind == "oom":
        pid, process = (int(one["pid"]), one["process"] or "") if (one := VICTIM.match(rest)) else (pid, process)
    # resets are sent and received on behalf of whoever was interrupted: that process says nothing
    elif kind.endswith("reset"):
        return EventLine(at_s, kind, text=_reset(rest))
    return EventLine(at_s, kind, pid, process, rest)


def _reset(rest: str) -> str:
    """Who reset whom, and why if the kernel says so (6.10 and later)."""
    if sent := RESET_SENT.match(rest):
        reason = f" ({sent['reason']})" if sent["reason"] else ""
        return f"{sent['source']} -> {sent['target']}{reason}"
    if got := RESET_RECEIVED.match(rest):
        if got["family"] == "AF_INET6":
            return f"[{got['by6']}]:{got['by']} -> [{got['to6']}]:{got['to']}"
        return f"{got['by4']}:{got['by']} -> {got['to4']}:{got['to']}"
    return rest


def _listen(at_s: float, pid: int, process: str, rest: str) -> EventLine | None:
    if not (match := LISTEN.match(rest)):
        return None
    backlog = as_int(int(match["backlog"], 16))
    return EventLine(at_s, "listen", pid, process, f"listen(fd={int(match['fd'], 16)}, backlog={backlog})")


def as_int(value: int) -> int:
    """The `int` that the program handed over.

    >>> as_int(0xFFFFFFFF), as_int(128)
    (-1, 128)
    """
    return ((value & 0xFFFFFFFF) ^ 0x80000000) - 0x80000000


class EventRecorder:
    """Writes events while it is open. Entering raises OSError without CAP_SYS_ADMIN or where tracefs is missing."""

    def __init__(self, out: Path) -> None:
        self.unseen: tuple[Unseen, ...] = ()
        """Events that this kernel does not have."""
        self.events = 0
        self._beyond = 0
        self._out = out
        self._stop = threading.Event()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="kernel-events")
        self._done: Future[None]
        self._stack = ExitStack()
        self._pipe = pipe.TracePipe(EVENTS)
        self._bytes = 0
        self._signals = Signals()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._offset_s = time.time() - time.monotonic()
            stack.enter_context(self._pipe)
            self._file = stack.enter_context(self._out.open("wb", buffering=1 << 16))
            self._write(EventsHead(EVENTS_SCHEMA))
            self.unseen = self._pipe.unseen
            self._stack = stack.pop_all()
        self._done = self._thread.submit(self._run)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        with self._stack, self._thread:
            self._done.result()

    @property
    def lost(self) -> int:
        """Overwritten in the kernel before we read them, or beyond the size of the file."""
        return self._pipe.lost + self._beyond

    def _run(self) -> None:
        while not self._stop.wait(READ_S):
            self._drain()
        self._drain()

    def _drain(self) -> None:
        for line in self._pipe.lines():
            self._take(line)

    def _take(self, line: str) -> None:
        if (read := pipe.parse(line, self._offset_s)) is None:
            return
        if read.what == "signal_generate":
            self._signals.take(read)
        elif event := event_of(read):
            if event.kind == "exit" and (after := self._signals.before(read)):
                event = structs.replace(event, text=f"ended{after}")
            if self._bytes > MAX_FILE_BYTES:
                self._beyond += 1
                return
            self._write(event)
            self.events += 1

    def _write(self, line: EventLine | EventsHead) -> None:
        self._bytes += self._file.write(msgspec.json.encode(line) + b"\n")
