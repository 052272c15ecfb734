"""The same content under two names: a rotated log beside its compressed copy, which must not count twice."""

from __future__ import annotations

from contextlib import ExitStack
from hashlib import blake2b
from typing import TYPE_CHECKING

from why502.sources.interface import HEAD_BYTES, EvidenceFile

if TYPE_CHECKING:
    from why502.sources.opening import Found

PIECE_BYTES = 1 << 20


class Contents:
    """What has been seen so far, by how it begins; only what begins alike is compared as a whole."""

    def __init__(self) -> None:
        self._seen: dict[bytes, list[tuple[str, EvidenceFile | None]]] = {}

    def earlier(self, found: Found) -> str | None:
        """The path of an earlier file with the same (inflated) content; this one is remembered.

        Members of archives can be read only until the next one is asked for, so that a long one is no earlier file.
        Raises OSError if a file cannot be read any more.
        """
        if not found.head:
            return None
        alike = self._seen.setdefault(blake2b(found.head, digest_size=16).digest(), [])
        whole = len(found.head) < HEAD_BYTES
        for path, file in alike:
            if whole or (file is not None and _same(file, found.file)):
                return path
        alike.append((found.file.path, found.file if found.identity else None))
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
