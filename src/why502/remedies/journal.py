"""Every live change in a file, with how to undo it: written before the change, and again after it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from why502.errors import Why502Error
from why502.model.decoding import ready
from why502.model.fixing import JournalEntry

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME: Final = "journal.jsonl"
MAX_BYTES: Final = 4 << 20
"""Only so much of its end is read: some ten thousand changes."""
BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
OPEN: Final = {"planned", "done"}
"""A change that was planned and never reported may have been made: we were killed in between."""


def default_path() -> Path:
    """In the state folder of the user (XDG base directories), of the system for root."""
    if given := os.environ.get("XDG_STATE_HOME"):
        return Path(given) / "why502" / NAME
    if os.geteuid() == 0:
        return Path("/var/lib/why502") / NAME
    return Path.home() / ".local/state/why502" / NAME


def boot_id() -> str:
    return BOOT_ID.read_text("ascii").strip()


class Journal:
    """Append-only; only its owner may read it."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or default_path()

    def append(self, entry: JournalEntry) -> None:
        """On disk when it returns; Why502Error if that is not possible, and then nothing may be changed."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            with os.fdopen(os.open(self.path, flags, 0o600), "wb") as file:
                file.write(msgspec.json.encode(entry) + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            why = error.strerror or str(error)
            raise Why502Error("cannot write the journal", where=str(self.path), why=why) from error

    def open_changes(self) -> list[JournalEntry]:
        """Changes of this boot that were made and not undone, oldest first."""
        last: dict[str, JournalEntry] = {}
        for entry in self._entries():
            last[entry.id] = entry
        now = boot_id()
        return [entry for entry in last.values() if entry.state in OPEN and entry.boot_id == now]

    def _entries(self) -> Iterator[JournalEntry]:
        """What cannot be read as an entry is skipped: a line that was cut by a crash, or one of a later version."""
        for line in self._end().splitlines():
            try:
                yield msgspec.json.decode(line, type=ready(JournalEntry))
            except msgspec.DecodeError:
                continue

    def _end(self) -> bytes:
        try:
            with self.path.open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - MAX_BYTES))
                return file.read(MAX_BYTES)
        except FileNotFoundError:
            return b""
        except OSError as error:
            why = error.strerror or str(error)
            raise Why502Error("cannot read the journal", where=str(self.path), why=why) from error
