"""Each kernel by its name. They read beyond what they are given (`engine.blocks.PADDING_BYTES`), so that texts for them
are padded here, with bytes that would mislead them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from why502.engine.blocks import PADDING_BYTES

if TYPE_CHECKING:
    from numpy.typing import NDArray


def padded(text: str) -> NDArray[np.uint8]:
    """The text and a line feed, and behind them digits."""
    return np.frombuffer(text.encode() + b"\n" + b"7" * PADDING_BYTES, np.uint8)
