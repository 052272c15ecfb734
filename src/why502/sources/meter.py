"""How far the reading has come: bytes on disk, and the time that is left."""

from __future__ import annotations

import io
import os
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from _typeshed import WriteableBuffer

OFTEN_S = 0.2
"""Nobody reads faster."""


class Meter:
    """Of all local files together; what comes from elsewhere tells of itself."""

    def __init__(self, paths: Sequence[str], tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._whole_bytes = sum(size for path in paths for size in _sizes(path))
        self._done_bytes = self._own_bytes = self._position = 0
        self._name = ""
        self._begun_s, self._told_s = monotonic(), 0.0

    def begin(self, name: str) -> None:
        """The next file."""
        self._done_bytes += self._own_bytes
        self._own_bytes, self._position, self._name = next(_sizes(name), 0), 0, name
        self._say()

    def at(self, position: int) -> None:
        """So many bytes of it were read; it may be read more than once."""
        self._position = max(self._position, min(position, self._own_bytes))
        if self._name and monotonic() - self._told_s >= OFTEN_S:
            self._say()

    def _say(self) -> None:
        self._told_s = monotonic()
        far = how_far(self._done_bytes + self._position, self._whole_bytes, self._told_s - self._begun_s)
        self._tell(f"{self._name} ({far})")


def how_far(done_bytes: int, whole_bytes: int, spent_s: float) -> str:
    """Megabytes, and the time left at the rate so far.

    >>> how_far(0, 4_000_000, 1.0), how_far(1_000_000, 4_000_000, 2.0)
    ('0 of 4 MB', '1 of 4 MB, 6 s left')
    """
    text = f"{done_bytes / 1e6:.0f} of {whole_bytes / 1e6:.0f} MB"
    return f"{text}, {spent_s / done_bytes * (whole_bytes - done_bytes):.0f} s left" if done_bytes else text


class WatchedFile(io.FileIO):
    """A file that tells where its reader has come to."""

    def __init__(self, path: Path, watch: Callable[[int], None]) -> None:
        super().__init__(path)
        self._watch = watch

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        read = super().readinto(buffer)
        self._watch(self.tell())
        return read or 0


def _sizes(path: str) -> Iterator[int]:
    """Of the files there; nothing of what cannot be seen or is not on this machine's disks."""
    try:
        if os.path.isdir(path):  # noqa: PTH112 - names in buckets are no paths
            for folder, folders, names in os.walk(path):
                folders[:] = [name for name in folders if not name.startswith(".")]
                yield from (Path(folder, name).stat().st_size for name in names if not name.startswith("."))
        else:
            yield Path(path).stat().st_size
    except (OSError, ValueError):
        return
