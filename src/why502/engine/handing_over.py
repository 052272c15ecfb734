"""Python's lock goes from thread to thread sooner than by default."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

HAND_OVER_S: Final = 0.0002
"""How long a thread that runs Python keeps those waiting that come out of compiled code. Those that read logs do so a
hundred times for each block; with Python's 5 ms they would stand still as long as anything else is computed.
"""


@contextmanager
def handed_over_soon() -> Iterator[None]:
    """Of all threads of the process, as long as this lasts."""
    before_s = sys.getswitchinterval()
    sys.setswitchinterval(HAND_OVER_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before_s)
