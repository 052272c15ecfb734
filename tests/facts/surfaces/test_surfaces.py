"""Each surface, when it is well, when it is not, and when it was not seen."""

from __future__ import annotations

from typing import Any

import pytest

from tests.making import listener
from why502.facts.surfaces import findings, surfaces
from why502.facts.surfaces.interface import Finding, State
from why502.model.host import (
    HOST_SCHEMA,
    Cgroup,
    Conntrack,
    Destination,
    HostRecord,
    Namespace,
    Process,
    Resources,
    Restarts,
    Snapshot,
)


def _space(counters: dict[str, int] | None = None, **fields: Any) -> Namespace:
    made: dict[str, Any] = {"ephemeral_first": 32768, "ephemeral_last": 60999, "destinations": ()}
    return Namespace(1, "blue", counters=counters or {}, **{**made, **fields})


def _record(*looks: tuple[Namespace, Process, Resources], boot_s: float | None = None) -> HostRecord:
    """One second between two looks."""
    snapshots = (
        Snapshot(100.0 + i, (listener(),), (space,), (process,), resources)
        for i, (space, process, resources) in enumerate(looks)
    )
    return HostRecord(HOST_SCHEMA, "h", "6.18", boot_s, tuple(snapshots))


def _found(surface: str, *looks: tuple[Namespace, Process, Resources], **fields: Any) -> list[tuple[State, str]]:
    everything, _ = findings(_record(*looks, **fields))
    return [(one.state, one.text) for one in everything if one.surface == surface]


PROCESS = Process(77, "api", "api", fds_open=10, fds_limit=1000)
WELL = Resources(
    cpu_busy_s=10.0,
    cpu_total_s=100.0,
    cores=2,
    memory_total_bytes=1 << 30,
    memory_available_bytes=1 << 29,
    cpu_pressure_s=1.0,
    memory_pressure_s=0.0,
    cpu_steal_s=0.0,
    oom_kills=3,
    uptime_s=50.0,
    clock_synchronised=True,
    clock_error_s=0.001,
)
LATER = Resources(
    cpu_busy_s=10.2,
    cpu_total_s=102.0,
    cores=2,
    memory_total_bytes=1 << 30,
    memory_available_bytes=1 << 29,
    cpu_pressure_s=1.1,
    memory_pressure_s=0.0,
    cpu_steal_s=0.0,
    oom_kills=3,
    uptime_s=51.0,
    clock_synchronised=True,
    clock_error_s=0.001,
)


def _later(**fields: Any) -> Resources:
    return Resources(**{**{name: getattr(LATER, name) for name in LATER.__struct_fields__}, **fields})


def test_a_well_host_is_fine_in_every_respect() -> None:
    """One sentence a surface, and nothing that could not be seen."""
    counters = {"ListenOverflows": 99, "OutRsts": 5}
    tracked = Conntrack(5, 100, 1, 1, 1, 1)
    look = _space(counters, conntrack=tracked)
    found, unseen = findings(_record((look, PROCESS, WELL), (look, PROCESS, LATER)))
    assert {one.state for one in found} == {State.FINE}
    assert {one.surface for one in found} == {surface.name for surface in surfaces()}
    assert unseen == ()


def test_nothing_seen_is_not_fine() -> None:
    """What could not be looked at is named, not cleared."""
    found, unseen = findings(_record((Namespace(1), Process(7, "api", "api"), Resources())))
    names = {one.what for one in unseen}
    assert names >= {"descriptors", "ephemeral ports", "use of memory", "use of the processor", "clock"}
    assert not {"memory", "processor", "clock"} & {one.surface for one in found}


@pytest.mark.parametrize(
    ("before", "after", "state", "text"),
    [
        ({"ListenOverflows": 5}, {"ListenOverflows": 12}, State.WRONG, "ListenOverflows +7 (7.0/s)"),
        ({"SyncookiesFailed": 0}, {"SyncookiesFailed": 3}, State.WRONG, "SyncookiesFailed +3"),
        ({"TCPAbortOnClose": 0}, {"TCPAbortOnClose": 3}, State.AT_RISK, "TCPAbortOnClose +3"),
        ({"AttemptFails": 0}, {"AttemptFails": 3}, State.NOTE, "AttemptFails +3"),
        ({"OutSegs": 0, "RetransSegs": 0}, {"OutSegs": 5000, "RetransSegs": 100}, State.AT_RISK, "100 of 5000"),
        ({"OutSegs": 0, "RetransSegs": 0}, {"OutSegs": 5000, "RetransSegs": 10}, State.FINE, "no overflow"),
        ({"ListenOverflows": 12}, {"ListenOverflows": 5}, State.FINE, "no overflow"),
    ],
)
def test_counters(before: dict[str, int], after: dict[str, int], state: State, text: str) -> None:
    """What grew while watched, as a rate; what stood there before does not count."""
    ((found, said),) = _found("tcp counters", (_space(before), PROCESS, WELL), (_space(after), PROCESS, LATER))
    assert (found, said.startswith(text)) == (state, True), said


@pytest.mark.parametrize(
    ("before", "after", "state"),
    [
        (Conntrack(10, 100, 7), Conntrack(10, 100, 8), State.WRONG),
        (Conntrack(100, 100, 7), Conntrack(100, 100, 7), State.WRONG),
        (Conntrack(10, 100), Conntrack(80, 100), State.AT_RISK),
        (Conntrack(10, 100, insert_failed=1), Conntrack(10, 100, insert_failed=2), State.AT_RISK),
        (Conntrack(10, 100, 7, 7, 7, 7), Conntrack(20, 100, 7, 7, 7, 9), State.FINE),
        (None, None, State.FINE),
    ],
)
def test_conntrack(before: Conntrack | None, after: Conntrack | None, state: State) -> None:
    """Drops, the table, failed insertions."""
    looks = ((_space(conntrack=one), PROCESS, use) for one, use in ((before, WELL), (after, LATER)))
    ((found, _),) = _found("conntrack", *looks)
    assert found is state


@pytest.mark.parametrize(("used", "state"), [(28_000, State.WRONG), (23_000, State.AT_RISK), (10_000, State.FINE)])
def test_ports(used: int, state: State) -> None:
    """28,232 by default, towards one destination."""
    space = _space(destinations=(Destination("10.0.0.7:8080", used, used - 5),))
    ((found, text),) = _found("ephemeral ports", (space, PROCESS, WELL))
    assert (found, str(used) in text) == (state, True)


@pytest.mark.parametrize(("used", "state"), [(995, State.WRONG), (850, State.AT_RISK), (100, State.FINE)])
def test_descriptors(used: int, state: State) -> None:
    """Against the soft limit of the process."""
    ((found, text),) = _found("descriptors", (_space(), Process(7, "api", "", fds_open=used, fds_limit=1000), WELL))
    assert (found, text.startswith(("at most ", str(used)))) == (state, True)


@pytest.mark.parametrize(
    ("after", "state", "text"),
    [
        (_later(cpu_busy_s=11.96), State.AT_RISK, "98% of 2 cores busy"),
        (_later(cpu_steal_s=0.5), State.AT_RISK, "25% was given to other guests"),
        (_later(cpu_pressure_s=1.9), State.AT_RISK, "tasks waited for a processor in 90% of the time"),
    ],
)
def test_processor(after: Resources, state: State, text: str) -> None:
    """Use, steal and pressure while watched."""
    found = _found("processor", (_space(), PROCESS, WELL), (_space(), PROCESS, after))
    assert any(one is state and said.startswith(text) for one, said in found), found


def test_throttling_is_told_once_for_each_group() -> None:
    """By the share of periods in which the group stood still."""

    def process(throttled: int) -> Process:
        group = Cgroup("/pod", 2, 1.5, cpu_periods=throttled, cpu_throttled_periods=throttled)
        return Process(77, "api", "api", cgroup=group)

    found = _found("processor", (_space(), process(10), WELL), (_space(), process(18), LATER))
    assert (State.WRONG, "throttled in 8 of 8 periods (quota 1.5 cores)") in found


ENDED = "the OOM killer ended 1 process"


def test_throttling_is_told_of_each_group_of_processor_time() -> None:
    """Version 1: processes of one memory group may live in different ones."""

    def process(pid: int, periods: int, throttled: int) -> Process:
        group = Cgroup("/", 1, cpu_periods=periods, cpu_throttled_periods=throttled, cpu_path=f"/{pid}")
        return Process(pid, "api", "api", cgroup=group)

    looks = (
        Snapshot(1.0, processes=(process(1, 9, 0), process(2, 9, 0))),
        Snapshot(2.0, processes=(process(1, 19, 0), process(2, 19, 10))),
    )
    found, _ = findings(HostRecord(HOST_SCHEMA, "h", "6", None, looks))
    assert [one.where for one in found if one.text.startswith("throttled")] == ["/2 (api 2)"]


def test_memory() -> None:
    """Kills while watched are wrong; those before are only told."""
    killed = _found("memory", (_space(), PROCESS, WELL), (_space(), PROCESS, _later(oom_kills=4)))
    assert killed[0] == (
        State.WRONG,
        f"{ENDED} while watched, none of them in a control group of a process that listens",
    )
    scarce = _found("memory", (_space(), PROCESS, WELL), (_space(), PROCESS, _later(memory_available_bytes=1 << 20)))
    assert scarce[0][0] is State.AT_RISK


def test_memory_of_a_group() -> None:
    """Its own limit, and its own killer."""

    def process(kills: int, hits: int) -> Process:
        group = Cgroup("/pod", 2, memory_bytes=99, memory_limit_bytes=100, memory_limit_hits=hits, oom_kills=kills)
        return Process(77, "api", "api", cgroup=group)

    found = _found("memory", (_space(), process(1, 5), WELL), (_space(), process(2, 9), LATER))
    assert (State.WRONG, f"{ENDED} of it while watched") in found
    assert (State.AT_RISK, "99% of its limit of 0 MiB, held up by it 4 times while watched") in found


def test_restarts() -> None:
    """What the container's runtime tells, and who is young on an old machine."""
    process = Process(77, "api", "api", start_s=90.0, restarts=Restarts(7, 137, oom_killed=True))
    found = _found("restarts", (_space(), process, WELL), (_space(), process, LATER), boot_s=-5000.0)
    assert found == [
        (State.AT_RISK, "its container was started again 7 times, last exit code 137, killed for want of memory"),
        (State.NOTE, "started lately: api 77 11 s ago"),
    ]


def test_what_only_systemd_knows_is_named() -> None:
    """Its count of restarts stands in no file."""
    process = Process(77, "api", "api", cgroup=Cgroup("/system.slice/api.service", 2))
    _, unseen = findings(_record((_space(), process, WELL), (_space(), process, LATER)))
    assert "restarts that systemd counts" in {one.what for one in unseen}


def test_a_listener_opened_anew() -> None:
    """The first opening is no restart."""

    def look(at_s: float, *inodes: int) -> Snapshot:
        return Snapshot(at_s, tuple(listener(inode=inode) for inode in inodes))

    def found(*snapshots: Snapshot) -> list[State]:
        everything, _ = findings(HostRecord(HOST_SCHEMA, "h", "6", None, snapshots))
        return [one.state for one in everything if one.surface == "restarts"]

    assert found(look(1, 5), look(2, 6)) == [State.AT_RISK]
    assert found(look(1, 5), look(2, 6), look(3, 7), look(4, 8)) == [State.WRONG]
    assert found(look(1), look(2, 6)) == [State.FINE]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (_later(uptime_s=48.0), Finding("clock", State.WRONG, "it was set by +3.0 s while watched")),
        (
            _later(clock_synchronised=False),
            Finding("clock", State.NOTE, "nothing synchronises it: its times may not fit those of other machines"),
        ),
    ],
)
def test_clock(after: Resources, expected: Finding) -> None:
    """Steps by the clock that nobody sets."""
    everything, _ = findings(_record((_space(), PROCESS, WELL), (_space(), PROCESS, after)))
    assert expected in everything
