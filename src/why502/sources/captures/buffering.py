"""The bytes of a capture, a stretch at a time.

Files are read, not mapped: a ring that tcpdump truncates while we look at it would kill the process with SIGBUS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from io import BufferedIOBase
    from typing import BinaryIO

SMALL_BYTES = 2 << 20
"""A capture below this is read at once, and by plain Python within a second; each of its conversations is told."""
COLD_BYTES = 16 << 20
"""The same while the kernels have not been compiled on this machine: that takes half a minute, once."""
STRETCH_BYTES = 4 << 20


class Buffer:
    """`content[at:end]` is what has been read and not been used; `is_last`: nothing follows."""

    def __init__(self, stream: BinaryIO) -> None:
        # What `EvidenceFile.open` gives is a BufferedReader or BytesIO; `BinaryIO` does not know `readinto`.
        self._stream = cast("BufferedIOBase", stream)
        self.content = bytearray(SMALL_BYTES)
        self.at = 0
        self.end = 0
        self.is_last = False
        self._read()

    def refill(self) -> bool:
        """Move the rest to the front and read on; False if nothing more can come."""
        if self.is_last:
            return False
        rest = self.content[self.at : self.end]
        if len(self.content) < STRETCH_BYTES:
            self.content = bytearray(STRETCH_BYTES)
        elif len(rest) == len(self.content):  # one block that is larger; its length was found possible
            self.content = bytearray(2 * len(rest))
        self.content[: len(rest)] = rest
        self.at, self.end = 0, len(rest)
        self._read()
        return True

    def _read(self) -> None:
        """Fill up. The content ends where it cannot be read, or where its compressed form is damaged."""
        with memoryview(self.content) as view:
            while self.end < len(view):
                try:
                    count = self._stream.readinto(view[self.end :])
                except (OSError, EOFError):
                    count = 0
                if not count:
                    self.is_last = True
                    break
                self.end += count
