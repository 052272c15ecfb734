from __future__ import annotations

import numpy as np

from why502.engine import drawing
from why502.engine.drawing import Drawing, Drawn
from why502.model.patterns import priority, threshold


def test_all_are_kept_that_can_be_asked_for() -> None:
    """What is drawn of a few lines, and given up as they become many, is what would be drawn of all at once."""
    lines = np.arange(1, 200_001, dtype=np.int64)
    kept = Drawing()
    for begin in range(0, lines.size, 10_000):
        some = lines[begin : begin + 10_000]
        told = some[drawing.drawn(some, begin)].tolist()
        kept.add([Drawn(0, line, b"%d" % line) for line in told], begin + 10_000)
    table = kept.table(lines.size).to_pydict()
    expected = lines[priority(lines) < threshold(lines.size)].tolist()
    assert table == {
        "file": [0] * len(expected),
        "line": expected,
        "detail": [b"%d" % line for line in expected],
    }
    assert len(expected) > 1000


def test_memory_is_bounded() -> None:
    """However many files begin with few lines."""
    kept = Drawing()
    for file in range(40):
        kept.add([Drawn(file, line, b"") for line in range(1, 1001)], 4_000_000)
        assert len(kept._kept) <= drawing.MOST
