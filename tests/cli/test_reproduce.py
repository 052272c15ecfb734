from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys

import pytest

from tests.cli.running import why502
from tests.held import late, only_dropped_syns
from tests.isolation import isolated
from tests.serving import serving


def _inside(door: str, *arguments: str) -> list[str]:
    """The command line in a network namespace."""
    return ["nsenter", f"--net={door}", sys.executable, "-m", "why502", "reproduce", *arguments]


@pytest.mark.kernel
def test_the_fault_is_shown_with_each_connection() -> None:
    """Status 1: it was reproduced, and has a name. Four at once: the two that must wait fit in when they come again."""
    with isolated() as door, late(door, 1) as service:
        only_dropped_syns(door)
        run = subprocess.run(
            _inside(str(door), service.url, "--concurrency", "4", "--bursts", "1", "--sweep-to", "0"),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert run.returncode == 1
    assert "This is accept-queue-overflow." in run.stdout
    assert "backlog: 2 connections at once get through, the third waits 1 s: backlog 1" in run.stdout
    assert "SYN AGAIN" in run.stdout
    assert f"4 connections in bursts to 127.0.0.1:{service.port}" in run.stderr


@pytest.mark.kernel
def test_json_tells_every_connection() -> None:
    """One document, with the evidence of each."""
    with isolated() as door, serving(door, 64) as service:
        argv = _inside(str(door), service.url, "--json", "--bursts", "2", "--connection-test-only", "--sweep-to", "0")
        run = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    document = json.loads(run.stdout)
    assert run.returncode == 0
    assert (document["schema"], document["connection_test_only"]) == ("why502-reproduce/1", True)
    assert [len(burst["attempts"]) for burst in document["bursts"]] == [5, 5]
    assert {attempt["fate"] for burst in document["bursts"] for attempt in burst["attempts"]} == {"connected"}


@pytest.mark.kernel
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_what_it_has_seen(number: signal.Signals) -> None:
    """At once, and it says so."""
    with isolated() as door, serving(door, 1) as service:
        argv = _inside(str(door), service.url, "--bursts", "50")
        process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert process.stderr
        while "Ctrl-C" not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(number)
        out, _ = process.communicate(timeout=20)
    assert "ended early: interrupted" in out
    assert process.returncode in {0, 1, 3}


def test_a_refusing_target_is_named() -> None:
    """Status 1, without a single burst."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    run = why502("reproduce", f"http://127.0.0.1:{port}/")
    assert run.returncode == 1
    assert "This is connection-refused." in run.stdout
    assert "burst 1" not in run.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("10.0.0.7:8080",), "no URL of a target"),
        (("http://192.88.99.1/",), "neither loopback nor private, and nobody can be asked; --yes"),
        (("http://127.0.0.1/", "--concurrency", "0"), "0 is not in the range"),
        (("http://127.0.0.1/", "--concurrency", "1024", "--bursts", "100"), "at most 20,000 in all"),
    ],
)
def test_wrong_use_is_one_sentence(arguments: tuple[str, ...], sentence: str) -> None:
    """And status 2; nothing was sent."""
    run = why502("reproduce", *arguments)
    assert (run.returncode, run.stdout) == (2, "")
    assert sentence in run.stderr
