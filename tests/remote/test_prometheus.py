"""Against a real Prometheus of Debian."""

from __future__ import annotations

import json
import socket
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.cli.running import why502
from tests.remote.prometheus_server import MISSING, prometheus
from why502.errors import Why502Error
from why502.model.case import Series, Window
from why502.remote.prometheus import Prometheus

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BEGIN_S = int(datetime(2026, 11, 20, 9, 30, tzinfo=UTC).timestamp())
MINUTES = 60
FAILING = range(30, 36)
"""Minutes from the beginning: 10:00 to 10:06."""
STEP_S = 15

LINE = (
    '192.0.2.9 - - [20/Nov/2026:{at} +0000] "GET /api/items HTTP/1.1" {status} 157 "-" "curl/7.88.1" rt={took} '
    'ua="10.0.0.7:8080" us="{status}" uct="0.000" uht="{took}" urt="{took}"\n'
)


def _samples() -> Iterator[str]:
    """Four cores that are busy to 30 %, and to 97 % while requests fail; 502s counted by an ingress."""
    times = [BEGIN_S + STEP_S * number for number in range(MINUTES * 60 // STEP_S)]
    yield "# TYPE up gauge"
    yield from (f'up{{instance="{i}"}} 1 {at_s}' for i in ("10.0.0.7:9100", "10.0.0.1:10254") for at_s in times)
    yield "# TYPE node_cpu_seconds counter"
    for core in range(4):
        for mode, shares in (("idle", (0.70, 0.03)), ("user", (0.30, 0.97))):
            total = 1000.0
            for number, at_s in enumerate(times):
                wobble = 0.01 * ((number * 7 + core) % 3 - 1)
                total += STEP_S * (shares[_minute(at_s) in FAILING] + wobble)
                labels = f'cpu="{core}",mode="{mode}",instance="10.0.0.7:9100"'
                yield f"node_cpu_seconds_total{{{labels}}} {total:.3f} {at_s}"
    yield "# TYPE node_memory_MemTotal_bytes gauge"
    yield from (f'node_memory_MemTotal_bytes{{instance="10.0.0.7:9100"}} 1000 {at_s}' for at_s in times)
    yield "# TYPE node_memory_MemAvailable_bytes gauge"
    yield from (f'node_memory_MemAvailable_bytes{{instance="10.0.0.7:9100"}} 600 {at_s}' for at_s in times)
    yield "# TYPE nginx_ingress_controller_requests gauge"
    for at_s in times:
        failed = 5 + max(0, min(_minute(at_s) + 1, FAILING.stop) - FAILING.start)
        yield f'nginx_ingress_controller_requests{{status="502",instance="10.0.0.1:10254"}} {failed} {at_s}'
        yield f'nginx_ingress_controller_requests{{status="200",instance="10.0.0.1:10254"}} {at_s} {at_s}'


def _minute(at_s: float) -> int:
    return int(at_s - BEGIN_S) // 60


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if MISSING:
        pytest.skip(f"needs {' and '.join(MISSING)} (Debian package prometheus)")
    with prometheus(tmp_path_factory.mktemp("prometheus"), list(_samples())) as url:
        yield url


def test_what_judgement_needs_is_fetched(server: str) -> None:
    """The mean of all cores, memory in use, and the growth of the 502s; nothing that nobody asked for."""
    reading = Prometheus(server).fetch(Window(BEGIN_S, BEGIN_S + 60 * MINUTES - STEP_S))
    by_name = {fact.name: fact for fact in reading.facts if isinstance(fact, Series)}
    assert set(by_name) == {"up", "cpu-busy-ratio", "memory-used-ratio", "gateway-5xx-count"}
    assert sum(value for _, value in by_name["gateway-5xx-count"].points) == len(FAILING)
    busy = dict(by_name["cpu-busy-ratio"].points)
    assert busy[BEGIN_S + 60] == pytest.approx(0.3, abs=0.03)
    assert busy[BEGIN_S + 60 * 33] == pytest.approx(0.97, abs=0.03)
    assert {value for _, value in by_name["memory-used-ratio"].points} == {0.4}
    assert by_name["cpu-busy-ratio"].at.name == 'node_cpu_seconds_total{instance="10.0.0.7:9100"}'
    assert reading.input.not_understood == 0


def test_diagnose_holds_the_processor_by_what_prometheus_saw(server: str, tmp_path: Path) -> None:
    """A log of timeouts, and the metrics of their time with half an hour around: held, by level and rank test."""
    log = tmp_path / "access.log"
    lines = [LINE.format(at=f"10:{minute:02}:{second:02}", status=504, took="60.000")
             for minute in range(1, 6) for second in (5, 25, 45)]  # fmt: skip
    served = [LINE.format(at=f"09:{minute}:00", status=200, took="0.004") for minute in range(40, 60)]
    log.write_text("".join(served + lines))
    done = why502("diagnose", str(log), "--prometheus", server, "--until", "2026-11-20 10:29", "--json")
    assert done.stderr == ""
    document = json.loads(done.stdout)
    line = next(s for s in document["suspects"] if s["cause"] == "cpu-saturated")
    assert line["status"] in {"suspected", "convicted"}
    assert line["probability"] > 0.8
    assert line["why"].startswith(
        "processor use: while requests failed 97% (median), otherwise 30% (median), p < 0.001"
    )
    assert next(s for s in document["suspects"] if s["cause"] == "memory-exhausted")["status"] == "cleared"


def test_metrics_alone_count_the_failures(server: str) -> None:
    """Nobody knows who made these 502s; the processor is tested against the minutes that counted them."""
    done = why502("diagnose", "--prometheus", server, "--since", "2026-11-20 09:30", "--until", "2026-11-20 10:29",
                  "--json")  # fmt: skip
    document = json.loads(done.stdout)
    assert done.returncode == 3
    assert (document["failures"]["total"], document["failures"]["by_side"]["proxy"]) == (len(FAILING), 0)
    assert "rank test, 6 and" in next(s for s in document["suspects"] if s["cause"] == "cpu-saturated")["why"]


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("prometheus:9090", "no address of a Prometheus"),
        ("ftp://prometheus", "no address of a Prometheus"),
        ("file:///etc/passwd", "no address of a Prometheus"),
    ],
)
def test_what_is_no_address_is_refused_before_the_work(url: str, sentence: str) -> None:
    """Only http and https."""
    with pytest.raises(Why502Error, match=sentence):
        Prometheus(url)


def test_no_answer_is_one_sentence_without_the_password() -> None:
    """Nobody listens on port 1."""
    asked = Prometheus("http://ann:secret@127.0.0.1:1/prefix/")
    with pytest.raises(Why502Error, match=r"no answer from Prometheus: http://127\.0\.0\.1:1/prefix: ") as raised:
        asked.fetch(Window(0.0, 60.0))
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("said", [b"", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"])
def test_something_else_behind_the_address_is_one_sentence(said: bytes) -> None:
    """Whatever it says, or leaves out."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        answering = threading.Thread(target=_say, args=(listener, said))
        answering.start()
        with pytest.raises(Why502Error, match="no answer from Prometheus"):
            Prometheus(f"http://127.0.0.1:{listener.getsockname()[1]}").fetch(Window(0.0, 60.0))
        answering.join(10)


def _say(listener: socket.socket, said: bytes) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(said)


def test_what_prometheus_refuses_is_told_in_its_words(server: str) -> None:
    """A window that it takes for none: it ends before it begins."""
    with pytest.raises(Why502Error, match="end timestamp must not be before start time"):
        Prometheus(server).fetch(Window(60.0, 0.0))
