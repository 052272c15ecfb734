from __future__ import annotations

from why502.host import clock


def test_an_undisciplined_clock_is_told() -> None:
    """STA_UNSYNC, with the largest error in seconds."""
    content = clock.TIMEX.pack(0, 0, 0, 16_000_000, 16_000_000, clock.STA_UNSYNC)
    assert clock.parse(content) == {"clock_synchronised": False, "clock_error_s": 16.0}


def test_the_kernels_own_answer_is_understood() -> None:
    """Looking needs no privilege and changes nothing."""
    found = clock.read()
    assert isinstance(found["clock_synchronised"], bool)
    assert 0 <= found["clock_error_s"] < 1000
