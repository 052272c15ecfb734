from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from why502.live.joining import MAX_PENDING, Joiner, addresses
from why502.live.pipe import Line

if TYPE_CHECKING:
    from why502.model.trace import TraceEvent

CONNECT = "sport=46068 dport=1 saddr=127.0.0.1 daddr=127.0.0.1 saddrv6=::ffff:127.0.0.1 daddrv6=::ffff:127.0.0.1"
LISTENER = "sport=80 dport=0 saddr=0.0.0.0 daddr=0.0.0.0 saddrv6=:: daddrv6=::"
SET_STATE = "family={family} protocol=IPPROTO_TCP {addresses} oldstate={old} newstate={new}"


def _line(at_s: float, what: str, rest: str, *, returns: bool = False, own: bool = True, pid: int = 7) -> Line:
    return Line(at_s, "java", pid, pid, own, what, returns, rest)


def _events(*lines: Line, until_s: float = float("inf")) -> list[TraceEvent]:
    joiner = Joiner()
    return [event for line in lines for event in joiner.feed(line)] + list(joiner.flush(until_s))


def _listen(state: str = "") -> tuple[Line, ...]:
    begun = _line(1.0, "sys_listen", "fd: 1a, backlog: 1)")
    change = SET_STATE.format(family="AF_INET6", addresses=LISTENER, old="TCP_CLOSE", new="TCP_LISTEN")
    return (begun, _line(1.1, "inet_sock_set_state", change)) if state else (begun,)


def test_a_call_is_joined_with_its_address_and_its_return() -> None:
    """One event of three lines."""
    (event,) = _events(*_listen("first"), _line(1.2, "sys_listen", "0x0", returns=True))
    assert (event.fd, event.backlog, event.result, event.local) == (26, 1, 0, "[::]:80")
    assert event.text == "listen(fd=26, backlog=1) = 0"


def test_a_failed_call_says_why() -> None:
    """The negative number of the error, and its name."""
    (event,) = _events(*_listen(), _line(1.2, "sys_listen", "0xffffffffffffff9e", returns=True))
    assert (event.result, event.text) == (-98, "listen(fd=26, backlog=1) = EADDRINUSE")


def test_another_threads_return_is_not_taken() -> None:
    """Calls of two threads cross; what never returns goes alone in the end."""
    other = _line(1.1, "sys_listen", "0x0", returns=True, pid=8)
    (event,) = _events(*_listen(), other)
    assert (event.result, event.text) == (None, "listen(fd=26, backlog=1)")


def test_a_reset_that_ends_a_connect_is_a_refusal() -> None:
    """Received while the connection was being opened; any other reset is a reset."""
    reset = _line(2.0, "tcp_receive_reset", f"family=AF_INET {CONNECT} sock_cookie=25f8", own=False)
    failed = SET_STATE.format(family="AF_INET", addresses=CONNECT, old="TCP_SYN_SENT", new="TCP_CLOSE")
    (refused,) = _events(reset, _line(2.0, "inet_sock_set_state", failed, own=False))
    (cut,) = _events(reset)
    assert (refused.kind, refused.remote, refused.pid) == ("refused", "127.0.0.1:1", None)
    assert (cut.kind, cut.direction) == ("reset", "received")


def test_a_reset_waits_for_its_explanation_only_so_long() -> None:
    """A second, then it is told."""
    reset = _line(2.0, "tcp_receive_reset", f"family=AF_INET {CONNECT} sock_cookie=25f8")
    assert _events(reset, until_s=2.5) == []
    assert len(_events(reset, until_s=3.5)) == 1


def test_what_is_sent_again_is_told_apart() -> None:
    """SYN, SYN-ACK and data."""
    syn = _line(1.0, "tcp_retransmit_skb", f"skbaddr=1 skaddr=2 family=AF_INET {CONNECT} state=TCP_SYN_SENT err=0")
    data = _line(1.0, "tcp_retransmit_skb", f"skbaddr=1 skaddr=2 family=AF_INET {CONNECT} state=TCP_ESTABLISHED err=0")
    answer = _line(1.0, "tcp_retransmit_synack", f"family=AF_INET {CONNECT}")
    assert [event.text.partition(" ")[0] for event in _events(syn, data, answer)] == ["SYN", "data", "SYN-ACK"]


def test_an_exit_tells_the_signal_before_it() -> None:
    """And who sent it; a process that called itself 'pid=1' misleads nobody."""
    sent = _line(1.0, "signal_generate", "sig=9 errno=0 code=0 comm=x pid=1 pid=9 grp=1 res=0", pid=3)
    ended = _line(1.5, "sched_process_exit", "comm=x pid=1 pid=9 prio=120 group_dead=true", pid=9)
    alone = _line(40.0, "sched_process_exit", "comm=y pid=9 prio=120 group_dead=true", pid=9)
    first, second = _events(sent, ended, alone)
    assert (first.process, first.text) == ("x pid=1", "ended 0.5 s after SIGKILL from java 3")
    assert second.text == "ended"


def test_a_victim_is_named_with_what_it_held() -> None:
    """Not the process that asked for memory."""
    (event,) = _events(_line(1.0, "mark_victim", "pid=77 comm=my app total-vm=1kB anon-rss=204800kB file-rss:0kB"))
    assert (event.pid, event.process) == (77, "my app")
    assert event.text == "killed by the kernel for lack of memory (it held 200 MiB)"


def test_older_kernels_do_not_say_the_family() -> None:
    """An IPv4 address is mapped then."""
    assert addresses(CONNECT)[0] == "127.0.0.1:46068"
    assert addresses(CONNECT.replace("::ffff:127.0.0.1", "fe80::1"))[0] == "[fe80::1]:46068"


def test_halves_are_bounded() -> None:
    """A flood of calls that never return is told, and not kept."""
    joiner = Joiner()
    calls = (_line(1.0, "sys_listen", "fd: 1, backlog: 1)", pid=pid) for pid in range(MAX_PENDING + 11))
    assert len([event for line in calls for event in joiner.feed(line)]) == 11
    assert len(list(joiner.flush())) == MAX_PENDING


@given(st.sampled_from(sorted(Joiner()._takers)), st.text(max_size=80), st.booleans())
def test_any_line_is_survived(what: str, rest: str, returns: bool) -> None:
    """Whatever the kernel prints in a later version."""
    _events(_line(1.0, what, rest, returns=returns), *_listen())
