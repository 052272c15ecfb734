from __future__ import annotations

import os
import subprocess
from pathlib import Path
from subprocess import PIPE

import pytest

from tests.isolation import isolated
from why502.host.namespaces import PROC, find, inside

OURS = Path("/proc/thread-self/ns/net")


def test_our_own_namespace_comes_first_and_needs_no_rights() -> None:
    """Its door is our own."""
    found, _ = find()
    assert found[0].inode == Path("/proc/self/ns/net").stat().st_ino
    assert inside(found[0].door, lambda: 5) == 5


@pytest.mark.kernel
def test_named_namespace_without_a_process_is_found() -> None:
    """`ip netns add` alone makes one."""
    with isolated() as door:
        found, _ = find()
        inode = door.stat().st_ino
    assert {one.inode: one.name for one in found}[inode] == door.name


@pytest.mark.kernel
def test_a_namespace_that_nobody_named_is_called_as_lsns_does() -> None:
    """Only our own has no name: a report calls it the host."""
    if os.geteuid() != 0:
        pytest.skip("needs root to make network namespaces")
    with subprocess.Popen(["unshare", "-n", "sh", "-c", "echo; read wait"], stdin=PIPE, stdout=PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        inode = Path(f"/proc/{process.pid}/ns/net").stat().st_ino
        names = {one.inode: one.name for one in find()[0]}
        process.communicate()
    assert names[inode] == f"net:[{inode}]"


@pytest.mark.parametrize(("further", "hidden"), [(0, 0), (1, 1)])
def test_in_a_container_the_rest_of_the_machine_is_named_as_unseen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, further: int, hidden: int
) -> None:
    """Told by the PID namespace: the machine's own has a number that no other one gets."""
    (tmp_path / "self/ns").mkdir(parents=True)
    (tmp_path / "self/ns/net").symlink_to(PROC / "self/ns/net")
    (tmp_path / "self/ns/pid").touch()
    first = (tmp_path / "self/ns/pid").stat().st_ino + further
    monkeypatch.setattr("why502.host.namespaces.FIRST_PID_NAMESPACE", first)
    _, unseen = find(tmp_path, tmp_path / "no-names")
    assert [one.what for one in unseen] == ["what runs outside of this PID namespace"] * hidden


@pytest.mark.kernel
def test_a_visit_ends_where_it_began() -> None:
    """Only a thread of its own enters; what fails inside is raised outside."""

    def fail() -> None:
        raise ZeroDivisionError

    ours = OURS.stat().st_ino
    with isolated() as door:
        there = inside(door, lambda: OURS.stat().st_ino)
        with pytest.raises(ZeroDivisionError):
            inside(door, fail)
    assert there != ours
    assert OURS.stat().st_ino == ours


def test_processes_that_end_meanwhile_are_passed_over(tmp_path: Path) -> None:
    """A folder of /proc without a namespace is one that is ending."""
    (tmp_path / "self/ns").mkdir(parents=True)
    (tmp_path / "self/ns/net").symlink_to(PROC / "self/ns/net")
    (tmp_path / "4711").mkdir()
    found, unseen = find(tmp_path, tmp_path / "no-names")
    assert (len(found), unseen) == (1, ())
