from __future__ import annotations

import pytest

from why502.facts.server_commands import of_command


def told(command: str, variables: dict[str, str] | None = None) -> list[str]:
    """Each limit with its address."""
    return [f"{o.name} {o.value:g} {o.address}".strip() for o in of_command(command.split(), variables)]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("/venv/bin/python /venv/bin/gunicorn -b :8000 -k gthread --threads 8 -w 2 --keep-alive=75 app:app",
         ["keepalive 75 8000", "workers x threads 16 8000"]),
        ("gunicorn -w 4 -t 30 --backlog 64 app:app", ["backlog 64", "workers 4", "timeout 30"]),
        ("gunicorn -w4 -t30 -b:8000 app:app", ["workers 4 8000", "timeout 30 8000"]),
        ("gunicorn -k uvicorn.workers.UvicornWorker -w 4 -t 30 app:app", []),
        ("python3 -m uvicorn --port 80 --timeout-keep-alive 75 --backlog 1 a:b",
         ["--timeout-keep-alive 75 80", "--backlog 1 80"]),
        ("puma -t 0:16 -w 2 -b tcp://0.0.0.0:9292?backlog=512",
         ["backlog 512 9292", "workers x threads 32 9292"]),
        ("puma: cluster worker 0: 17 [app]", []),
        ("hypercorn -b 0.0.0.0:8000 --keep-alive 65 --backlog=100 app", ["--keep-alive 65 8000", "--backlog 100 8000"]),
        ("waitress-serve --listen=*:8041 --threads=6 --channel-timeout=10 app:a",
         ["--threads 6 8041", "--channel-timeout 10 8041"]),
        ("uwsgi --http-socket :8000 -p 4 --threads 2 -l 200 -t 60",
         ["listen 200 8000", "processes x threads 8 8000", "harakiri 60 8000"]),
        ("uwsgi --socket /run/a.sock --processes 4 --gevent 100", []),
        ("node node_modules/.bin/next start -p 3000 --keepAliveTimeout 70000", ["--keepAliveTimeout 70 3000"]),
        ("node worker.js next --keepAliveTimeout 70000", []),
        ("gunicorn -w $(nproc) --timeout $TIMEOUT app", []),
        ("java -jar shop.jar --backlog 7", []),
        ("gunicorn", []),
        ("gunicorn -c conf.py -w 4 -t 30 -b :8000 --backlog 5 app", ["backlog 5 8000"]),
        ("gunicorn -c conf.py -k sync -t 30 app", ["worker_class sync 0", "timeout 30"]),
        ("uwsgi --ini a.ini -p 4 --harakiri 9", ["harakiri 9"]),
        ("puma -C config/puma.rb -t 5:5 -p 3000", []),
        ("", []),
    ],
)  # fmt: skip
def test_a_command_line_tells_limits(command: str, expected: list[str]) -> None:
    """Asynchronous workers are not killed for a long request, and what is computed is no value."""
    assert told(command) == expected


@pytest.mark.parametrize(
    ("command", "variables", "expected"),
    [
        ("gunicorn app", {"GUNICORN_CMD_ARGS": "--bind=:8000 -t 90", "WEB_CONCURRENCY": "3"},
         ["workers 3 8000", "timeout 90 8000"]),
        ("gunicorn -t 30 app", {"GUNICORN_CMD_ARGS": "-t 90", "PORT": "5000"}, ["timeout 30 5000"]),
        ("uvicorn a:b --port 80", {"UVICORN_TIMEOUT_KEEP_ALIVE": "75", "UVICORN_PORT": "81"},
         ["--timeout-keep-alive 75 80"]),
        ("puma -t 5:5", {"WEB_CONCURRENCY": "2", "PORT": "3000"}, ["workers x threads 10 3000"]),
        ("puma -t 5:5", {"WEB_CONCURRENCY": ""}, []),
        ("uwsgi --http :80", {"UWSGI_HARAKIRI": "20"}, ["harakiri 20 80"]),
        ("nginx -g daemon", {"WEB_CONCURRENCY": "2"}, []),
    ],
)  # fmt: skip
def test_the_command_line_outranks_the_environment(
    command: str, variables: dict[str, str], expected: list[str]
) -> None:
    """gunicorn docs/source/configure.rst; click's `auto_envvar_prefix`; a variable that is set elsewhere is unknown."""
    assert told(command, variables) == expected
