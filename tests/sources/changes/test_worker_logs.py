from __future__ import annotations

from io import BytesIO

import pytest

from why502.model.case import KernelEvent
from why502.model.evidence import Source
from why502.sources.gather import recognise
from why502.sources.interface import EvidenceFile, Reading

AT_S = 1773136799.0
"""2026-03-10 09:59:59 UTC"""
GUNICORN = "[2026-03-10 09:59:59 +0000] [1] "
PHP = "[10-Mar-2026 09:59:59] "
UNICORN = ", [2026-03-10T09:59:59.123456 #123]"
PUMA = "2026-03-10T09:59:59.123456789Z "
UWSGI = "Tue Mar 10 09:59:59 2026 - "


def told(kind: str, *text: str) -> Reading:
    content = "\n".join((*text, "")).encode()
    reader = recognise(content)
    assert reader is not None
    assert reader.kind == kind
    return reader.read(EvidenceFile("server.log", lambda: BytesIO(content)))


@pytest.mark.parametrize(
    ("kind", "line", "expected"),
    [
        ("gunicorn-log", f"{GUNICORN}[CRITICAL] WORKER TIMEOUT (pid:700)", ("worker-timeout", 700, None)),
        (
            "gunicorn-log",
            f"{GUNICORN}[ERROR] Worker (pid:700) was sent SIGKILL! Perhaps out of memory?",
            ("worker-died", 700, None),
        ),
        ("gunicorn-log", f"{GUNICORN}[ERROR] Worker (pid:700) was sent SIGTERM!", None),
        ("gunicorn-log", f"{GUNICORN}[INFO] Booting worker with pid: 701", None),
        (
            "php-fpm-log",
            f"{PHP}WARNING: [pool www] child 800 exited on signal 11 (SIGSEGV) after 5.000001 seconds from start",
            ("worker-died", 800, None),
        ),
        ("php-fpm-log", f"{PHP}WARNING: [pool www] child 800 exited on signal 15 (SIGTERM) after 5.000001 s", None),
        ("php-fpm-log", f"{PHP}WARNING: [pool www] child 800 exited with code 0 after 5.000001 seconds", None),
        (
            "php-fpm-log",
            f"{PHP}WARNING: [pool www] server reached pm.max_children setting (5), consider raising it",
            ("pool-full", None, None),
        ),
        (
            "php-fpm-log",
            f"{PHP}WARNING: [pool www] child 800, script '/a.php' (request: \"GET /\") execution timed out (30.1 sec)",
            ("worker-timeout", 800, None),
        ),
        (
            "uwsgi-log",
            f'{UWSGI}*** uWSGI listen queue of socket ":3031" (fd: 3) full !!! (101/100) ***',
            ("queue-full", None, ":3031"),
        ),
        ("uwsgi-log", f"{UWSGI}DAMN ! worker 1 (pid: 12) died, killed by signal 9 :(", ("worker-died", 12, None)),
        ("uwsgi-log", f"{UWSGI}*** HARAKIRI ON WORKER 1 (pid: 12, try: 1) ***", ("worker-timeout", 12, None)),
        (
            "unicorn-log",
            f"E{UNICORN} ERROR -- : worker=1 PID:456 timeout (31s > 30s), killing",
            ("worker-timeout", 456, None),
        ),
        (
            "unicorn-log",
            f"E{UNICORN} ERROR -- : reaped #<Process::Status: pid 456 SIGKILL (signal 9)> worker=1",
            ("worker-died", 456, None),
        ),
        (
            "unicorn-log",
            f"E{UNICORN} ERROR -- : reaped #<Process::Status: pid 456 exit 1> worker=1",
            ("worker-died", 456, None),
        ),
        ("unicorn-log", f"I{UNICORN}  INFO -- : reaped #<Process::Status: pid 456 exit 0> worker=1", None),
        ("unicorn-log", f"E{UNICORN} ERROR -- : reaped #<Process::Status: pid 456 SIGTERM (signal 15)> worker=1", None),
        ("unicorn-log", f"I{UNICORN}  INFO -- : worker=1 ready", None),
        (
            "puma-log",
            f"{PUMA}[1] ! Terminating timed out worker (Worker 0 failed to check in within 60 seconds): 17",
            ("worker-timeout", 17, None),
        ),
        ("puma-log", f"{PUMA}[1] ! Terminating timed out worker: 17", ("worker-timeout", 17, None)),
        ("puma-log", f"{PUMA}[1] ! Terminating timed out worker (worker failed to boot within 60 seconds): 17", None),
        ("puma-log", f"{PUMA}[1] - Worker 0 (PID: 17) booted in 0.01s, phase: 0", None),
    ],
)
def test_what_servers_say(kind: str, line: str, expected: tuple[object, ...] | None) -> None:
    """gunicorn/arbiter.py, sapi/fpm/fpm of php-src, core/master.c of uWSGI."""
    found = told(kind, line)
    events = [(e.kind, e.pid, e.process) for e in found.facts if isinstance(e, KernelEvent)]
    assert events == ([] if expected is None else [expected])
    assert [e.at_s for e in found.facts if isinstance(e, KernelEvent)] == [AT_S] * len(events)
    assert (found.input.source, found.input.records) == (Source.EVENTS, 1)


def test_a_traceback_belongs_to_the_record_before_it() -> None:
    """It is neither understood nor misread."""
    found = told("gunicorn-log", f"{GUNICORN}[ERROR] Error handling request /a", "Traceback (most recent call last):")
    assert (found.input.records, found.input.not_understood) == (1, 0)


def test_what_only_has_the_shape_is_no_log_of_theirs() -> None:
    """Rails, and any container's output, write lines like that."""
    for line in (f"I{UNICORN}  INFO -- : Started GET / for 192.0.2.1", f"{PUMA}[shop] Started GET /"):
        reader = recognise(f"{line}\n".encode())
        assert reader is None or reader.kind not in ("unicorn-log", "puma-log")


def test_a_date_that_is_none_is_counted() -> None:
    """30 February."""
    found = told("php-fpm-log", f"{PHP}NOTICE: ready", "[30-Feb-2026 09:59:59] NOTICE: ready")
    assert (found.input.records, found.input.not_understood) == (1, 1)
