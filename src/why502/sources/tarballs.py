"""The regular files inside a tar stream, one after the other, with bounded memory.

`tarfile` reads an extended header into memory whatever size it claims, so only its parser of the plain 512-byte
header is used here. Names are labels: nothing is ever extracted under them.
"""

from __future__ import annotations

from posixpath import dirname, join, normpath
from tarfile import BLOCKSIZE, GNUTYPE_LONGNAME, LNKTYPE, REGULAR_TYPES, SYMTYPE, XHDTYPE, HeaderError, TarInfo
from typing import TYPE_CHECKING, BinaryIO

from why502.model.expressions import expression

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_MEMBERS = 10_000
MAX_NAME_HEADER_BYTES = 64 * 1024
_MAGIC = slice(257, 262)
_PAX_PATH = expression(rb"\d+ path=([^\n]+)\n")


def is_tar(head: bytes) -> bool:
    """POSIX and GNU tar files carry 'ustar' in their first header."""
    return head[_MAGIC] == b"ustar"


class Body:
    """The content of one member; what is not read is skipped."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream = stream
        self.left = size
        self.cut = False
        """The stream ended before the member did."""
        self._padding = -size % BLOCKSIZE

    def read(self, size: int) -> bytes:
        data = self._stream.read(min(size, self.left))
        self.cut = self.cut or (self.left > 0 and not data)
        self.left = 0 if self.cut else self.left - len(data)
        return data

    def skip(self) -> None:
        while self.read(1 << 17):
            pass
        self._stream.read(self._padding)


def members(
    stream: BinaryIO, note: Callable[[str], None], link: Callable[[str, str], None] = lambda *_: None
) -> Iterator[tuple[str, Body]]:
    """Name and content of every regular file; `note` is told why the rest could not be read.

    `link` is told the name of each link and what it leads to, of which nothing is ever opened.
    """
    long_name = ""
    for _ in range(MAX_MEMBERS):
        header = stream.read(BLOCKSIZE)
        if not header.strip(b"\0"):
            return
        try:
            info = TarInfo.frombuf(header, "utf-8", "replace")
        except (HeaderError, ValueError) as error:
            note(f"the archive is cut or damaged: {error}")
            return
        body = Body(stream, max(0, info.size))
        if info.type in (XHDTYPE, GNUTYPE_LONGNAME):
            long_name = _long_name(info.type, body.read(MAX_NAME_HEADER_BYTES))
        else:
            if info.type in REGULAR_TYPES:
                yield long_name or info.name, body
            elif info.type in (SYMTYPE, LNKTYPE) and info.linkname:
                name = long_name or info.name
                link(name, info.linkname if info.type == LNKTYPE else normpath(join(dirname(name), info.linkname)))
            long_name = ""
        body.skip()
    note(f"only the first {MAX_MEMBERS} members were read")


def _long_name(kind: bytes, payload: bytes) -> str:
    if kind == GNUTYPE_LONGNAME:
        return payload.split(b"\0", 1)[0].decode("utf-8", "replace")
    found = _PAX_PATH.search(payload)
    return found[1].decode("utf-8", "replace") if found else ""
