"""From what the user names to files of evidence: files, directories, and archives of both, inflated on the way."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import islice
from pathlib import Path
from stat import S_ISDIR, S_ISFIFO, S_ISREG
from typing import TYPE_CHECKING, BinaryIO

from why502.errors import Why502Error
from why502.scratch import Scratch
from why502.sources.buckets import fetch, is_bucket
from why502.sources.inflating import content_bytes, open_inflated
from why502.sources.interface import HEAD_BYTES, EvidenceFile
from why502.sources.tarballs import Body, is_tar, members

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.model.case import Window

MAX_MEMBER_BYTES = 8 << 30
"""The most of one archive member that is unpacked (into a temporary directory, one member at a time)."""

COPY_BYTES = 1 << 20

STANDARD_INPUT = "-"
DESCRIPTORS = ("/dev/fd/", "/proc/self/fd/", "/dev/stdin")
"""Where a shell puts the output of a command: `--changes <(git log ...)`. Any other pipe may never have a writer."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file to read. It can be read until the next one is asked for."""

    file: EvidenceFile
    head: bytes
    identity: tuple[int, int] | None
    """Device and inode; None inside an archive."""
    content_bytes: int
    """About how much there is to read, inflated."""
    damage: set[str]
    """Filled while the file is read: why its content ended early."""
    doing: str = ""
    """How far the reading of everything has come, if that is known."""


@dataclass(frozen=True, slots=True)
class Unusable:
    """Something that cannot be read, and why."""

    path: str
    why: str


@dataclass(frozen=True, slots=True)
class Hidden:
    """Files and directories whose names begin with a dot, which were not looked into."""

    path: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name of a file: a link within an archive."""

    path: str
    of: str


Finding = Found | Unusable | Hidden | Alias
MAX_ALIASES = 4096

Watch = Callable[[int], None]


def find(path: str, window: Window | None = None, watch: Watch | None = None) -> Iterator[Finding]:
    """Everything behind one path, directories in sorted order; of a bucket only what can be of that time.

    `watch` hears how many bytes of the present local file were read.
    """
    if path == STANDARD_INPUT:
        yield from _in_standard_input()
        return
    if is_bucket(path):
        yield from _in_bucket(path, window)
        return
    try:
        mode = Path(path).stat().st_mode
    except (OSError, ValueError) as error:
        yield Unusable(path, _reason(error))
        return
    if S_ISDIR(mode):
        yield from _in_directory(path, watch)
    elif S_ISFIFO(mode) and path.startswith(DESCRIPTORS):
        yield from _in_pipe(path)
    else:
        yield from _in_file(path, watch)


def _in_standard_input() -> Iterator[Finding]:
    yield from _in_stream("standard input", lambda: _spooled(sys.stdin.buffer))


def _in_pipe(path: str) -> Iterator[Finding]:
    yield from _in_stream(path, lambda: _spooled_pipe(path))


def _in_stream(label: str, spooled: Callable[[], Scratch]) -> Iterator[Finding]:
    try:
        found = _opened(label, Path(spooled().name, "input"), None)
    except OSError as error:
        yield Unusable(label, _reason(error))
        return
    yield from _maybe_archive(found)


@lru_cache
def _spooled_pipe(path: str) -> Scratch:
    with Path(path).open("rb") as stream:
        return _spooled(stream)


@lru_cache(maxsize=1)
def _spooled(stream: BinaryIO) -> Scratch:
    """What is piped in, kept until why502 ends: it can be read only once, and is looked at more often."""
    folder, left = Scratch(), MAX_MEMBER_BYTES
    with Path(folder.name, "input").open("wb") as file:
        while left and (data := stream.read(min(left, COPY_BYTES))):
            file.write(data)
            left -= len(data)
    return folder


def _in_bucket(url: str, window: Window | None) -> Iterator[Finding]:
    empty = True
    try:
        for fetched in fetch(url, window):
            empty = False
            yield from _maybe_archive(_opened(fetched.label, fetched.path, None, fetched.doing))
    except Why502Error as error:
        yield Unusable(url, error.why or error.what)
        return
    if empty:
        yield Unusable(url, "the bucket holds nothing there" + (" of that time" if window else ""))


def _reason(error: OSError | ValueError) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()


def _in_directory(top: str, watch: Watch | None) -> Iterator[Finding]:
    hidden: list[str] = []
    unreadable: list[OSError] = []
    empty = True
    for folder, folders, names in os.walk(top, onerror=unreadable.append):
        hidden.extend(os.path.join(folder, name) for name in folders + names if name.startswith("."))  # noqa: PTH118 - keeps the path as the user wrote it
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(name for name in names if not name.startswith(".")):
            empty = False
            yield from _in_file(os.path.join(folder, name), watch)  # noqa: PTH118 - as above
    for error in unreadable:
        yield Unusable(str(error.filename), _reason(error))
    if hidden:
        yield Hidden(top, tuple(hidden))
    if empty and not unreadable:
        yield Unusable(top, "the directory holds no files" + (" but hidden ones" if hidden else ""))


def _in_file(path: str, watch: Watch | None) -> Iterator[Finding]:
    try:
        status = Path(path).stat()
        if not S_ISREG(status.st_mode):
            yield Unusable(path, "it is not a regular file")
            return
        found = _opened(path, Path(path), (status.st_dev, status.st_ino), watch=watch)
    except (OSError, ValueError) as error:
        yield Unusable(path, _reason(error))
        return
    yield from _maybe_archive(found)


def _maybe_archive(found: Found) -> Iterator[Finding]:
    if is_tar(found.head):
        yield from _in_archive(found)
    else:
        yield found


def _opened(
    label: str, path: Path, identity: tuple[int, int] | None, doing: str = "", watch: Watch | None = None
) -> Found:
    damage: set[str] = set()
    open_ = partial(open_inflated, path, damage.add, watch)
    evidence = EvidenceFile(label, open_, written_s=path.stat().st_mtime)
    with evidence.open() as stream:
        return Found(evidence, stream.read(HEAD_BYTES), identity, content_bytes(path), damage, doing)


def _in_archive(archive: Found) -> Iterator[Finding]:
    label = archive.file.path
    empty = True
    links: dict[str, str] = {}
    with archive.file.open() as stream, Scratch() as folder:
        for name, body in members(stream, archive.damage.add, links.__setitem__):
            empty = False
            yield _unpacked(f"{label}/{name}", body, Path(folder, "member"))
    for name, target in islice(links.items(), MAX_ALIASES):
        yield Alias(f"{label}/{name}", f"{label}/{target.lstrip('/')}")
    if archive.damage or empty:
        yield Unusable(label, "; ".join(sorted(archive.damage)) or "the archive holds no files")


def _unpacked(label: str, body: Body, spool: Path) -> Finding:
    """One member on disk, in place of the one before."""
    try:
        with spool.open("wb") as file:
            left = MAX_MEMBER_BYTES
            while left and (data := body.read(min(left, COPY_BYTES))):
                file.write(data)
                left -= len(data)
        found = _opened(label, spool, None)
    except OSError as error:
        return Unusable(label, _reason(error))
    if body.left or body.cut:
        found.damage.add("it is cut short")
    return found
