"""Every live command with fewer rights than it could use: what can be seen is shown, what cannot is named.

As root without a single capability, as a container is that was given none; as an ordinary user; where tracefs is
closed to us.
"""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import socket
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING

import pytest

from tests.cli.test_trace import WITHOUT_RIGHTS
from why502.cli import main
from why502.sources.gather import gather

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

NOBODY = 65534
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give rights away")


@pytest.fixture
def server() -> Iterator[socket.socket]:
    """A listener of ours, in our own namespace."""
    with socket.create_server(("127.0.0.1", 0), backlog=1) as server:
        yield server


@pytest.fixture
def port(server: socket.socket) -> int:
    """Of that listener."""
    number: int = server.getsockname()[1]
    return number


def _without_rights(*arguments: str) -> subprocess.CompletedProcess[str]:
    argv = [*WITHOUT_RIGHTS, sys.executable, "-m", "why502", *arguments]
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60, stdin=subprocess.DEVNULL)


def _as_nobody(arguments: Sequence[str], harmless: Sequence[str], ours: socket.socket) -> tuple[int, str]:
    """Status and output of a command line, run by a process that has become an ordinary user.

    A fork of ours, in which the `harmless` one has been run before as root: what it imports may lie in a home that
    the other user cannot read. It lets go of `ours`, so that the listener belongs to root alone.
    """
    _run(harmless)
    with ProcessPoolExecutor(1, multiprocessing.get_context("fork"), _become_nobody, (ours,)) as pool:
        return pool.submit(_run, arguments).result(60)


def _become_nobody(ours: socket.socket) -> None:
    ours.close()
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def _run(arguments: Sequence[str]) -> tuple[int, str]:
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(out):
        try:
            main(arguments)
        except SystemExit as end:
            return int(end.code or 0), out.getvalue()


def test_host_without_capabilities(port: int) -> None:
    """The own namespace whole; other people's processes and namespaces named."""
    run = _without_rights("host", "--json", "--watch-s", "0.2")
    document = json.loads(run.stdout)
    found = {one["listener"]["address"]: one["listener"] for one in document["listeners"]}
    assert (run.returncode, found[f"127.0.0.1:{port}"]["backlog"]) == (1, 1)
    assert found[f"127.0.0.1:{port}"]["drops"] == 0
    told = [one["what"] for one in document["unseen"]]
    assert any(what.startswith("the network namespaces of") for what in told)
    assert len([what for what in told if what.startswith("the network namespaces of")]) == 1


def test_collect_without_capabilities_says_what_it_lacks(port: int, tmp_path: Path) -> None:
    """A bundle all the same; packets and events that were asked for are named as missing."""
    out = tmp_path / "case"
    run = _without_rights("collect", "-o", str(out), "--duration", "0.3s", "--target", f"127.0.0.1:{port}")
    assert (run.returncode, run.stdout) == (0, f"why502 diagnose {out}\n")
    assert "not recorded: packets: " in run.stderr
    assert "needs CAP_NET_RAW" in run.stderr
    assert "not recorded: kernel events: tracefs: " in run.stderr
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["allowed"] == ["host snapshots"]
    assert {"packets", "kernel events"} <= {one["what"] for one in manifest["not_allowed"]}
    (host,) = (reading.input for reading in gather([str(out)]) if reading.input.kind == "host")
    assert any("could not be seen: " in one.why for one in host.first_not_understood)


def test_diagnose_host_without_capabilities(port: int) -> None:
    """What was not seen stands beside the input, so that "nothing was found" is no promise."""
    run = _without_rights("diagnose", "--host", "--target", f"127.0.0.1:{port}", "--json")
    document = json.loads(run.stdout)
    (host,) = (one for one in document["inputs"] if one["kind"] == "host")
    assert (run.returncode, host["path"]) == (0, "this host")
    assert any("could not be seen: " in line for line in host["first_not_understood"])
    (fds,) = (one for one in document["suspects"] if one["cause"] == "descriptors-exhausted")
    assert fds["status"] in ("not-examined", "cleared")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("trace", "listen", "--duration", "0.2"), "cannot trace kernel events: not allowed: needs root"),
        (("fix", "backlog", "--port", "1", "--to", "64", "--yes"), "no such listener: --port 1: "),
        (("fix", "backlog", "--undo", "--yes"), "nothing to undo"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(arguments: tuple[str, ...], sentence: str, tmp_path: Path) -> None:
    """Status 2, and nothing but the reason."""
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path)}
    argv = [*WITHOUT_RIGHTS, sys.executable, "-m", "why502", *arguments]
    run = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60, env=environment)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.startswith(f"why502: {sentence}")
    assert run.stderr.count("\n") == 1


def test_a_listener_of_somebody_else_is_not_changed(server: socket.socket, port: int) -> None:
    """An ordinary user sees it, not its process, and is told what that needs."""
    fix = ("fix", "backlog", "--to", "64", "--yes", "--port")
    status, output = _as_nobody((*fix, str(port)), harmless=(*fix, "1"), ours=server)
    assert status == 2
    assert "nothing was changed" in output
    assert "its process could not be seen: needs root" in output


def test_host_as_an_ordinary_user(server: socket.socket, port: int) -> None:
    """The listener with its queue and limit, its owner unknown."""
    host = ("host", "--json", "--watch-s", "0.2")
    status, output = _as_nobody(host, harmless=host, ours=server)
    document = json.loads(output)
    assert status == 1
    (found,) = (one for one in document["listeners"] if one["listener"]["address"] == f"127.0.0.1:{port}")
    assert (found["listener"]["backlog"], found["listener"]["pids"]) == (1, [])
    assert any(one["what"].startswith("the open files of") for one in document["unseen"])


def test_without_tracefs_trace_says_so_and_collect_goes_on(tmp_path: Path) -> None:
    """Its usual places hidden in a mount namespace, and no right to mount it elsewhere."""
    hidden = 'mount -t tmpfs none /sys/kernel && exec setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin "$@"'
    argv = ["unshare", "--mount", "sh", "-c", hidden, "sh", sys.executable, "-m", "why502"]
    trace = subprocess.run([*argv, "trace", "listen"], capture_output=True, text=True, check=False, timeout=60)
    assert (trace.returncode, trace.stdout) == (2, "")
    assert trace.stderr.startswith("why502: cannot trace kernel events: ")
    out = tmp_path / "case"
    command = [*argv, "collect", "-o", str(out), "--duration", "0.2s", "--netns", "/proc/self/ns/net"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == 0
    assert "not recorded: kernel events: tracefs: " in run.stderr
    assert (out / "host.json").exists()


def test_what_may_not_be_read_is_said_at_once(tmp_path: Path) -> None:
    """In a folder, too: the answer without it may ask for just that file."""
    folder = tmp_path / "logs"
    folder.mkdir()
    line = '203.0.113.9 - - [28/Aug/2018:20:17:23 +0000] "GET / HTTP/1.1" 502 157 "-" "curl/7.61"\n'
    (folder / "access.log").write_text(line)
    (folder / "error.log").write_text("2018/08/28 20:17:23 [error] 7#7: *1 upstream prematurely closed connection\n")
    (folder / "notes.txt").write_text("of no interest\n")
    (folder / "error.log").chmod(0)
    run = _without_rights("diagnose", str(folder))
    assert run.returncode == 3
    assert run.stderr == f"why502: left out: {folder / 'error.log'}: permission denied\n"
