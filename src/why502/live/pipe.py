"""Lines of a private tracefs instance, as they come (`trace_pipe`, kernel kernel/trace/trace_output.c)."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from why502.live import tracefs
from why502.model.expressions import expression
from why502.model.host import Unseen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

READ_BYTES: Final = 1 << 16
LONGEST_READ_S: Final = 1.0
"""Of one call: events may come faster than we read."""

LINE: Final = expression(
    r"(?P<process>.{16})-(?P<pid>\d+)\s+(?:\((?P<tgid>.{7})\)\s+)?\[\d+\]\s+(?P<flags>\S+)\s+"
    r"(?P<at_s>\d+\.\d+): (?P<what>[\w.]+)(?P<mark>:|\(| ->) ?(?P<rest>.*)"
)
"""`trace_print_context`: the name takes 16 columns, so that one made of blanks and dashes cannot mislead."""
LOST: Final = expression(r"CPU:\d+ \[LOST (\d+) EVENTS\]")
IN_INTERRUPT: Final = 2
"""Column of the flags that tells interrupts: '.' is none, else whoever was interrupted says nothing."""


class Line(NamedTuple):
    """One line, taken apart as far as all events are alike."""

    at_s: float
    """Epoch seconds."""
    process: str
    thread: int
    pid: int
    """The process; its thread if the kernel does not tell."""
    own: bool
    """It happened on behalf of this process, not in an interrupt that hit it."""
    what: str
    returns: bool
    """The end of a system call."""
    rest: str


def parse(line: str, clock_offset_s: float = 0.0) -> Line | None:
    """One line of `trace_pipe`, each byte one character (columns count bytes); None for no event."""
    if not (match := LINE.fullmatch(line)):
        return None
    tgid, flags = (match["tgid"] or "").strip(), match["flags"]
    return Line(
        at_s=float(match["at_s"]) + clock_offset_s,
        process=text_of(match["process"]),
        thread=int(match["pid"]),
        pid=int(tgid) if tgid.isdecimal() else int(match["pid"]),
        own=flags[IN_INTERRUPT : IN_INTERRUPT + 1] == ".",
        what=match["what"],
        returns=match["mark"] == " ->",
        rest=text_of(match["rest"]),
    )


def text_of(latin1: str) -> str:
    """The bytes of a line as text; what is not UTF-8 reads as U+FFFD."""
    return latin1.encode("latin-1", "replace").decode("utf-8", "replace").strip()


class TracePipe:
    """Traces the given events (name -> filter) while it is open, and answers their lines.

    Entering raises OSError without CAP_SYS_ADMIN or where tracefs is missing. The instance is removed at the end;
    one that a killed why502 left is swept by the next.
    """

    def __init__(self, events: Mapping[str, str]) -> None:
        self.unseen: tuple[Unseen, ...] = ()
        """Events that this kernel does not have."""
        self.lost = 0
        """Events overwritten in the kernel before they were read."""
        self._events = events
        self._stack = ExitStack()
        self._pipe = -1
        self._rest = b""

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            folder = stack.enter_context(tracefs.instance())
            with suppress(OSError):  # kernels before 4.13; the thread stands for the process then
                (folder / "options/record-tgid").write_text("1")
            self._pipe = os.open(folder / "trace_pipe", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            stack.callback(os.close, self._pipe)
            for event, condition in self._events.items():
                try:
                    tracefs.enable(folder, event, condition)
                except OSError as error:
                    self.unseen += (Unseen(f"kernel event {event}", error.strerror or str(error)),)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stack.close()

    def lines(self) -> Iterator[str]:
        """What waits to be read; each byte is one character. Does not wait: reading in bulk costs least."""
        until_s = time.monotonic() + LONGEST_READ_S
        while time.monotonic() < until_s:
            try:
                chunk = os.read(self._pipe, READ_BYTES)
            except BlockingIOError:
                return
            *lines, self._rest = (self._rest + chunk).split(b"\n")
            self._rest = self._rest[:READ_BYTES]
            for line in lines:
                text = line.decode("latin-1")
                if lost := LOST.match(text):
                    self.lost += int(lost[1])
                else:
                    yield text
