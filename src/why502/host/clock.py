"""Whether the kernel's clock is disciplined (adjtimex(2), which only reads when asked to change nothing)."""

from __future__ import annotations

import ctypes
import struct
from typing import Any, Final

TIMEX: Final = struct.Struct("@I l l l l i")
"""Beginning of `struct timex`: modes, offset, frequency, largest error and estimated error in µs, status."""
TIMEX_BYTES: Final = 256
"""More than the kernel writes (208 on 64 bit)."""
STA_UNSYNC: Final = 0x40


def parse(content: bytes) -> dict[str, Any]:
    """Fields of `model.host.Resources`.

    >>> parse(TIMEX.pack(0, 0, 0, 2500, 100, 0x2001))
    {'clock_synchronised': True, 'clock_error_s': 0.0025}
    """
    _, _, _, error_us, _, status = TIMEX.unpack_from(content)
    return {"clock_synchronised": not status & STA_UNSYNC, "clock_error_s": error_us / 1e6}


def read() -> dict[str, Any]:
    """Empty where the call is not allowed."""
    content = ctypes.create_string_buffer(TIMEX_BYTES)
    libc = ctypes.CDLL(None, use_errno=True)
    return parse(content.raw) if libc.adjtimex(content) >= 0 else {}
