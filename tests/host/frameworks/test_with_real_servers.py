"""Real servers in network namespaces, with their defaults: name, version, backlog and keep-alive."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.host.frameworks.running import BUILT, SOURCES, served
from tests.isolation import isolated
from why502.facts.listeners import listener_windows
from why502.host import limits
from why502.host.frameworks import recognise
from why502.host.namespaces import inside
from why502.host.record import snapshot_now
from why502.known import recognise as issues_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.facts.scene import ListenerWindow

pytestmark = [pytest.mark.kernel, pytest.mark.xdist_group("real-servers")]
PORT = 8080


def _window(door: Path, command: Sequence[str | Path]) -> ListenerWindow:
    """The listener of a server, as a single look at its namespace tells it."""
    with served(door, PORT, *command):
        record = snapshot_now([door])
    return next(one for one in listener_windows(record, "host") if one.listener.address.endswith(f":{PORT}"))


def _program(name: str) -> Path:
    return Path(shutil.which(name) or f"/usr/bin/{name}")


def _asked(*command: str | Path) -> str:
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False).stdout


def test_nginx(tmp_path: Path) -> None:
    """Version out of the binary, backlog 511, keep-alive 75 s."""
    configuration = tmp_path / "nginx.conf"
    configuration.write_text(
        f"daemon off; pid {tmp_path}/pid; error_log /dev/null; events {{}}\n"
        f"http {{ access_log off; server {{ listen 127.0.0.1:{PORT}; }} }}\n"
    )
    nginx = Path("/usr/sbin/nginx")
    with isolated() as door:
        window = _window(door, [nginx, "-p", tmp_path, "-c", configuration])
    told = subprocess.run([nginx, "-v"], capture_output=True, text=True, check=False).stderr
    assert window.process is not None
    assert window.process.server is not None
    found = window.process.server
    assert (found.name, f"nginx version: nginx/{found.version}") == ("nginx", told.strip())
    assert (found.backlog_default, window.listener.backlog, found.keepalive_s) == (511, 511, 75.0)


def test_node() -> None:
    """Five seconds: known to lose against ALB and nginx."""
    node = _program("node")
    with isolated() as door:
        window = _window(door, [node, SOURCES / "node/server.js", str(PORT)])
    assert window.process is not None
    assert window.process.server is not None
    found = window.process.server
    assert (found.name, f"v{found.version}") == ("Node.js", _asked(node, "--version").strip())
    assert (found.backlog_default, window.listener.backlog, found.keepalive_s) == (511, 511, 5.0)
    assert "node-20256" in {issue.id for issue in issues_of(window)}


def test_go() -> None:
    """The compiler's version; its backlog is somaxconn of the very namespace."""
    with isolated() as door:
        inside(door, lambda: (limits.SYSCTL / "core/somaxconn").write_text("777"))
        window = _window(door, [BUILT / "go-api", str(PORT)])
    assert window.process is not None
    assert window.process.server is not None
    found = window.process.server
    assert (found.name, found.backlog, window.listener.backlog) == ("Go net/http", "somaxconn", 777)
    assert (found.keepalive, found.keepalive_s) == ("no limit", None)
    assert found.version
    assert f"go{found.version}" in (BUILT / "go-api").read_bytes().decode("latin-1")


@pytest.mark.parametrize(
    ("name", "options", "keepalive"),
    [
        ("gunicorn", ("--bind", f"127.0.0.1:{PORT}", "--chdir", SOURCES / "python", "application:wsgi"), "none"),
        ("uvicorn", ("--port", str(PORT), "--app-dir", SOURCES / "python", "application:asgi"), "5 s (default)"),
    ],
)
def test_python_servers(name: str, options: tuple[str | Path, ...], keepalive: str) -> None:
    """Version of the environment that they run in."""
    with isolated() as door:
        window = _window(door, [BUILT / "python/bin" / name, *options])
    assert window.process is not None
    assert window.process.server is not None
    found = window.process.server
    assert (found.name, found.backlog_default, window.listener.backlog) == (name, 2048, 2048)
    assert (found.keepalive, found.guessed) == (keepalive, False)
    assert found.version
    assert found.version in _asked(BUILT / "python/bin" / name, "--version")


def test_jetty() -> None:
    """Jars on the class path; 50 is what the JDK takes for Jetty's 0."""
    java = _program("java")
    jars = BUILT / "jetty"
    if not jars.exists():
        pytest.skip(f"{jars} is missing; `make test` builds it with Maven")
    with isolated() as door:
        window = _window(door, [java, "-Xshare:auto", "-cp", f"{jars}/*", "demo.Plain", str(PORT)])
    assert window.process is not None
    assert window.process.server is not None
    found = window.process.server
    assert (found.name, found.version) == ("Jetty", "9.4.54.v20240208")
    assert (found.backlog_default, window.listener.backlog, found.keepalive_s) == (50, 50, 30.0)


@pytest.mark.parametrize(
    ("version", "somaxconn", "backlog"), [("1.3.5", 128, 1), ("1.3.5", 4096, 4), ("1.3.7", 128, 128)]
)
def test_dropwizard(version: str, somaxconn: int, backlog: int) -> None:
    """The article's fault with the real release, by name; the release that repairs it is healthy."""
    java, jar = _program("java"), BUILT / f"api-{version}.jar"
    if not jar.exists():
        pytest.skip(f"{jar} is missing; `make test` builds it with Maven (Dropwizard from Maven Central)")
    with isolated() as door:
        inside(door, lambda: (limits.SYSCTL / "core/somaxconn").write_text(str(somaxconn)))
        window = _window(door, [java, "-Xshare:auto", "-jar", jar, "server"])
    assert window.process is not None
    assert window.process.server is not None
    found = window.process.server
    assert (found.name, found.version, found.keepalive_s) == ("Dropwizard", version, 30.0)
    assert window.listener.backlog == backlog
    proven = [issue.id for issue in issues_of(window) if issue.proven]
    assert proven == (["dropwizard-2429"] if version == "1.3.5" else [])


def test_a_process_that_has_ended_is_nothing() -> None:
    """Between the look at the sockets and the look at the process it may go."""
    assert recognise(1 << 30) == (None, ())
