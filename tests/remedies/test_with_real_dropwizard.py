"""The article's case from end to end: Dropwizard 1.3.5 as released, found, named, cured while it runs, and put back."""

from __future__ import annotations

import asyncio
import http.client
import json
import shutil
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.cli.running import why502
from tests.held import only_dropped_syns, set_sysctl, stopped_until
from tests.host.frameworks.running import BUILT, served
from tests.isolation import isolated
from why502.host.listeners import ListenerWatch
from why502.host.namespaces import inside
from why502.model.probe import Burst, Fate
from why502.remedies.duplicate import start_ticks
from why502.reproduce.bursts import burst
from why502.reproduce.request import Manners
from why502.reproduce.target import resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from why502.model.host import Listener

pytestmark = pytest.mark.kernel
PORT = 8080
BURST = 5


class Api(NamedTuple):
    """The running service."""

    door: Path
    pid: int

    @property
    def listener(self) -> Listener:
        """As the kernel tells it now."""
        with closing(inside(self.door, lambda: ListenerWatch(1))) as watch:
            return next(one for one in watch.sample() if one.address.endswith(f":{PORT}"))

    def burst(self, there: Callable[[Listener], bool]) -> Burst:
        """Five requests while its acceptor is held, as by a collection of garbage; let go when the queue is so."""
        target = resolve(f"http://127.0.0.1:{PORT}/ping")
        with stopped_until(self.pid, self.door, PORT, there):
            return inside(self.door, lambda: asyncio.run(burst(target, Manners(), BURST)))

    def three_are_dropped(self) -> Callable[[Listener], bool]:
        """Two fit in the queue of a backlog of 1; the SYNs of the other three are dropped."""
        before = self.listener.drops or 0
        return lambda listener: (listener.drops or 0) >= before + BURST - 2


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    """In a namespace with somaxconn 128, as the article's: its first digit is 1."""
    jar = BUILT / "api-1.3.5.jar"
    if not jar.exists():
        pytest.skip(f"{jar} is missing; `make test` builds it with Maven (Dropwizard from Maven Central)")
    java = Path(shutil.which("java") or "/usr/bin/java")
    with isolated() as door:
        set_sysctl(door, "core/somaxconn", 128)
        only_dropped_syns(door)
        with served(door, PORT, java, "-Xshare:auto", "-jar", jar, "server") as pid:
            assert inside(door, _ping) == b"pong"
            yield Api(door, pid)


def _ping() -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
    connection.request("GET", "/ping", headers={"Connection": "close"})
    return connection.getresponse().read()


def _fix(state: Path, *arguments: str) -> dict[str, Any]:
    run = why502("fix", "backlog", *arguments, "--yes", "--json", XDG_STATE_HOME=str(state))
    assert run.returncode == 0, run.stderr
    document: dict[str, Any] = json.loads(run.stdout)
    return document


def _audited(api: Api) -> list[dict[str, Any]]:
    document = json.loads(why502("host", "--json", "--watch-s", "0.2").stdout)
    return [
        one
        for one in document["listeners"]
        if one["listener"]["netns"] == api.door.stat().st_ino and one["listener"]["address"].endswith(f":{PORT}")
    ]


def test_the_burst_passes_after_the_fix_and_not_after_the_undo(api: Api, tmp_path: Path) -> None:
    """On the running JVM, without a restart: same process, same start."""
    began = start_ticks(api.pid)
    (found,) = _audited(api)
    before = api.burst(api.three_are_dropped())
    done = _fix(tmp_path, "--port", str(PORT), "--pid", str(api.pid), "--to", "128")
    raised = api.listener.backlog
    after = api.burst(lambda listener: listener.queue_len == BURST)
    undone = _fix(tmp_path, "--undo", "--pid", str(api.pid))
    again = api.burst(api.three_are_dropped())
    assert (start_ticks(api.pid), api.listener.backlog) == (began, 1)
    assert found["listener"]["backlog"] == 1
    assert [issue["id"] for issue in found["issues"] if issue["proven"]] == ["dropwizard-2429"]
    assert "Dropwizard 1.3.5" in found["issues"][0]["text"]
    assert (before.through, again.through) == (2, 2)
    assert [one.fate for one in after.attempts] == [Fate.ANSWERED] * BURST
    assert {one.syn_retransmits for one in after.attempts} == {0}
    assert {one.status for one in (*before.attempts, *after.attempts)} <= {200, None}
    assert (done["before"], done["after"], raised, undone["after"]) == (1, 128, 128, 1)
    assert done["plan"]["process"]["server"]["name"] == "Dropwizard"
    assert any("1.3.7" in remedy["text"] for remedy in done["permanent"])
    assert json.loads((tmp_path / "why502/journal.jsonl").read_text().splitlines()[-1])["state"] == "undone"


def test_prove_shows_the_failing_burst_and_the_passing_one(api: Api, tmp_path: Path) -> None:
    """The queue and the drops of both, on the running JVM."""
    arguments = ("--port", str(PORT), "--pid", str(api.pid), "--to", "128", "--prove", "--path", "/ping")
    with stopped_until(api.pid, api.door, PORT, api.three_are_dropped()):
        done = _fix(tmp_path, *arguments)
    before, after = done["proof"]
    assert [attempt["fate"] for attempt in before["burst"]["attempts"]].count("answered") == 2
    assert before["drops"] >= BURST - 2
    assert [attempt["fate"] for attempt in after["burst"]["attempts"]] == ["answered"] * BURST
    assert (after["drops"], after["full_s"]) == (0, 0)
    assert (done["before"], done["after"]) == (1, 128)
    assert _fix(tmp_path, "--undo", "--pid", str(api.pid))["after"] == 1
