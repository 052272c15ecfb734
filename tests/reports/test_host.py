from __future__ import annotations

import json

from why502.facts.audit import audit
from why502.model.host import HOST_SCHEMA, HostRecord, Listener, Namespace, Process, Snapshot, Unseen
from why502.reports.host import FINE_SHOWN, render, render_json

HOSTILE = Process(7, "\x1b[2Jevil", "x")


def _audit(*listeners: Listener) -> str:
    snapshot = Snapshot(100.0, listeners, (Namespace(1, "blue", 128),), (HOSTILE,))
    unseen = (Unseen("the open files of 3 processes", "not allowed"),)
    return render(audit(HostRecord(HOST_SCHEMA, "h", "6", None, (snapshot,), unseen)), width=None, color=False)


def test_table_and_sentences() -> None:
    """Worst first; what is wrong, what could not be seen."""
    text = _audit(Listener("[::]:80", 1, 5, 511, 0, 0), Listener("127.0.0.1:9000", 1, 6, 1, 2, 3, pids=(7,)))
    lines = text.splitlines()
    assert lines[0].split() == ["LISTENER", "WHERE", "PROCESS", "BACKLOG", "SOMAXCONN", "QUEUE", "DROPS", "VERDICT"]
    assert lines[1].split() == ["127.0.0.1:9000", "blue", "\\x1b[2Jevil", "7", "1", "128", "2", "3", "too", "small"]
    assert lines[2].split() == ["[::]:80", "blue", "?", "511", "128", "0", "0", "fine"]
    assert any(line.startswith("at risk: 127.0.0.1:9000") and "first digit of somaxconn 128" in line for line in lines)
    assert lines[-1] == "could not be seen: the open files of 3 processes: not allowed"


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
    assert document["counts"] == {"wrong": 0, "at_risk": 1, "fine": 0, "unseen": 0}
    assert document["listeners"][0]["risk"]["level"] == "too small"
