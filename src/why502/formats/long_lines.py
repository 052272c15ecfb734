"""Lines of logs that no honest client made: a megabyte of path, which every failed request would be kept with.

The words of such a line lose what nobody reads to its end, so that the line is understood and costs little. Servers
take 8 KiB of a request line and as much of a header (nginx `large_client_header_buffers`, Apache `LimitRequestLine`,
ALB 16 KiB).
"""

from __future__ import annotations

from typing import Final

from why502.model.expressions import expression

LONG: Final = 16 << 10
"""Characters (or bytes) from which on a line is shortened."""
LONGEST: Final = 32 << 10
"""Characters that are kept of it, whatever it consists of."""
_WORD: Final = expression(r'([^\s"]{2048})[^\s"]++')


def shortened(line: str) -> str:
    """The line itself if it is not long; else with words of at most 2 KiB, cut at `LONGEST`.

    >>> len(shortened(f'"GET /{"a" * 1_000_000} HTTP/1.1" 502'))
    2067
    """
    return line if len(line) <= LONG else _WORD.sub(r"\1", line)[:LONGEST]
