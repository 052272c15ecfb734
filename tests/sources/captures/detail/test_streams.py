from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.captures.detail.making import piece
from why502.model.details import End
from why502.sources.captures.detail.streams import Stream
from why502.sources.captures.packets import SYN

TEXT = bytes(range(256)) * 4


def told(stream: Stream, *pieces: tuple[int, int]) -> tuple[bytes, int]:
    """What comes of segments (begin, end) of TEXT: the bytes, and how many are missing."""
    data, missing = b"", 0
    for begin, end in pieces:
        for part in stream.feed(piece(seq=(ISN + 1 + begin) & 0xFFFFFFFF, payload=TEXT[begin:end])):
            data, missing = data + part.data, missing + part.missing_bytes
    return data, missing


ISN = 0xFFFFFF80
"""The numbers wrap within TEXT."""


def opened() -> Stream:
    stream = Stream()
    assert list(stream.feed(piece(seq=ISN, flags=SYN))) == []
    return stream


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(1, len(TEXT) - 1), max_size=12).map(lambda cuts: [0, *sorted(set(cuts)), len(TEXT)]),
    st.randoms(use_true_random=False),
)
def test_order_and_repetition_do_not_matter(cuts: list[int], random: object) -> None:
    """Segments in any order, some twice, give the bytes in order, each once."""
    segments = list(itertools.pairwise(cuts))
    shuffled = segments + segments[:3]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert told(opened(), *shuffled) == (TEXT, 0)


def test_overlapping_retransmissions_are_cut() -> None:
    """What was delivered is not delivered again."""
    assert told(opened(), (0, 100), (50, 150), (20, 30), (100, 200)) == (TEXT[:200], 0)


def test_bytes_that_were_not_captured_are_counted() -> None:
    """A short snap length leaves holes of known size."""
    (part,) = opened().feed(piece(seq=(ISN + 1) & 0xFFFFFFFF, payload=b"abc", payload_bytes=1448))
    assert (part.data, part.missing_bytes) == (b"abc", 1445)


def test_what_the_other_side_acknowledged_is_not_waited_for() -> None:
    """The capture missed a segment that arrived: a hole, and what came after it."""
    stream = opened()
    assert told(stream, (100, 200)) == (b"", 0)
    assert list(stream.acknowledged(piece(End.TARGET, ack=(ISN + 51) & 0xFFFFFFFF))) == []
    hole, rest = stream.acknowledged(piece(End.TARGET, ack=(ISN + 201) & 0xFFFFFFFF))
    assert (hole.missing_bytes, rest.data) == (100, TEXT[100:200])


def test_memory_is_bounded_without_the_first_segment() -> None:
    """After many segments the missing one is given up."""
    stream = opened()
    data, missing = told(stream, *((at, at + 1) for at in range(10, 900)))
    assert missing == 10
    assert data == TEXT[10 : 10 + len(data)]
    assert len(stream.waiting) < 70


def test_reordering_is_told_from_retransmission_by_time() -> None:
    """A hole that is filled within 3 ms was reordering."""
    for late_s, count in ((0.001, 1), (0.3, 0)):
        stream = opened()
        list(stream.feed(piece(seq=(ISN + 11) & 0xFFFFFFFF, payload=b"b" * 10, at_s=1.0)))
        list(stream.feed(piece(seq=(ISN + 1) & 0xFFFFFFFF, payload=b"a" * 10, at_s=1.0 + late_s)))
        assert stream.out_of_order == count
