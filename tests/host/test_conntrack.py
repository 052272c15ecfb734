from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from why502.host import conntrack
from why502.model.host import Conntrack

TEXT = """\
entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop icmp_error
00000011  00000000 00000000 00000000 00000002 00000000 00000000 00000000 00000000 0000000a 00000001 00000000 00000000
00000011  00000000 00000000 00000000 00000001 00000000 00000000 00000000 00000000 00000000 00000002 00000004 00000000
"""


def test_counts_of_all_processors_are_summed_up() -> None:
    """Hexadecimal, by the names of their columns: older kernels have other ones."""
    files = {"entries": "17\n", "limit": "262144\n", "counts": TEXT}
    expected = Conntrack(17, 262144, drops=3, early_drops=4, insert_failed=10, invalid=3)
    assert conntrack.read(lambda name: files[name]) == expected


def test_without_conntrack_there_is_nothing() -> None:
    """The module is not loaded."""
    assert conntrack.read(lambda _: "") is None


def test_counts_that_are_hidden_are_absent() -> None:
    """Absent is None, never 0."""
    assert conntrack.parse("1", "2", "") == Conntrack(1, 2)


@given(st.text(max_size=80))
def test_any_text_is_answered(text: str) -> None:
    """Rows that are short, numbers that are none."""
    conntrack.parse_counts(text)
    conntrack.parse_counts("drop invalid\n" + text)
