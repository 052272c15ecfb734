from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.captures.detail.making import RECORDED
from tests.sources.captures.making import conversations, read
from why502.facts.ladders import ladder
from why502.facts.wire import summarise
from why502.reports.capture import Shown, render_json
from why502.reports.ladder import text

FILES = [path.read_bytes() for path in sorted(RECORDED.glob("*.pcap"))]


@settings(max_examples=250, deadline=None)
@given(
    st.sampled_from(FILES),
    st.lists(st.tuples(st.integers(24, 4000), st.binary(min_size=1, max_size=12)), max_size=12),
    st.integers(24, 4000),
)
def test_a_damaged_capture_is_read_and_drawn(content: bytes, damage: list[tuple[int, bytes]], end: int) -> None:
    """Real captures with bytes changed at random, and cut: facts, a table, ladders; never a crash."""
    changed = bytearray(content)
    for at, octets in damage:
        changed[at : at + len(octets)] = octets
    found = conversations(read(bytes(changed[:end] if end % 3 == 0 else changed)))
    for conversation in found:
        drawn = ladder(conversation)
        assert drawn is None or text(drawn)
    shown = Shown(summarise(found), tuple(c for c in found if c.failed))
    assert msgspec.json.decode(render_json(shown))
