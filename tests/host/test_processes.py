from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

from why502.host.processes import describe, owners

if TYPE_CHECKING:
    from pathlib import Path


def test_owner_of_a_socket_is_found_by_its_inode() -> None:
    """Through /proc/PID/fd."""
    with socket.socket() as ours:
        inode = os.fstat(ours.fileno()).st_ino
        found, _ = owners({inode})
    assert found == {inode: (os.getpid(),)}


def test_a_socket_shared_by_workers_names_them_all(tmp_path: Path) -> None:
    """After a fork several processes hold the same listener."""
    for pid in ("20", "7"):
        (tmp_path / pid / "fd").mkdir(parents=True)
        (tmp_path / pid / "fd" / "3").symlink_to("socket:[99]")
        (tmp_path / pid / "fd" / "4").symlink_to("/dev/null")
    (tmp_path / "31").mkdir()
    assert owners({99, 100}, tmp_path) == ({99: (7, 20)}, ())


def test_nobody_is_asked_when_nothing_is_wanted(tmp_path: Path) -> None:
    """The walk over all open files is dear."""
    assert owners((), tmp_path / "missing") == ({}, ())


def test_own_process_is_described() -> None:
    """Name, command, start, user."""
    process = describe(os.getpid())
    assert process is not None
    assert process.pid == os.getpid()
    assert "python" in process.command
    assert process.start_s is not None
    assert process.user


def test_a_process_that_has_ended_is_none() -> None:
    """Beyond the largest process id nobody lives."""
    assert describe(1 << 30) is None
