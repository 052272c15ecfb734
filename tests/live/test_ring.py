from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.live.blocks import packets
from why502.live.ring import PacketRing

if TYPE_CHECKING:
    from pathlib import Path

SLL2 = bytes(20)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 2**63), st.binary(max_size=60)), max_size=20))
def test_what_is_written_is_read_back(tmp_path: Path, content: list[tuple[int, bytes]]) -> None:
    """Times to the nanosecond, data and true length."""
    ring = PacketRing(tmp_path / "x.pcapng", 1 << 20, 256)
    ring.open()
    for at_ns, data in content:
        ring.write(at_ns, SLL2, data, 1500)
    ring.close(0)
    assert [tuple(one) for one in packets(tmp_path / "x.pcapng")] == [(t, SLL2 + data, 1520) for t, data in content]


@pytest.mark.parametrize("count", [5, 47, 499])
def test_the_newest_packets_stay_when_room_is_short(tmp_path: Path, count: int) -> None:
    """In order, without a gap, below the size; nothing else is left in the folder."""
    out = tmp_path / "x.pcapng"
    ring = PacketRing(out, 4096, 256)
    ring.open()
    for number in range(count):
        ring.write(number, SLL2, bytes(40), 40)
    ring.close(3)
    kept = [one.at_ns for one in packets(out)]
    assert kept == list(range(count - len(kept), count))
    assert len(kept) >= min(count, 15)
    assert out.stat().st_size <= 4096 + 64
    assert list(tmp_path.iterdir()) == [out]
