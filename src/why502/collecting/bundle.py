"""Where a bundle is written: a folder, or one `.tar.zst` that appears when it is whole."""

from __future__ import annotations

import fcntl
import glob
import os
import shutil
import tarfile
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Self

import zstandard

from why502.errors import Why502Error

if TYPE_CHECKING:
    from types import TracebackType

ARCHIVE: Final = ".tar.zst"
OTHERS: Final = (".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".zip", ".7z")
"""Ends of names that promise an archive; a folder of that name would break the promise."""
HOST, EVENTS, CAPTURE, MANIFEST = "host.json", "events.jsonl", "capture.pcapng", "manifest.json"
FILES: Final = (HOST, EVENTS, CAPTURE, MANIFEST)
CONFIGS: Final = "configs"
UNPACKED: Final = ".why502"
"""Ends the name of the hidden folder beside an archive that is being recorded."""


class Bundle:
    """A folder to write into while the context is open. A file is packed and put in place when it ends well."""

    folder: Path

    def __init__(self, out: Path, *, force: bool = False) -> None:
        self._out = out
        self._packed = out.name.endswith(ARCHIVE)
        self._force = force
        self._lock: int | None = None

    def __enter__(self) -> Self:
        if not self._packed and self._out.name.endswith(OTHERS):
            hint = f"name a file that ends in {ARCHIVE}, or a folder"
            raise Why502Error("no bundle is written in that form", where=str(self._out), hint=hint)
        _make_room(self._out, packed=self._packed, force=self._force)
        try:
            if self._packed:
                _sweep(self._out)
                self.folder = Path(tempfile.mkdtemp(UNPACKED, f".{self._out.name}.", self._out.parent))
                self._lock = _locked(self.folder)
            else:
                self.folder = self._out
                _own(self._out)
        except OSError as error:
            raise Why502Error("cannot write", where=str(self._out), why=error.strerror or str(error)) from error
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._packed:
            try:
                if error is None:
                    self._pack()
            finally:
                shutil.rmtree(self.folder)
                if self._lock is not None:
                    os.close(self._lock)

    def _pack(self) -> None:
        packed = _part_of(self.folder)
        try:
            with (
                _private(packed) as file,
                zstandard.ZstdCompressor().stream_writer(file) as stream,
                tarfile.open(fileobj=stream, mode="w|", format=tarfile.USTAR_FORMAT) as tar,
            ):
                for path in sorted(self.folder.rglob("*")):
                    tar.add(path, str(path.relative_to(self.folder)), recursive=False, filter=_nobodys)
            packed.replace(self._out)
        finally:
            with suppress(FileNotFoundError):
                packed.unlink()


def _make_room(out: Path, *, packed: bool, force: bool) -> None:
    """Refuse to overwrite, or empty an older bundle: two recordings in one folder would be read as one case."""
    if not out.exists() or (not packed and out.is_dir() and not any(out.iterdir())):
        return
    if not force:
        raise Why502Error("not overwritten", where=str(out), why="it exists", hint="say --force to replace it")
    if packed == out.is_dir() or (out.is_dir() and not (out / MANIFEST).exists()):
        raise Why502Error("not overwritten", where=str(out), why="it is no bundle of this kind")
    if not packed:
        for name in FILES:
            (out / name).unlink(missing_ok=True)
        if (out / CONFIGS).is_symlink():
            (out / CONFIGS).unlink()
        shutil.rmtree(out / CONFIGS, ignore_errors=True)


def _own(folder: Path) -> None:
    """A folder that only its owner can put something into, be it new, emptied or made by us a moment ago.

    In one of somebody else, root would write where their links lead. `sudo` is the right of who calls it.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    owners = {os.geteuid(), *([int(os.environ["SUDO_UID"])] if os.environ.get("SUDO_UID", "").isdecimal() else [])}
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if folder.lstat().st_uid not in owners or os.fstat(opened).st_uid not in owners:
            raise Why502Error(
                "not written", where=str(folder), why="the folder is somebody else's", hint="name a new one"
            )
        os.fchmod(opened, 0o700)
        if strange := next((name for name in (*FILES, CONFIGS) if os.path.lexists(folder / name)), None):
            raise Why502Error("not written", where=str(folder / strange), why="somebody put it there just now")
    finally:
        os.close(opened)


def _locked(folder: Path) -> int | None:
    """A descriptor that holds the folder's lock (flock(2)) until it is closed, by any end; None if another has it."""
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return lock


def _part_of(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.part")


def _sweep(out: Path) -> None:
    """Remove what recordings of this very archive left behind that were killed; a living one holds its lock."""
    for folder in out.parent.glob(f".{glob.escape(out.name)}.*{UNPACKED}"):
        with suppress(OSError):
            if folder.lstat().st_uid == os.geteuid() and (lock := _locked(folder)) is not None:
                try:
                    _part_of(folder).unlink(missing_ok=True)
                    shutil.rmtree(folder)
                finally:
                    os.close(lock)


def _private(path: Path) -> BinaryIO:
    """A new file; evidence is for its owner's eyes."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _nobodys(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Who collected is nobody's business."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member
