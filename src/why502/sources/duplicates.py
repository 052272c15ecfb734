"""The same content stored in two ways: a rotated log beside its compressed copy, which must not count twice.

Copies that are stored alike, byte for byte, do not come from log rotation: whoever names them means them.
"""

from __future__ import annotations

from contextlib import ExitStack
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from why502.sources.interface import HEAD_BYTES, EvidenceFile

if TYPE_CHECKING:
    from why502.sources.opening import Found

PIECE_BYTES = 1 << 20


class _Seen(NamedTuple):
    path: str
    file: EvidenceFile | None
    """None: it cannot be opened again."""
    content_bytes: int
    """Estimated from the size on disk, so that it tells how the content is stored."""


class Contents:
    """What has been seen so far, by how it begins; only what begins alike is compared as a whole."""

    def __init__(self) -> None:
        self._seen: dict[bytes, list[_Seen]] = {}

    def earlier(self, found: Found) -> str | None:
        """The path of an earlier file with the same content, compressed otherwise; this one is remembered.

        Members of archives can be read only until the next one is asked for, so that a long one is no earlier file.
        Raises OSError if a file cannot be read any more.
        """
        if not found.head:
            return None
        alike = self._seen.setdefault(blake2b(found.head, digest_size=16).digest(), [])
        whole = len(found.head) < HEAD_BYTES
        for seen in alike:
            if seen.content_bytes == found.content_bytes:
                continue
            if whole or (seen.file is not None and _same(seen.file, found.file)):
                return seen.path
        alike.append(_Seen(found.file.path, found.file if found.identity else None, found.content_bytes))
        return None


def _same(one: EvidenceFile, other: EvidenceFile) -> bool:
    """To the last byte."""
    with ExitStack() as stack:
        a, b = (stack.enter_context(file.open()) for file in (one, other))
        while True:
            piece = a.read(PIECE_BYTES)
            if piece != b.read(PIECE_BYTES):
                return False
            if not piece:
                return True
