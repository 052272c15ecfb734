"""Where what was made once is kept for later runs: machine code of the loops over logs and captures, SQL of questions.

Both are executed, so they are trusted only where nobody else can write: in a folder of our own below the user's cache
directory (root's under /var/cache). Without such a place every run makes them anew.
"""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path
from stat import S_IMODE
from tempfile import NamedTemporaryFile
from typing import Final

_DIGEST_BYTES: Final = 32


def cache_folder(name: str) -> Path | None:
    """A folder that only this user can write to; None if there is none and none can be made."""
    try:
        folder = cache_root() / "why502" / name
        folder.mkdir(parents=True, mode=0o700, exist_ok=True)
        trusted = all(_is_ours(part) for part in (folder, folder.parent))
    except (OSError, RuntimeError):
        return None
    return folder if trusted and os.access(folder, os.W_OK) else None


def cache_root() -> Path:
    """Root's own place, because under sudo the home directory is that of another user."""
    if os.geteuid() == 0:
        return Path("/var/cache")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def kept(folder: Path | None, name: str) -> bytes | None:
    """What was kept under that name; None if there is nothing, or not all of it."""
    if folder is None:
        return None
    try:
        content = (folder / name).read_bytes()
    except OSError:
        return None
    told, rest = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    return rest if sha256(rest).digest() == told else None


def keep(folder: Path | None, name: str, content: bytes) -> None:
    """For later runs, whole or not at all; a full disk is no reason to fail."""
    if folder is None:
        return
    try:
        with NamedTemporaryFile(dir=folder, delete=False) as file:
            file.write(sha256(content).digest() + content)
        Path(file.name).replace(folder / name)
    except OSError:
        return


def _is_ours(folder: Path) -> bool:
    status = folder.lstat()
    return status.st_uid == os.geteuid() and not S_IMODE(status.st_mode) & 0o022
