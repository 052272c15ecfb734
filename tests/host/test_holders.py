from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

from why502.host.holders import COMMON_LIMIT, SLACK, holders

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_owner_of_a_socket_is_found_by_its_inode() -> None:
    """Through /proc/PID/fd."""
    with socket.socket() as ours:
        inode = os.fstat(ours.fileno()).st_ino
        found, _ = holders({inode})
    assert found == {inode: (os.getpid(),)}


def test_a_socket_shared_by_workers_names_them_all(tmp_path: Path) -> None:
    """After a fork several processes hold the same listener."""
    for pid in ("20", "7"):
        (tmp_path / pid / "fd").mkdir(parents=True)
        (tmp_path / pid / "fd" / "3").symlink_to("socket:[99]")
        (tmp_path / pid / "fd" / "4").symlink_to("/dev/null")
    (tmp_path / "31").mkdir()
    assert holders({99, 100}, tmp_path) == ({99: (7, 20)}, ())


def test_a_listener_above_thousands_of_connections_is_found_too(tmp_path: Path) -> None:
    """Descriptors beyond the common limit are read for sockets that nobody holds below it."""
    (tmp_path / "7/fd").mkdir(parents=True)
    for number, inode in ((3, 99), (COMMON_LIMIT + 1, 100)):
        (tmp_path / f"7/fd/{number}").symlink_to(f"socket:[{inode}]")
    assert holders({99, 100, 101}, tmp_path) == ({99: (7,), 100: (7,)}, ())


def test_nobody_is_asked_when_nothing_is_wanted(tmp_path: Path) -> None:
    """The walk over all open files is dear."""
    assert holders((), tmp_path / "missing") == ({}, ())


def test_a_process_whose_files_may_only_be_listed_is_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root without all capabilities of the other process may list its descriptors, not read what they stand for."""
    (tmp_path / "7/fd").mkdir(parents=True)
    (tmp_path / "7/fd/3").symlink_to("socket:[99]")

    def refused(*_: object, **__: object) -> str:
        raise PermissionError

    monkeypatch.setattr(os, "readlink", refused)
    found, unseen = holders({99}, tmp_path)
    assert found == {}
    assert [one.what for one in unseen] == ["the open files of 1 process"]


def test_what_is_older_than_a_process_is_not_sought_among_its_connections(tmp_path: Path) -> None:
    """A listener whose holder is hidden, say outside our process namespace, would cost a look at every connection."""
    first = SLACK + 1_000
    (tmp_path / "7/fd").mkdir(parents=True)
    for number, inode in ((3, first), (COMMON_LIMIT, 99), (COMMON_LIMIT + 1, first + 1)):
        (tmp_path / f"7/fd/{number}").symlink_to(f"socket:[{inode}]")
    assert holders({99, first}, tmp_path) == ({first: (7,)}, ())
