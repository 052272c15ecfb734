from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from why502.host.inet_diag import find_attribute, identities, message_ends


@given(st.binary(max_size=200))
def test_attributes_of_any_bytes_are_walked_to_the_end(content: bytes) -> None:
    """Lengths of 0 or beyond the end neither hang nor fail."""
    at_byte = find_attribute(content, 0, len(content), 7)
    assert at_byte is None or 0 <= at_byte <= len(content) - 4


@given(st.binary(max_size=400))
def test_messages_of_whole_length_are_walked_to_the_end(content: bytes) -> None:
    """As above; each is told by its family and its socket id."""
    whole = content[: len(content) // 88 * 88]
    framed = b"".join(b"\x58\0\0\0\x14\0" + whole[at + 6 : at + 88] for at in range(0, len(whole), 88))
    assert [len(identity) for _, identity in identities(framed)] == [48] * (len(whole) // 88)


@given(st.binary(max_size=200))
def test_messages_of_any_bytes_end_somewhere(content: bytes) -> None:
    """Each further on than the one before."""
    ends = message_ends(content)
    assert all(before < after for before, after in zip([0, *ends], ends, strict=False))
