from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from why502.host import ports


def test_the_range_of_this_kernel_is_read() -> None:
    """First and last."""
    found = ports.parse(ports.FILE.read_text())
    assert 0 < found["ephemeral_first"] < found["ephemeral_last"] < 65536


@given(st.text(max_size=20))
def test_any_text_is_answered(text: str) -> None:
    """What is no range is nothing."""
    assert ports.parse(text).keys() in (set(), {"ephemeral_first", "ephemeral_last"})
