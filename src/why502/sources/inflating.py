"""Compressed evidence as a plain stream: recognised by its first bytes, inflated piece by piece, never raising.

A file that is cut or damaged gives what it has; what was wrong with it is noted, not raised into a reader.
"""

from __future__ import annotations

import bz2
import io
import lzma
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast

import zstandard
from isal import igzip_lib

from why502.sources.meter import WatchedFile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from _typeshed import WriteableBuffer

CHUNK_BYTES = 1 << 17

MAX_RATIO = 500
"""Logs deflate 10- to 100-fold. A file that inflates more than this, beyond `RATIO_FREE_BYTES`, is a bomb."""

USUAL_RATIO = 12
"""By how much logs usually deflate; a guess for planning, never for reading."""

RATIO_FREE_BYTES = 1 << 30

MAX_WINDOW_BYTES = 1 << 27
"""The largest zstd window that is accepted: what `zstd` itself accepts without `--long=31`."""


class _Member(Protocol):
    """One compressed member: what `bz2`, `lzma` and isal have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes: ...


def _gzip_member() -> _Member:
    return igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)


MEMBERS: tuple[tuple[bytes, Callable[[], _Member]], ...] = (
    (b"\x1f\x8b", _gzip_member),
    (b"BZh", bz2.BZ2Decompressor),
    (b"\xfd7zXZ\0", lzma.LZMADecompressor),
)
"""First bytes -> decompressor of one member; files may hold several, one after the other."""

_ISAL_ERROR = cast("type[Exception]", igzip_lib.error)
"""Its stub declares an instance."""

ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"


class _Members:
    """Reads concatenated members; trailing zeros are padding."""

    def __init__(self, raw: BinaryIO, magic: bytes, new: Callable[[], _Member]) -> None:
        self._raw, self._magic, self._new = raw, magic, new
        self._member = new()

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; b'' at the end."""
        while True:
            if self._member.eof:
                data = self._next_member()
                if not data:
                    return b""
            else:
                data = self._raw.read(CHUNK_BYTES) if self._member.needs_input else b""
                if not data and self._member.needs_input:
                    raise EOFError("it is cut short")
            if piece := self._member.decompress(data, size):
                return piece

    def _next_member(self) -> bytes:
        data = self._member.unused_data.lstrip(b"\0")
        while len(data) < len(self._magic) and (more := self._raw.read(CHUNK_BYTES)):
            data = (data + more).lstrip(b"\0")
        if not data:
            return b""  # and again, however often it is asked
        if not data.startswith(self._magic):
            raise EOFError("bytes that are not compressed follow the compressed ones")
        self._member = self._new()
        return data


class _Forgiving(io.RawIOBase):
    """A stream that ends where its content becomes unreadable, and notes why."""

    def __init__(self, raw: BinaryIO, read: Callable[[int], bytes], note: Callable[[str], None]) -> None:
        self._raw, self._read, self._note = raw, read, note
        self._given = 0
        self._over = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        piece = b"" if self._over else self._piece(len(view))
        view[: len(piece)] = piece
        self._given += len(piece)
        return len(piece)

    def _piece(self, size: int) -> bytes:
        try:
            piece = self._read(size)
            if self._given > max(RATIO_FREE_BYTES, MAX_RATIO * self._raw.tell()):
                raise ValueError(f"it inflates more than {MAX_RATIO}-fold; the rest was not read")  # noqa: TRY301 - one way to end
        except (
            OSError,
            EOFError,
            ValueError,
            lzma.LZMAError,
            _ISAL_ERROR,
            zstandard.ZstdError,
        ) as error:
            self._over = True
            self._note(str(error))
            return b""
        return piece

    def close(self) -> None:
        self._raw.close()
        super().close()


def content_bytes(path: Path) -> int:
    """About how large the content is, inflated."""
    with path.open("rb") as raw:
        head = raw.read(8)
    packed = any(head.startswith(magic) for magic in (ZSTD_MAGIC, *(magic for magic, _ in MEMBERS)))
    return path.stat().st_size * (USUAL_RATIO if packed else 1)


def open_inflated(path: Path, note: Callable[[str], None], watch: Callable[[int], None] | None = None) -> BinaryIO:
    """The content of a file, inflated if it is gzip, bzip2, xz or zstd by its first bytes.

    Raises OSError if the file cannot be opened; what is wrong later is told to `note`, and to
    `watch` how many bytes of the file have been read.
    """
    raw: BinaryIO = io.BufferedReader(WatchedFile(path, watch), CHUNK_BYTES) if watch else path.open("rb")
    head = raw.read(8)
    raw.seek(0)
    read = _inflater(raw, head)
    if read is None:
        return raw
    return io.BufferedReader(_Forgiving(raw, read, note), CHUNK_BYTES)


def _inflater(raw: BinaryIO, head: bytes) -> Callable[[int], bytes] | None:
    if head.startswith(ZSTD_MAGIC):
        decompressor = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW_BYTES)
        return decompressor.stream_reader(raw, read_across_frames=True, closefd=False).read
    return next((_Members(raw, magic, new).read for magic, new in MEMBERS if head.startswith(magic)), None)
