from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.running import why502
from why502.live import tracefs

if TYPE_CHECKING:
    from collections.abc import Iterator

MOUNTS = Path("/proc/mounts")
WITHOUT_RIGHTS = ("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all", "--no-new-privs")
"""Root without a single capability, as in a container that was given none."""


@contextmanager
def _tracing(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The command, once it says that it traces."""
    argv = [sys.executable, "-m", "why502", "trace", *arguments]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr
        for line in process.stderr:
            if line.startswith("tracing"):
                break
            if line.startswith("why502: cannot trace"):
                pytest.skip(f"needs root and tracefs: {line.strip()}")
        yield process
    finally:
        process.kill()
        process.communicate()


def _instances(pid: int) -> list[str]:
    with tracefs.mounted() as place:
        return [folder.name for folder in (place / "instances").glob(f"{tracefs.PREFIX}{pid}-*")]


@pytest.mark.kernel
def test_each_line_is_an_object() -> None:
    """JSON lines, each with every field; the listener with its queue and drops among them."""
    with _tracing("listen", "--json") as process, socket.socket() as listener:
        for backlog in range(7):
            listener.listen(backlog)
        time.sleep(0.4)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=20)
    lines = [json.loads(line) for line in out.splitlines()]
    ours = [line for line in lines if line["pid"] == os.getpid()]
    assert process.returncode == 0
    assert [line["backlog"] for line in ours] == list(range(7))
    assert {line["result"] for line in ours} == {0}
    assert {"queue_len", "drops", "backlog"} <= ours[-1]["listener"].keys()


@pytest.mark.kernel
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_any_signal_ends_it_cleanly(number: signal.Signals) -> None:
    """The instance is gone when the process is."""
    with _tracing("all") as process:
        assert len(_instances(process.pid)) == 1
        process.send_signal(number)
        process.communicate(timeout=20)
        assert (process.returncode, _instances(process.pid)) == (0, [])


@pytest.mark.kernel
def test_what_was_killed_is_swept_by_the_next() -> None:
    """SIGKILL leaves an instance, and no mount; the next start removes it."""
    with _tracing("oom") as process:
        mounts = MOUNTS.read_text().count("tracefs")
        process.kill()
        process.communicate()
    assert len(_instances(process.pid)) == 1
    assert why502("trace", "oom", "--duration", "0.2").returncode == 0
    assert _instances(process.pid) == []
    assert MOUNTS.read_text().count("tracefs") == mounts


@pytest.mark.kernel
def test_a_pipe_that_closes_ends_it() -> None:
    """`why502 trace | head -1`."""
    with _tracing("exit") as process:
        assert process.stdout
        process.stdout.close()
        until_s = time.monotonic() + 20
        while process.poll() is None and time.monotonic() < until_s:
            subprocess.run(["true"], check=True)
            time.sleep(0.1)
        assert (process.poll(), _instances(process.pid)) == (0, [])


def test_without_rights_it_says_what_it_needs() -> None:
    """One sentence, status 2."""
    argv = [*(WITHOUT_RIGHTS if os.geteuid() == 0 else ()), sys.executable, "-m", "why502", "trace", "listen"]
    run = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=30)
    assert run.returncode == 2
    assert (
        run.stderr == "why502: cannot trace kernel events: not allowed: needs root (CAP_SYS_ADMIN); run it with sudo\n"
    )
    assert run.stdout == ""


def test_an_unknown_kind_is_wrong_use() -> None:
    """With the kinds that there are."""
    run = why502("trace", "coffee")
    assert run.returncode == 2
    assert "'listen', 'refused', 'reset'" in run.stderr
