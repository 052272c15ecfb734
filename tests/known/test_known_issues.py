"""Every known issue against the listeners in `cases/ID.toml`: those that show it, and those that are healthy."""

from __future__ import annotations

import importlib
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.making import listener
from why502.facts.scene import ListenerWindow
from why502.known import known_issues, recognise
from why502.model.case import Window
from why502.model.evidence import Place
from why502.model.host import Conntrack, Destination, Namespace, Process, Server, Software
from why502.suspects import all_suspects

CASES = Path(__file__).parent / "cases"
ON_A_HOST = [issue for issue in known_issues() if issue.on_a_host]


def window(
    *,
    software: dict[str, str] | None = None,
    server: tuple[Any, ...] = (),
    keepalive: str = "",
    name: str = "api",
    command: str = "api",
    backlog: int = 4096,
    queue: int = 0,
    sockets: int = 1,
    somaxconn: int | None = None,
    migrate: int | None = None,
    recycle: int | None = None,
    close_wait_timeout_s: int | None = None,
    conntrack: dict[str, int] | None = None,
    destination: tuple[Any, ...] = (),
    grown: dict[str, int] | None = None,
    connections: dict[str, int] | None = None,
) -> ListenerWindow:
    """One listener as a row of a case describes it; what it does not name is healthy or unknown."""
    found = tuple(Software(key, version or None, "") for key, version in (software or {}).items())
    served = None
    if server:
        called, version, *idle_s = server
        words = keepalive or (f"{idle_s[0]:g} s" if idle_s else "")
        served = Server(called, version, "", keepalive=words, keepalive_s=idle_s[0] if idle_s else None)
    space = Namespace(
        1,
        somaxconn=somaxconn,
        tcp_migrate_req=migrate,
        tcp_tw_recycle=recycle,
        close_wait_timeout_s=close_wait_timeout_s,
        ephemeral_first=32768,
        ephemeral_last=60999,
        conntrack=Conntrack(**conntrack) if conntrack else None,
        destinations=(Destination(*destination),) if destination else (),
    )
    return ListenerWindow(
        listener=listener(backlog=backlog, connections=connections),
        namespace=space,
        process=Process(77, name, command, server=served, software=found),
        at=Place("host.json"),
        watched=Window(0.0, 1.0),
        drops=0,
        grown=grown or {},
        restarts=(),
        queue_len_max=queue,
        queue_full_s=None,
        sockets=sockets,
    )


def test_there_are_as_many_as_promised() -> None:
    """The library is of use only if it is large."""
    assert len(ON_A_HOST) >= 30


@pytest.mark.parametrize("issue", ON_A_HOST, ids=lambda issue: issue.id)
def test_it_is_found_where_it_is_and_only_there(issue: Any) -> None:
    """Affected versions and settings match with a sentence; fixed ones, and other software, do not."""
    case = tomllib.loads((CASES / f"{issue.id}.toml").read_text())
    assert case["shows"]
    assert case["healthy"]
    for row in case["shows"]:
        assert issue.matches(window(**row)), row
    for row in case["healthy"]:
        assert issue.matches(window(**row)) is None, row


@pytest.mark.parametrize("issue", known_issues(), ids=lambda issue: issue.id)
def test_it_is_described(issue: Any) -> None:
    """Named after its module, with a cause of the catalogue, a source, a remedy, and how it is recognised."""
    module = importlib.import_module(f"why502.known.{issue.id.replace('-', '_')}")
    assert module.KNOWN is issue
    assert issue.condition in {suspect.name for suspect in all_suspects()}
    assert issue.source.startswith("https://")
    assert issue.remedies
    assert issue.recognised_by
    if not issue.on_a_host:
        assert issue.matches(window()) is None
        assert issue.recognised_by != "what runs on the host"


def test_no_case_without_an_issue() -> None:
    """A file that nothing reads proves nothing."""
    assert {path.stem for path in CASES.iterdir()} == {issue.id for issue in ON_A_HOST}


def test_the_surer_of_two_explanations_is_named() -> None:
    """The digit alone is not repeated where the software is known."""
    named = recognise(window(software={"dropwizard-jetty": "1.3.5"}, backlog=1, somaxconn=128))
    assert [issue.id for issue in named] == ["dropwizard-2429"]
    assert named[0].proven
    assert [issue.id for issue in recognise(window(backlog=1, somaxconn=128))] == ["first-digit-backlog"]


def test_a_guess_convicts_nobody() -> None:
    """What is merely installed is no evidence."""
    guessed = window(server=("uvicorn", "0.35.0", 5.0))
    assert recognise(guessed)
    assert guessed.process is not None
    server = Server("uvicorn", "0.35.0", "", keepalive_s=5.0, guessed=True)
    process = Process(77, "api", "api", server=server)
    assert recognise(ListenerWindow(**{**_fields(guessed), "process": process})) == ()


def _fields(made: ListenerWindow) -> dict[str, Any]:
    return {name: getattr(made, name) for name in made.__struct_fields__}
