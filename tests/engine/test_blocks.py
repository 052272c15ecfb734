from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from why502.engine import blocks as under_test
from why502.engine.blocks import blocks
from why502.sources.interface import EvidenceFile, lines


def texts(content: bytes, block_bytes: int) -> list[str]:
    """Lines as the blocks have them, and as the parser would get them."""
    from why502.engine.pieces import line_text

    raw = [line for b in blocks(io.BytesIO(content), block_bytes) for line in b.line(0, b.size).split(b"\n")[:-1]]
    return [line_text(line, first=number == 0) for number, line in enumerate(raw)]


def expected(content: bytes) -> list[str]:
    evidence = EvidenceFile("x", lambda: io.BytesIO(content))
    return [text.strip("\0 \t") for _, text in lines(evidence, under_test.LINE_BYTES)]


@settings(max_examples=200, deadline=None)
@given(
    content=st.lists(
        st.sampled_from([b"\n", b"a", b"bc\r", b"\0" * 40, b"x" * 70, b"\xef\xbb\xbf", b"\xff"]), max_size=30
    ),
    block_bytes=st.integers(1, 60),
)
def test_blocks_hold_the_same_lines_as_the_line_reader(content: list[bytes], block_bytes: int) -> None:
    """Whatever the size of blocks, lines that do not fit into one, NUL bytes and ends of lines."""
    whole = b"".join(content)
    before = under_test.LINE_BYTES, under_test.READ_BYTES
    under_test.LINE_BYTES, under_test.READ_BYTES = 32, 16
    try:
        assert texts(whole, block_bytes) == expected(whole)
    finally:
        under_test.LINE_BYTES, under_test.READ_BYTES = before


def test_every_block_ends_with_a_line_feed() -> None:
    """The compiled loop relies on it."""
    made = list(blocks(io.BytesIO(b"a\nb" * 1000), 100))
    assert all(block.data[block.size - 1] == ord("\n") for block in made)
    assert len(made) > 1


@pytest.mark.parametrize("content", [b"", b"\n"])
def test_nothing_gives_nothing(content: bytes) -> None:
    """An empty file has no block; an empty line is a line."""
    assert len(list(blocks(io.BytesIO(content)))) == len(content)
