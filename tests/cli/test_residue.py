"""What a live command leaves behind by any end: nothing; after SIGKILL what is left is swept by the next start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import psutil
import pytest

from tests.isolation import isolated
from tests.serving import serving
from why502.host.namespaces import inside
from why502.live import tracefs

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.kernel
PATIENCE_S = 30
ENDS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL]


class World(NamedTuple):
    """All that a command could leave behind."""

    rules: str
    instances: tuple[str, ...]
    """Of tracefs, those of processes that the test started."""
    files: tuple[str, ...]
    """In the folder for temporary files."""
    mounts: int


class Stage(NamedTuple):
    """A namespace with a service to look at, and a folder of our own for temporary files."""

    door: Path
    port: int
    service: int
    folder: Path

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """In the namespace, in a session of its own, so that its children can be told."""
        environment = {**os.environ, "TMPDIR": str(self.folder), "XDG_STATE_HOME": str(self.folder.parent)}
        argv = [sys.executable, "-m", "why502", *arguments]
        return inside(
            self.door,
            lambda: subprocess.Popen(
                argv,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env=environment,
                start_new_session=True,
            ),
        )

    def world(self, *started: int) -> World:
        listed = inside(
            self.door, lambda: subprocess.run(["nft", "list", "ruleset"], capture_output=True, text=True, check=False)
        )
        return World(
            listed.stdout,
            tuple(name for pid in started for name in instances(pid)),
            tuple(sorted(path.name for path in self.folder.iterdir())),
            Path("/proc/self/mounts").read_text().count(" tracefs "),
        )


def instances(pid: int) -> list[str]:
    with tracefs.mounted() as place:
        return [folder.name for folder in (place / "instances").glob(f"{tracefs.PREFIX}{pid}-*")]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    folder = tmp_path / "temporary"
    folder.mkdir()
    with isolated() as door, serving(door, 1) as service:
        yield Stage(door, service.port, service.pid, folder)


def _ended(process: subprocess.Popen[str], number: signal.Signals) -> None:
    """End it, and see that no child of its outlives it."""
    process.send_signal(number)
    process.communicate(timeout=PATIENCE_S)
    until_s = time.monotonic() + PATIENCE_S
    while (left := _session(process.pid)) and time.monotonic() < until_s:
        time.sleep(0.01)
    assert left == []


def _session(leader: int) -> list[str]:
    found = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == leader and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.name())
        except (ProcessLookupError, psutil.Error):
            continue
    return found


@contextmanager
def _traced(process: subprocess.Popen[str]) -> Iterator[None]:
    """Once its instance is there."""
    until_s = time.monotonic() + PATIENCE_S
    while not instances(process.pid) and process.poll() is None and time.monotonic() < until_s:
        time.sleep(0.01)
    if not instances(process.pid):
        process.kill()
        pytest.skip(f"needs root and tracefs: {process.communicate()[1]}")
    yield


@pytest.mark.parametrize("number", ENDS)
def test_trace(stage: Stage, number: signal.Signals) -> None:
    """An instance of tracefs, and events that are switched on in it."""
    before = stage.world()
    process = stage.start("trace", "all")
    with _traced(process):
        _ended(process, number)
    started = [process.pid]
    if number is signal.SIGKILL:
        again = stage.start("trace", "oom", "--duration", "0.1")
        again.communicate(timeout=PATIENCE_S)
        started.append(again.pid)
    assert stage.world(*started) == before


@pytest.mark.parametrize("number", ENDS)
def test_collect(stage: Stage, number: signal.Signals, tmp_path: Path) -> None:
    """Events, a capture and a bundle that is half written."""
    out, target = tmp_path / "bundles/case.tar.zst", f"127.0.0.1:{stage.port}"
    out.parent.mkdir()
    before = stage.world()
    own = ("--netns", str(stage.door), "--target", target)
    process = stage.start("collect", "-o", str(out), "--duration", "10m", *own)
    with _traced(process):
        _ended(process, number)
    started = [process.pid]
    if number is signal.SIGKILL:
        again = stage.start("collect", "-o", str(out), "--duration", "0.2s", *own)
        _, told = again.communicate(timeout=PATIENCE_S)
        assert again.returncode == 0, told
        started.append(again.pid)
    assert stage.world(*started) == before
    assert [path.name for path in out.parent.iterdir()] == ["case.tar.zst"]


@pytest.mark.parametrize("number", ENDS)
@pytest.mark.parametrize("command", ["host", "reproduce", "fix"])
def test_what_only_looks_or_asks(stage: Stage, command: str, number: signal.Signals) -> None:
    """No tracefs, no rules, no helpers: whatever the moment at which it ends."""
    url = f"http://127.0.0.1:{stage.port}/"
    arguments = {
        "host": ("host", "--watch-s", "60"),
        "reproduce": ("reproduce", url, "--bursts", "50"),
        "fix": ("fix", "backlog", "--pid", str(stage.service), "--to", "64", "--yes", "--prove", "--path", "/"),
    }
    before = stage.world()
    process = stage.start(*arguments[command])
    assert process.stdout
    assert process.stderr
    if command == "reproduce":
        process.stderr.readline()
    elif command == "fix":
        process.stdout.readline()
    _ended(process, number)
    assert stage.world(process.pid) == before
