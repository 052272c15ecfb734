from __future__ import annotations

from tests.sources.captures.detail.making import piece
from why502.model.details import End
from why502.sources.captures.detail.path_mtu import SizeWatch


def watched(*, sizes: tuple[int, ...], tries: int, acks: tuple[int, ...] = ()) -> SizeWatch:
    """Segments of these sizes, all sent so often; the other side acknowledges sequence numbers in between."""
    watch = SizeWatch(End.PROXY)
    for _ in range(tries):
        seq = 1
        for size in sizes:
            watch.saw_own(piece(seq=seq, payload=bytes(size)))
            seq += size
        for ack in acks:
            watch.saw_other(piece(End.TARGET, ack=ack))
    return watch


def test_large_ones_lost_and_small_ones_passed() -> None:
    """The first is acknowledged, the large one behind it never, while the other side is heard."""
    told = watched(sizes=(100, 1400), tries=4, acks=(101,)).told
    assert told is not None
    assert (told.smallest_lost_bytes, told.largest_passed_bytes, told.repeats) == (1400, 100, 3)


def test_a_dead_path_is_no_black_hole() -> None:
    """Nothing is heard from the other side at all: anything may be the matter."""
    assert watched(sizes=(1400,), tries=6).told is None


def test_chance_is_no_signature() -> None:
    """Lost twice and then acknowledged; or a small segment that is lost; or one no larger than what passed."""
    assert watched(sizes=(100, 1400), tries=2, acks=(101,)).told is None
    assert watched(sizes=(100, 1400), tries=4, acks=(1501,)).told is None
    assert watched(sizes=(100, 300), tries=6, acks=(101,)).told is None
    assert watched(sizes=(1400, 1300), tries=6, acks=(1401,)).told is None


def test_memory_is_bounded() -> None:
    """A million segments without an acknowledgement."""
    assert len(watched(sizes=(1,) * 2000, tries=1).sent) < 300
