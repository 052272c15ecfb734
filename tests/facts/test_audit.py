from __future__ import annotations

import msgspec

from why502.facts.audit import audit
from why502.facts.backlog import Level
from why502.model.host import HOST_SCHEMA, HostRecord, Listener, Namespace, Process, Snapshot

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
