from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from why502.live.pipe import Line, parse

ENTER = "          python-5477    (   5476) [001] .....  4663.100302: sys_listen(fd: 5, backlog: 9)"
RETURN = "          python-5477    (   5476) [001] .....  4663.100306: sys_listen -> 0xffffffffffffff9e"
SOFTIRQ = "          python-5476    (   5476) [000] ..s1.  4663.098512: tcp_send_reset: src=127.0.0.1:1"
NO_TGID = "            java-4711    [001] .....  1.500000: sys_listen(fd: 1a, backlog: 1)"
UNKNOWN_TGID = "            java-4711    (-------) [001] .....  1.500000: sys_listen(fd: 1a, backlog: 1)"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (ENTER, Line(4663.100302, "python", 5477, 5476, True, "sys_listen", False, "fd: 5, backlog: 9)")),
        (RETURN, Line(4663.100306, "python", 5477, 5476, True, "sys_listen", True, "0xffffffffffffff9e")),
        (SOFTIRQ, Line(4663.098512, "python", 5476, 5476, False, "tcp_send_reset", False, "src=127.0.0.1:1")),
        (NO_TGID, Line(1.5, "java", 4711, 4711, True, "sys_listen", False, "fd: 1a, backlog: 1)")),
        (UNKNOWN_TGID, Line(1.5, "java", 4711, 4711, True, "sys_listen", False, "fd: 1a, backlog: 1)")),
        ("# tracer: nop", None),
    ],
)
def test_a_line_is_taken_apart(line: str, expected: Line | None) -> None:
    """Thread and process are two things, and whoever was interrupted did not do it."""
    assert parse(line) == expected


@given(st.one_of(st.text(max_size=200), st.integers(0, 200).map(lambda cut: (ENTER + SOFTIRQ)[cut:])))
def test_any_text_is_a_line_or_none(text: str) -> None:
    """Lines may be cut, and names hold any bytes."""
    assert parse(text) is None or isinstance(parse(text), Line)
