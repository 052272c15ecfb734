"""Joins the lines of the kernel to events: a system call with its return, a reset with what it put an end to."""

from __future__ import annotations

import errno
import re
from typing import TYPE_CHECKING, Final, TypeVar

from msgspec.structs import replace

from why502.live.events import EXIT, LISTEN, RESET_RECEIVED, RESET_SENT, VICTIM, as_int
from why502.live.signals import Signals
from why502.model.expressions import expression
from why502.model.trace import TraceEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from why502.live.pipe import Line

MAX_PENDING: Final = 4096
"""Halves that wait for their other half; beyond it the oldest go alone."""
PATIENCE_S: Final = 1.0
"""How long a half waits."""

ADDRESSES: Final = expression(
    r"(?:family=(?P<family>\w+) )?(?:protocol=\w+ )?sport=(?P<lport>\d+) dport=(?P<rport>\d+) saddr=(?P<l4>\S+) "
    r"daddr=(?P<r4>\S+) saddrv6=(?P<l6>\S+) daddrv6=(?P<r6>\S+)(?: .*?\bstate=(?P<state>\w+))?"
)
"""As the TCP trace events print them, source first (include/trace/events/{tcp,sock}.h)."""
RETURN: Final = expression(r"0x(?P<value>[0-9a-f]+)$")
NO_SOCKET: Final = "NO_SOCKET"
"""The reason of a reset that answers a segment for which there is no socket (include/net/rstreason.h)."""

AGAIN: Final = {"TCP_SYN_SENT": "SYN again: no answer to the first", "TCP_FIN_WAIT1": "FIN or data again"}

T = TypeVar("T")


class Joiner:
    """Feeds on lines in the order of time, and answers events. Bounded, whatever comes."""

    def __init__(self) -> None:
        self._listens: dict[int, TraceEvent] = {}
        self._resets: dict[tuple[str | None, str | None], TraceEvent] = {}
        self._signals = Signals()
        self._takers: dict[str, Callable[[Line], Iterator[TraceEvent]]] = {
            "sys_listen": self._listen,
            "inet_sock_set_state": self._state,
            "tcp_send_reset": self._sent,
            "tcp_receive_reset": self._received,
            "tcp_retransmit_skb": self._retransmit,
            "tcp_retransmit_synack": self._synack,
            "signal_generate": self._signal,
            "sched_process_exit": self._exit,
            "mark_victim": self._victim,
        }

    def feed(self, line: Line) -> Iterator[TraceEvent]:
        """The events that this line completes, often none."""
        if taker := self._takers.get(line.what):
            yield from taker(line)

    def flush(self, now_s: float = float("inf")) -> Iterator[TraceEvent]:
        """Halves whose other half has not come in time; all of them if no time is given."""
        yield from _overdue(self._listens, now_s)
        yield from _overdue(self._resets, now_s)

    def _listen(self, line: Line) -> Iterator[TraceEvent]:
        if line.returns:
            if (begun := self._listens.pop(line.thread, None)) and (value := RETURN.match(line.rest)):
                result = as_int(int(value["value"], 16))
                yield replace(begun, result=result, text=f"{begun.text} = {_result(result)}")
        elif called := LISTEN.match(line.rest):
            backlog = as_int(int(called["backlog"], 16))
            fd = as_int(int(called["fd"], 16))
            event = _own(line, "listen", f"listen(fd={fd}, backlog={backlog})")
            yield from _hold(self._listens, line.thread, replace(event, fd=fd, backlog=backlog))

    def _state(self, line: Line) -> Iterator[TraceEvent]:
        local, remote, _ = addresses(line.rest)
        if line.rest.endswith("newstate=TCP_LISTEN"):
            if begun := self._listens.get(line.thread):
                self._listens[line.thread] = replace(begun, local=local)
        elif reset := self._resets.pop((local, remote), None):
            yield replace(reset, kind="refused", text="connect refused by the other end")

    def _sent(self, line: Line) -> Iterator[TraceEvent]:
        if not (sent := RESET_SENT.match(line.rest)):
            return
        event = _own(line, "reset", f"reset sent: {sent['reason'] or 'the kernel does not tell why'}")
        yield replace(event, direction="sent", local=sent["source"], remote=sent["target"])

    def _received(self, line: Line) -> Iterator[TraceEvent]:
        """Held for a moment: if the connect fails with it, it was refused."""
        if RESET_RECEIVED.match(line.rest):
            local, remote, _ = addresses(line.rest)
            event = replace(_own(line, "reset", "reset received"), direction="received", local=local, remote=remote)
            yield from _hold(self._resets, (local, remote), event)

    def _retransmit(self, line: Line) -> Iterator[TraceEvent]:
        local, remote, state = addresses(line.rest)
        text = AGAIN.get(state or "", "data again: not acknowledged in time")
        yield TraceEvent(line.at_s, "retransmit", text, local=local, remote=remote)

    def _synack(self, line: Line) -> Iterator[TraceEvent]:
        local, remote, _ = addresses(line.rest)
        text = "SYN-ACK again: the accept queue was full when the ACK came, or the ACK was lost"
        yield TraceEvent(line.at_s, "retransmit", text, local=local, remote=remote)

    def _signal(self, line: Line) -> Iterator[TraceEvent]:
        self._signals.take(line)
        yield from ()

    def _exit(self, line: Line) -> Iterator[TraceEvent]:
        if not (ended := EXIT.match(line.rest)):
            return
        yield TraceEvent(line.at_s, "exit", f"ended{self._signals.before(line)}", line.pid, ended["process"])

    def _victim(self, line: Line) -> Iterator[TraceEvent]:
        if chosen := VICTIM.match(line.rest):
            text = f"killed by the kernel for lack of memory{_sizes(line.rest)}"
            yield TraceEvent(line.at_s, "oom", text, int(chosen["pid"]), chosen["process"])


def addresses(rest: str) -> tuple[str | None, str | None, str | None]:
    """Local address, remote address and state of a TCP event; all None if there are none.

    >>> addresses("family=AF_INET sport=1 dport=2 saddr=10.0.0.1 daddr=10.0.0.2 saddrv6=::1 daddrv6=::2 state=S")
    ('10.0.0.1:1', '10.0.0.2:2', 'S')
    """
    if not (found := ADDRESSES.search(rest)):
        return None, None, None
    # before Linux 5.10 some of these events do not say the family; an IPv4 address is mapped then
    if found["family"] == "AF_INET6" or (not found["family"] and not found["l6"].startswith("::ffff:")):
        return f"[{found['l6']}]:{found['lport']}", f"[{found['r6']}]:{found['rport']}", found["state"]
    return f"{found['l4']}:{found['lport']}", f"{found['r4']}:{found['rport']}", found["state"]


def _own(line: Line, kind: str, text: str) -> TraceEvent:
    """With the process, if it is the one that did it."""
    pid, process = (line.pid, line.process) if line.own else (None, None)
    return TraceEvent(line.at_s, kind, text, pid, process)


def _overdue(waiting: dict[T, TraceEvent], now_s: float) -> Iterator[TraceEvent]:
    for key in [key for key, event in waiting.items() if now_s - event.at_s > PATIENCE_S]:
        yield waiting.pop(key)


def _hold(waiting: dict[T, TraceEvent], key: T, event: TraceEvent) -> Iterator[TraceEvent]:
    """Keep a half; answers the one that must make room for it."""
    if key in waiting or len(waiting) >= MAX_PENDING:
        yield waiting.pop(key if key in waiting else next(iter(waiting)))
    waiting[key] = event


def _result(value: int) -> str:
    return str(value) if value >= 0 else errno.errorcode.get(-value, str(value))


def _sizes(rest: str) -> str:
    found = re.search(r"anon-rss=(\d+)kB", rest)
    return f" (it held {int(found[1]) // 1024} MiB)" if found else ""
