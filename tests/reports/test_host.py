from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec

from why502.facts.audit import RecognisedIssue, audit
from why502.model.host import HOST_SCHEMA, Conntrack, HostRecord, Listener, Namespace, Process, Server, Snapshot, Unseen
from why502.reports.host import FINE_SHOWN, render, render_json

if TYPE_CHECKING:
    from why502.facts.scene import ListenerWindow

NGINX = Server("nginx", "1.22.1", "\x1b[2J/usr/sbin/nginx", keepalive="75 s (default)", keepalive_s=75.0)
HOSTILE = Process(7, "\x1b[2Jevil", "x", server=NGINX)
SMALL = Listener("127.0.0.1:9000", 1, 6, 1, 2, 3, pids=(7,), connections={"established": 2, "time-wait": 1})


def _audit(*listeners: Listener) -> str:
    snapshot = Snapshot(100.0, listeners, (Namespace(1, "blue", 128),), (HOSTILE,))
    unseen = (Unseen("the open files of 3 processes", "not allowed"),)
    return render(audit(HostRecord(HOST_SCHEMA, "h", "6", None, (snapshot,), unseen)), width=None, color=False)


def test_table_and_sentences() -> None:
    """What is at risk, with what helps at once; the table, worst first; what could not be seen."""
    text = _audit(Listener("[::]:80", 1, 5, 511, 0, 0), SMALL)
    told, _, rest = text.partition("\n\n")
    lines = rest.splitlines()
    assert told.splitlines()[0] == "1 at risk (2 listeners on h, Linux 6, looked at once)"
    assert told.splitlines()[1].startswith("at risk: 127.0.0.1:9000 (\\x1b[2Jevil 7): too small")
    assert told.splitlines()[1].endswith("first digit of somaxconn 128")
    assert told.splitlines()[2].startswith("  sudo why502 fix backlog --socket 6 --to 128 ")
    names = ("SERVER", "KEEP-ALIVE", "BACKLOG", "SOMAXCONN", "QUEUE", "CONNECTIONS", "DROPS", "VERDICT")
    assert lines[0].split() == ["LISTENER", "WHERE", "PROCESS", *names]
    assert lines[1].split()[:4] == ["127.0.0.1:9000", "blue", "\\x1b[2Jevil", "7"]
    assert lines[1].split()[4:] == [
        "nginx",
        "1.22.1",
        "75",
        "s",
        "(default)",
        "1",
        "128",
        "2",
        "3",
        "3",
        "too",
        "small",
    ]
    assert lines[2].split() == ["[::]:80", "blue", "?", "?", "?", "511", "128", "0", "?", "0", "fine"]
    assert "could not be seen: the open files of 3 processes: not allowed" in lines
    assert any(line.startswith("could not be seen: who holds [::]:80: no process") for line in lines)


def test_what_is_only_installed_is_not_said_to_serve() -> None:
    """Any program of that environment has the package within reach, used or not."""
    server = Server("Werkzeug", "3.1.3", "werkzeug: installed, not seen running", keepalive="none", guessed=True)
    python = Process(7, "python", "python app.py", server=server)
    snapshot = Snapshot(100.0, (SMALL,), (Namespace(1, "blue", 128),), (python,))
    text = render(audit(HostRecord(HOST_SCHEMA, "h", "6", None, (snapshot,), ())), width=None, color=False)
    (row,) = (line for line in text.splitlines() if line.startswith("127.0.0.1:9000 "))
    assert row.split()[4:10] == ["?", "(Werkzeug", "3.1.3", "is", "installed)", "?"]


def test_nothing_of_a_stranger_steers_the_terminal() -> None:
    """A process may call itself what it likes."""
    assert "\x1b" not in _audit(Listener("127.0.0.1:9000", 1, 6, 1, 2, 3, pids=(7,)))


def test_many_fine_listeners_are_cut_and_counted() -> None:
    """What is not fine is always shown."""
    fine = [Listener(f"127.0.0.1:{port}", 1, port, 128, 0, 0) for port in range(1000, 1000 + FINE_SHOWN + 9)]
    lines = _audit(Listener("127.0.0.1:1", 1, 1, 1, 0), *fine).splitlines()
    assert sum(line.endswith(" fine") for line in lines) == FINE_SHOWN
    assert f"fine: {FINE_SHOWN + 9} listeners, 9 of them not shown above" in lines


def test_json_is_one_document_with_everything() -> None:
    """For scripts."""
    snapshot = Snapshot(100.0, (Listener("127.0.0.1:1", 1, 1, 1, 0),))
    document = json.loads(render_json(audit(HostRecord(HOST_SCHEMA, "h", "6", None, (snapshot,)))))
    assert document["schema"] == "why502-host-audit/1"
    assert document["counts"] == {"wrong": 0, "at_risk": 1, "fine": 0, "unseen": len(document["unseen"])}
    assert document["listeners"][0]["risk"]["level"] == "too small"


def test_what_is_wrong_comes_before_the_table_and_what_may_be_after_it() -> None:
    """Each issue once with all its listeners, or its namespace, remedy and source; each finding with its state."""

    def issues_of(window: ListenerWindow) -> tuple[RecognisedIssue, ...]:
        proven = RecognisedIssue("some-1", "Some", "it \x1b[2J does", True, "https://example.org/1", ("Upgrade.",))
        return proven, RecognisedIssue("may-2", "Some", "it may", False, "https://example.org/2", (), of_namespace=True)

    space = Namespace(1, conntrack=Conntrack(100, 100))
    listeners = (SMALL, msgspec.structs.replace(SMALL, address="127.0.0.1:9001", inode=7))
    record = HostRecord(HOST_SCHEMA, "h", "6", None, (Snapshot(100.0, listeners, (space,), (HOSTILE,)),))
    text = render(audit(record, issues_of), width=None, color=False)
    assert "known issue: some-1 (127.0.0.1:9000, 127.0.0.1:9001): it \\x1b[2J does\n  Upgrade.\n  https://" in text
    assert "known issue, if not set otherwise: may-2 (host): it may\n" in text
    beginnings = (
        *("1 wrong, 2 at risk (2 listeners", "wrong: conntrack: host: the table is full: 100 of 100 entries"),
        *("known issue: some-1", "at risk: 127.0.0.1:9000", "LISTENER ", "known issue, if not set otherwise: may-2"),
        *("limits: host", "could not be seen"),
    )
    order = [text.index(f"\n{beginning}") for beginning in beginnings[1:]]
    assert text.startswith(beginnings[0])
    assert order == sorted(order)
    assert "\x1b" not in text


def test_rates_name_what_moved() -> None:
    """Per second and network namespace; what stood still is left out."""
    looks = [
        Snapshot(at_s, namespaces=(Namespace(1, "blue", counters={"OutRsts": resets, "TCPTimeouts": 4}),))
        for at_s, resets in ((100.0, 10), (102.0, 24))
    ]
    text = render(audit(HostRecord(HOST_SCHEMA, "h", "6", None, tuple(looks))), width=None, color=False)
    assert "per second: blue: OutRsts 7\n" in text
