from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pyroute2 import netns

from why502.errors import Why502Error
from why502.host.namespaces import NAMED
from why502.lab import hosts, namespaces


def _ours() -> list[str]:
    return [name for name in netns.listnetns() if name.startswith(f"{namespaces.PREFIX}-{os.getpid()}-")]


def _read_sysctl() -> str:
    return Path("/proc/sys/net/core/somaxconn").read_text().strip()


@pytest.mark.kernel
def test_wire_joins_two_hosts(tmp_path: Path) -> None:
    """A process in one namespace reaches the other, and settings hold inside only."""
    before = _read_sysctl()
    with hosts.wire() as ends:
        ends.target.set_sysctls({"net.core.somaxconn": "77"})
        assert ends.target.call(_read_sysctl) == "77"
        assert _read_sysctl() == before
        code = f"import socket; socket.socket(type=2).connect(('{ends.target.address}', 9)); print('joined')"
        log = tmp_path / "log"
        with ends.proxy.running(hosts.PYTHON, "-c", code, log=log) as process:
            process.wait(20)
        assert log.read_text() == "joined\n"


@pytest.mark.kernel
def test_wire_is_gone_after_an_exception() -> None:
    """Whatever happens in between."""

    def fail() -> None:
        with hosts.wire() as ends:
            assert ends.proxy.netns in _ours()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert _ours() == []


@pytest.mark.kernel
def test_process_that_will_not_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGTERM first; who ignores it gets SIGKILL."""
    monkeypatch.setattr(hosts, "GRACE_S", 0.2)
    code = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    with hosts.wire() as ends, ends.target.running(hosts.PYTHON, "-c", code, log=tmp_path / "log", answers=True) as p:
        assert p.stdout is not None
        assert p.stdout.readline() == "deaf\n"
    assert p.returncode == -signal.SIGKILL


@pytest.mark.kernel
@pytest.mark.parametrize("deadly", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_nothing_survives_a_signal(deadly: signal.Signals, tmp_path: Path) -> None:
    """SIGTERM, SIGINT: the lab cleans up. SIGKILL: the kernel ends its children, the next lab sweeps the rest."""
    code = (
        "import signal; from pathlib import Path; from why502.lab.hosts import *\n"
        "from why502.lab.interruption import orderly_end\n"
        "with orderly_end() as end, wire() as ends, ends.target.running('sleep', '99', log=Path('log')) as child:\n"
        "    print(ends.target.netns, child.pid, flush=True)\n"
        "    with end.allowed():\n"
        "        signal.pause()\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=tmp_path) as lab:
        assert lab.stdout is not None
        name, child = lab.stdout.readline().split()
        door = NAMED / name
        assert door.exists()
        lab.send_signal(deadly)
        try:
            lab.wait(20)
        finally:
            lab.kill()
    _until_gone(Path("/proc") / child)
    if deadly == signal.SIGKILL:
        namespaces.sweep()
    assert not door.exists()


def _until_gone(process: Path) -> None:
    for _ in range(200):
        if not process.exists() or " Z " in (process / "stat").read_text():
            return
        time.sleep(0.05)
    pytest.fail(f"{process} still runs")


def test_without_root_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed, why, what to do."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with (
        pytest.raises(Why502Error, match="the lab needs root: it makes network namespaces; run it with sudo"),
        hosts.wire(),
    ):
        pass


def test_elsewhere_than_on_linux_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is tried."""
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(Why502Error, match="the lab runs on Linux only"), hosts.wire():
        pass
