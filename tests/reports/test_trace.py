from __future__ import annotations

import re

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from why502.model.host import Listener
from why502.model.trace import TraceEvent
from why502.reports.trace import render, render_json

LISTENER = Listener("[::]:8080", 1, 2, backlog=128, queue_len=3, drops=None)
LISTEN = TraceEvent(
    at_s=1535487443.3669,
    kind="listen",
    text="listen(fd=26, backlog=1024) = 0",
    pid=4711,
    process="java",
    container="4f4f4f4f4f4f",
    local="[::]:8080",
    fd=26,
    backlog=1024,
    result=0,
    listener=LISTENER,
    somaxconn=128,
)


def test_a_line_tells_who_what_and_how_full() -> None:
    """The backlog in force beside the one asked for, and what has cut it down."""
    assert re.split(r"  +", render(LISTEN)) == [
        *("20:17:23.366", "listen", "java 4711", "4f4f4f4f4f4f", "[::]:8080"),
        *("listen(fd=26, backlog=1024) = 0", "[backlog 128 by somaxconn 128, queue 3, drops ?]"),
    ]


def test_the_arrow_says_who_cut_whom() -> None:
    """And what is not known is '-'."""
    event = TraceEvent(0.0, "reset", "reset received", direction="received", local="10.0.0.1:1", remote="10.0.0.2:2")
    assert re.sub(" +", " ", render(event)) == "00:00:00.000 reset - - 10.0.0.1:1 <- 10.0.0.2:2 reset received"


def test_json_reads_back_as_the_same_event() -> None:
    """One line, every field."""
    line = render_json(LISTEN)
    assert "\n" not in line
    assert msgspec.json.decode(line, type=TraceEvent) == LISTEN


@given(st.text(max_size=50), st.text(max_size=50))
def test_no_name_steers_the_terminal(process: str, local: str) -> None:
    """Processes call themselves what they like, and Unix sockets lie where they like."""
    line = render(msgspec.structs.replace(LISTEN, process=process, local=local))
    assert len(line.splitlines()) == 1
    assert "\x1b" not in line
    assert "\x1b" not in render_json(
        msgspec.structs.replace(LISTEN, process=process.encode("utf-8", "replace").decode())
    )
