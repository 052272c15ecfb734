from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.host.frameworks.running import process, put
from why502.host.frameworks import what_runs
from why502.host.frameworks.servers import server

if TYPE_CHECKING:
    from pathlib import Path

    from why502.model.host import Server

SITE = "app/.venv/lib/python3.11/site-packages"


def _server(root: Path, *arguments: str, installed: tuple[str, ...] = ()) -> Server | None:
    for name in installed:
        (root / SITE / f"{name}.dist-info").mkdir(parents=True, exist_ok=True)
    running = process(root, "/usr/bin/python3.11", *arguments, folder="/app")
    return server(what_runs(running), running)


@pytest.mark.parametrize(
    ("arguments", "name", "backlog", "keepalive"),
    [
        (("/app/.venv/bin/python", "/app/.venv/bin/uvicorn", "a:b"), "uvicorn", "2048", "5 s (default)"),
        (("/app/.venv/bin/python", "-m", "uvicorn", "a:b", "--timeout-keep-alive", "75"), "uvicorn", "2048",
         "75 s (--timeout-keep-alive)"),
        (("/app/.venv/bin/python", "/app/.venv/bin/gunicorn", "a:b"), "gunicorn", "2048", "none"),
        (("/app/.venv/bin/python", "/app/.venv/bin/gunicorn", "-k", "gthread", "a:b"), "gunicorn", "2048",
         "2 s (default)"),
        (("/app/.venv/bin/python", "/app/.venv/bin/gunicorn", "-k", "uvicorn.workers.UvicornWorker",
          "--keep-alive=65", "--backlog=64", "a:b"), "gunicorn", "64 (--backlog)", "65 s (--keep-alive)"),
        (("gunicorn: worker [a:b]",), "gunicorn", "2048", "none with sync workers, else 2 s"),
        (("python3", "-m", "http.server", "8000"), "Python http.server", "5", "none"),
        (("python3", "manage.py", "runserver"), "Django runserver", "10", ""),
    ],
)  # fmt: skip
def test_the_command_tells_what_serves(
    tmp_path: Path, arguments: tuple[str, ...], name: str, backlog: str, keepalive: str
) -> None:
    """With the options that it was given; else its defaults."""
    found = _server(tmp_path, *arguments, installed=("uvicorn-0.35.0", "gunicorn-23.0.0", "werkzeug-3.0.0"))
    assert found is not None
    assert (found.name, found.backlog, found.keepalive, found.guessed) == (name, backlog, keepalive, False)


@pytest.mark.parametrize(
    ("arguments", "variable", "file", "expected"),
    [
        ((), "", b"keepalive = 75\nworker_class = 'gthread'\nbacklog = 64  # few\n", ("64 (--backlog)", "75 s")),
        ((), "--worker-class gevent", b"", ("2048", "2 s (default)")),
        (("--keep-alive", "9"), "--keep-alive 8 -k gthread", b"keepalive = 7\n", ("2048", "9 s")),
        (("--threads", "1"), "", b"", ("2048", "none")),
        (("--threads=4",), "", b"", ("2048", "2 s (default)")),
        ((), "", b"keepalive = int(os.environ['K'])\n", ("2048", "none with sync workers, else 2 s")),
        (("--config=file:conf/g.py",), "", b"worker_class = 'sync'\n", ("2048", "none with sync workers, else 2 s")),
    ],
)
def test_gunicorn_is_also_told_by_its_variable_and_its_file(
    tmp_path: Path, arguments: tuple[str, ...], variable: str, file: bytes, expected: tuple[str, str]
) -> None:
    """The command line outranks both; what a file computes is not believed to be anything."""
    (tmp_path / SITE / "gunicorn-23.0.0.dist-info").mkdir(parents=True)
    if file:
        put(tmp_path, "app/conf/g.py" if arguments else "app/gunicorn.conf.py", file)
    command = ("/app/.venv/bin/python", "/app/.venv/bin/gunicorn", *arguments, "a:b")
    running = process(tmp_path, "/usr/bin/python3.11", *command, folder="/app", GUNICORN_CMD_ARGS=variable)
    found = server(what_runs(running), running)
    assert found is not None
    assert (found.backlog, found.keepalive.removesuffix(" (--keep-alive)")) == expected


def test_the_version_is_that_of_the_virtual_environment(tmp_path: Path) -> None:
    """Found below the folder of the interpreter that was called."""
    found = _server(tmp_path, "/app/.venv/bin/python", "/app/.venv/bin/uvicorn", installed=("uvicorn-0.12.2",))
    assert found is not None
    assert (found.version, found.evidence) == ("0.12.2", f"/{SITE}/uvicorn-0.12.2.dist-info")


def test_what_is_only_installed_is_said_to_be_not_seen_running(tmp_path: Path) -> None:
    """`python app.py` tells nothing, and a server of pure Python leaves no trace; of several none is named."""
    command = ("/app/.venv/bin/python", "app.py")
    alone = _server(tmp_path, *command, installed=("werkzeug-3.0.0", "requests-2.31.0"))
    assert alone is not None
    assert (alone.name, alone.guessed) == ("Werkzeug", True)
    assert alone.evidence == f"/{SITE}/werkzeug-3.0.0.dist-info: installed, not seen running"
    assert _server(tmp_path, *command, installed=("uvicorn-0.35.0",)) is None


def test_mapped_extension_modules_show_what_runs(tmp_path: Path) -> None:
    """They are loaded with the server; one that has some and has not loaded them does not run."""
    module = put(tmp_path, f"{SITE}/aiohttp/_http_parser.cpython-311-x86_64-linux-gnu.so")
    command = ("/app/.venv/bin/python", "app.py")
    assert _server(tmp_path, *command, installed=("aiohttp-3.9.1",)) is None
    put(tmp_path, "proc/maps", f"7f00-7f01 r-xp 00000000 fd:00 42    /{SITE}/aiohttp/{module.name}\n".encode())
    loaded = _server(tmp_path, *command)
    assert loaded is not None
    assert (loaded.name, loaded.version, loaded.guessed) == ("aiohttp", "3.9.1", False)
    assert loaded.evidence == f"{module.name}, mapped into the process"
