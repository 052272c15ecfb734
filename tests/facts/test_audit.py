from __future__ import annotations

import msgspec

from why502.facts.audit import RecognisedIssue, audit
from why502.facts.backlog import Level
from why502.model.host import HOST_SCHEMA, Conntrack, HostRecord, Listener, Namespace, Process, Snapshot

JAVA = Process(9, "java", "java -jar api.jar")
SMALL = Listener("0.0.0.0:8080", 1, 55, 1, 0, drops=10, pids=(9,))
LARGE = Listener("0.0.0.0:443", 1, 56, 4096, 0, drops=0)


def _snapshot(at_s: float, overflows: int, *listeners: Listener) -> Snapshot:
    namespace = Namespace(1, somaxconn=128, counters={"ListenOverflows": overflows})
    return Snapshot(at_s, listeners, (namespace,), (JAVA,))


def _record(*snapshots: Snapshot) -> HostRecord:
    return HostRecord(HOST_SCHEMA, "h", "6.18", None, snapshots)


def test_the_listener_that_drops_comes_first_with_its_process() -> None:
    """Differences over the watch, not totals."""
    now = msgspec.structs.replace(SMALL, drops=17, queue_len_max=2)
    found = audit(
        _record(_snapshot(100, 5, LARGE, SMALL), _snapshot(101, 12, LARGE, now), _snapshot(102, 12, LARGE, now))
    )
    first, second = found.listeners
    assert (first.listener.address, first.drops_grown, first.overflows_grown) == ("0.0.0.0:8080", 7, 7)
    assert (first.risk.level, first.processes, first.listener.queue_len_max) == (Level.DROPPING, (JAVA,), 2)
    assert second.risk.level is Level.FINE
    assert (found.wrong, found.at_risk, found.fine) == ((first,), (), (second,))


def test_a_socket_opened_while_we_watched_began_at_zero() -> None:
    """A restarted service that drops at once is seen."""
    found = audit(_record(_snapshot(100, 0), _snapshot(101, 10, SMALL)))
    assert found.listeners[0].drops_grown == 10


def test_one_look_knows_no_growth() -> None:
    """Unknown, not zero: old drops convict nobody."""
    found = audit(_record(_snapshot(100, 99, SMALL)))
    assert (found.listeners[0].drops_grown, found.listeners[0].overflows_grown) == (None, None)
    assert found.listeners[0].risk.level is Level.TOO_SMALL


def test_siblings_are_one_row_with_all_their_processes() -> None:
    """SO_REUSEPORT: several sockets at one address, each with a queue of its own."""
    other = msgspec.structs.replace(LARGE, inode=57, pids=(10,))
    worker = Process(10, "nginx", "nginx: worker")
    snapshot = Snapshot(100, (msgspec.structs.replace(LARGE, pids=(9,)), other), (Namespace(1),), (JAVA, worker))
    (found,) = audit(_record(snapshot)).listeners
    assert (found.sockets, found.processes) == (2, (JAVA, worker))


def test_what_no_longer_listens_is_not_listed() -> None:
    """Only the last look counts; a listener that went away is no listener."""
    (found,) = audit(_record(_snapshot(1, 0, SMALL, LARGE), _snapshot(2, 0, LARGE))).listeners
    assert found.listener.address == LARGE.address


def test_known_issues_of_each_listener_are_asked_for() -> None:
    """By what was seen of it over the whole watch."""
    issue = RecognisedIssue("some-1", "Some", "it does", proven=True, source="https://example.org", remedies=())
    found = audit(_record(_snapshot(1, 0, SMALL, LARGE)), lambda w: (issue,) if w.listener.backlog == 1 else ())
    assert [one.issues for one in found.listeners] == [(issue,), ()]


def test_counters_are_rates() -> None:
    """Per second, of each network namespace; one look has none."""
    (rates,) = audit(_record(_snapshot(100, 5, SMALL), _snapshot(104, 7, SMALL))).rates
    assert rates.per_s == {"ListenOverflows": 0.5}
    assert audit(_record(_snapshot(100, 5, SMALL))).rates == ()


def test_alarm_for_more_than_listeners() -> None:
    """A full tracking table is wrong even if every listener is fine."""
    space = Namespace(1, somaxconn=128, conntrack=Conntrack(9, 9))
    assert audit(_record(Snapshot(1, (LARGE,), (space,)))).alarming
    assert not audit(_record(_snapshot(1, 0, LARGE))).alarming
