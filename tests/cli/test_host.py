from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import socket
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.cli.running import why502
from tests.host.frameworks.running import BUILT, served
from tests.isolation import connecting, isolated, listening
from why502.cli.host import command


def test_a_backlog_of_one_is_called_too_small() -> None:
    """The article's listener, with its process; the exit status says that something is to be done."""
    with socket.create_server(("127.0.0.1", 0), backlog=1) as server:
        name = f"127.0.0.1:{server.getsockname()[1]}"
        text, document = why502("host", "--watch-s", "0.2"), why502("host", "--json", "--watch-s", "0.2")
    (row,) = (line for line in text.stdout.splitlines() if line.startswith(name))
    assert (text.returncode, document.returncode) == (1, 1)
    assert str(os.getpid()) in row
    assert row.endswith("too small")
    (found,) = (one for one in json.loads(document.stdout)["listeners"] if one["listener"]["address"] == name)
    assert (found["listener"]["backlog"], found["listener"]["pids"]) == (1, [os.getpid()])
    assert found["processes"][0]["pid"] == os.getpid()


@pytest.mark.kernel
def test_a_full_listener_of_another_namespace_is_shown_with_its_place() -> None:
    """Containers included: from outside, by the name of their namespace."""
    with isolated() as door, listening(door, 1) as listener, connecting(door, listener, 5):
        name = f"127.0.0.1:{listener.getsockname()[1]}"
        run = why502("host", "--watch-s", "0.2")
    (row,) = (line for line in run.stdout.splitlines() if line.startswith(name) and door.name in line)
    assert row.split()[:2] == [name, door.name]
    assert run.returncode == 1


@pytest.mark.kernel
@pytest.mark.xdist_group("real-servers")
def test_the_affected_dropwizard_is_named_with_its_known_issue() -> None:
    """The article's root cause, by one command on the host: software, version, digit, remedy."""
    jar = BUILT / "api-1.3.5.jar"
    if not jar.exists():
        pytest.skip(f"{jar} is missing; `make test` builds it with Maven (Dropwizard from Maven Central)")
    java = Path(shutil.which("java") or "/usr/bin/java")
    with isolated() as door, served(door, 8080, java, "-Xshare:auto", "-jar", jar, "server"):
        run = why502("host", "--watch-s", "0.2")
    (row,) = (line for line in run.stdout.splitlines() if door.name in line and line.startswith("[::]:8080"))
    # Other tests may run the same release beside us, in namespaces with another somaxconn.
    named = [line for line in run.stdout.splitlines() if line.startswith("known issue: dropwizard-2429")]
    assert "Dropwizard 1.3.5" in row
    assert row.endswith("too small")
    assert any("first digit of net.core.somaxconn 4096" in line for line in named)
    assert run.returncode == 1


@pytest.mark.kernel
def test_an_ordinary_user_sees_what_is_allowed_and_is_told_the_rest() -> None:
    """Queues and limits of the own namespace without any right; owners of other users' sockets not."""
    if os.geteuid() != 0:
        pytest.skip("needs root to become another user")
    forked = multiprocessing.get_context("fork")
    _audit()  # what it imports may lie in a home that the other user cannot read
    with socket.create_server(("127.0.0.1", 0), backlog=1) as server:
        name = f"127.0.0.1:{server.getsockname()[1]}"
        with ProcessPoolExecutor(1, mp_context=forked, initializer=_become_nobody) as pool:
            status, text = pool.submit(_audit).result()
    (row,) = (line for line in text.splitlines() if line.startswith(name))
    assert (status, row.endswith("too small")) == (1, True)
    assert "?" in row
    assert "could not be seen: the open files of" in text


def _become_nobody() -> None:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)


def _audit() -> tuple[int, str]:
    run = CliRunner().invoke(command, ["--watch-s", "0.2"], standalone_mode=False)
    return run.return_value, run.output
