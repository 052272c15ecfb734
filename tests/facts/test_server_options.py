from __future__ import annotations

import pytest

from why502.facts.server_options import listens_at, of_command


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("/venv/bin/python /venv/bin/gunicorn -b :8000 -k gthread --threads 8 -w 2 --keep-alive=75 app:app",
         ["keepalive 75 8000", "workers x threads 16 8000"]),
        ("gunicorn -w 4 -t 30 --backlog 64 app:app", ["backlog 64", "workers 4", "timeout 30"]),
        ("gunicorn -k uvicorn.workers.UvicornWorker -w 4 -t 30 app:app", []),
        ("python3 -m uvicorn --port 80 --timeout-keep-alive 75 --backlog 1 a:b",
         ["--timeout-keep-alive 75 80", "--backlog 1 80"]),
        ("puma -t 0:16 -w 2 -b tcp://0.0.0.0:9292?backlog=512",
         ["backlog 512 9292", "workers x threads 32 9292"]),
        ("puma: cluster worker 0: 17 [app]", []),
        ("java -jar shop.jar --backlog 7", []),
        ("", []),
    ],
)  # fmt: skip
def test_a_command_line_tells_limits(command: str, told: list[str]) -> None:
    """gunicorn/config.py, uvicorn/main.py, puma/cli.rb; asynchronous workers are not killed for a long request."""
    found = of_command(command.split())
    assert [f"{o.name} {o.value:g} {o.address}".strip() for o in found] == told


@pytest.mark.parametrize(
    ("bind", "address"),
    [("0.0.0.0:8000", "8000"), ("tcp://[::]:9292?backlog=5", "9292"), ("9000", "9000"),
     ("unix:/a.sock", "unix:/a.sock"), ("/a.sock", "unix:/a.sock"), ("unix:///a.sock", "unix:/a.sock"),
     ("localhost", ""), ("", "")],
)  # fmt: skip
def test_where_it_listens(bind: str, address: str) -> None:
    """A port, or a socket's path; nothing where it is not plain."""
    assert listens_at(bind) == address
