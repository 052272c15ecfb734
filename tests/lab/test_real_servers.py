"""Servers that people run, as targets of the lab: each with its own way of closing idle connections."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import pytest

from why502.errors import Why502Error
from why502.lab.load import Fetch, Page
from why502.lab.proxies import proxies
from why502.lab.real_servers import BUILT, REAL_SERVERS
from why502.lab.run import Options, run
from why502.lab.scenarios import by_name
from why502.model.conversations import Conversation, Outcome
from why502.model.host import HostRecord
from why502.sources.gather import gather

if TYPE_CHECKING:
    from pathlib import Path

NAMES = {"node": "Node.js", "go": "Go net/http", "gunicorn": "gunicorn", "uvicorn": "uvicorn", "jetty": "Jetty"}


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two requests with a long pause between them to each of those that this machine has, all at the same time."""
    if os.geteuid() != 0:
        pytest.skip("needs root to make network namespaces")
    folder = tmp_path_factory.mktemp("servers")
    scenario, nginx = by_name("keepalive-race"), proxies()["nginx"]

    def one(name: str) -> Path:
        pause_s = 2 * REAL_SERVERS[name].idle_s + 3.0  # gunicorn looks for idle connections once a second, when it can
        pages = tuple(Page(idle_s, (Fetch("POST", "/api", body_bytes=20),)) for idle_s in (0.1, pause_s))
        twice = replace(scenario.on(name), pages=lambda *_: pages, fails_at_least=0)
        run(twice, nginx, Options(), folder / name)
        return folder / name

    able = [name for name, server in REAL_SERVERS.items() if server.missing is None]
    with ThreadPoolExecutor(len(able) or 1) as pool:
        return dict(zip(able, pool.map(one, able), strict=True))


@pytest.mark.kernel
@pytest.mark.parametrize("name", REAL_SERVERS)
def test_the_server_is_recognised_and_closes_idle_connections(name: str, bundles: dict[str, Path]) -> None:
    """By what it is, in the recording of its host; the second request needs a new connection."""
    if name not in bundles:
        pytest.skip(f"{name}: {REAL_SERVERS[name].missing}")
    host = msgspec.json.decode((bundles[name] / "host.json").read_bytes(), type=HostRecord)
    found = {process.server.name for s in host.snapshots for process in s.processes if process.server}
    assert NAMES[name] in found
    facts = [fact for r in gather([str(bundles[name] / "capture.pcapng")]) for fact in r.facts]
    seen = [fact for fact in facts if isinstance(fact, Conversation)]
    assert [(fact.outcome, fact.opened) for fact in seen] == [(Outcome.ANSWERED, True)] * 2


def test_a_server_that_is_missing_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What it lacks, and who builds it."""
    monkeypatch.setenv(BUILT, str(tmp_path))
    assert REAL_SERVERS["go"].missing == "not run: no go-api (make servers)"
    monkeypatch.setenv("PATH", "")
    assert REAL_SERVERS["node"].missing == "not run: no node"


def test_a_scenario_knows_its_servers() -> None:
    """Others are refused with those that it knows."""
    assert by_name("keepalive-race").on("node").faulty.module == "node"
    with pytest.raises(Why502Error, match=r"this scenario does not know the server: coffee; .*node, go"):
        by_name("keepalive-race").on("coffee")
    with pytest.raises(Why502Error, match="the service of the lab only"):
        by_name("client-gave-up").on("node")
