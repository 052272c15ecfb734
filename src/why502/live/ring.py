"""A capture file that stays below a size: the newest packets are kept."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, BinaryIO

from why502 import __version__
from why502.live import pcapng

if TYPE_CHECKING:
    from pathlib import Path


class PacketRing:
    """Two files of half the size: when the newer one is full, the older one is forgotten.

    Both are complete captures at any time, so that nothing is lost if we are killed; `close` joins them.
    """

    def __init__(self, out: Path, max_bytes: int, snap_bytes: int) -> None:
        self._out, self._older = out, out.with_name(out.name + ".older")
        self._half_bytes = max_bytes // 2
        self._header = pcapng.header(f"why502 {__version__}", snap_bytes)
        self._file: BinaryIO
        self._bytes = 0

    def open(self) -> None:
        """Begin anew."""
        self._older.unlink(missing_ok=True)
        self._begin()

    def _begin(self) -> None:
        self._file = self._out.open("wb", buffering=1 << 16)
        self._bytes = self._file.write(self._header)

    def write(self, at_ns: int, sll2: bytes, data: bytes | memoryview, original_bytes: int) -> None:
        block = pcapng.packet(at_ns, sll2, data, original_bytes)
        if self._bytes + len(block) > self._half_bytes:
            self._file.close()
            self._out.replace(self._older)
            self._begin()
        self._bytes += self._file.write(block)

    def close(self, dropped: int) -> None:
        """Ends with the number of packets that the kernel dropped."""
        self._file.write(pcapng.statistics(time.time_ns(), dropped))
        self._file.close()
        if not self._older.exists():
            return
        with self._older.open("ab") as older, self._out.open("rb") as newer:
            pcapng.copy_packets(newer, older, len(self._header))
        self._older.replace(self._out)
