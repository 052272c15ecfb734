from __future__ import annotations

import pytest
from msgspec.structs import replace

from why502.facts.kills import Kills
from why502.facts.listeners import listener_windows
from why502.model.host import (
    HOST_SCHEMA,
    Cgroup,
    HostRecord,
    Listener,
    Process,
    Resources,
    Restarts,
    Snapshot,
)

GROUP = Cgroup("/docker/api", 2, oom_kills=0, number=7)
API = Process(77, "api", "api", cgroup=GROUP)


def _kills(*looks: tuple[int, Process | None]) -> Kills:
    """Of a listener that these processes held, a look a second; None: it was gone. With the kills of the machine."""
    snapshots = tuple(
        Snapshot(
            at_s=float(at_s),
            listeners=(Listener("0.0.0.0:80", 1, process.pid, 128, 0, 0, pids=(process.pid,)),) if process else (),
            processes=(process,) if process else (),
            resources=Resources(oom_kills=machine),
        )
        for at_s, (machine, process) in enumerate(looks)
    )
    (window,) = listener_windows(HostRecord(HOST_SCHEMA, "host", "6.18", 0.0, snapshots), "host.json")
    assert window.owners == {process.pid for _, process in looks if process}
    assert window.kills
    return window.kills


def _in(group: Cgroup | None, pid: int = 99) -> Process:
    return replace(API, pid=pid, cgroup=group)


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        pytest.param([(3, API)], Kills(None, None, None), id="one look tells no growth"),
        pytest.param([(3, API), (3, API)], Kills(0, 0, None), id="nothing happened"),
        pytest.param([(3, API), (4, API)], Kills(1, 0, None), id="a neighbour"),
        pytest.param([(3, API), (4, None), (4, _in(replace(GROUP, oom_kills=1)))], Kills(1, 1, 1), id="its own"),
        pytest.param([(3, API), (4, None), (4, _in(GROUP))], Kills(1, 0, 1), id="a neighbour as it was restarted"),
        pytest.param([(3, API), (3, _in(GROUP)), (4, _in(GROUP))], Kills(1, 0, 0), id="a neighbour afterwards"),
        pytest.param([(3, API), (4, _in(replace(GROUP, number=8)))], Kills(1, None, 1), id="its group was made anew"),
        pytest.param([(3, API), (4, _in(Cgroup("/other", 2, oom_kills=0)))], Kills(1, None, 1), id="another group"),
        pytest.param([(3, _in(None)), (4, _in(None, 5))], Kills(1, None, 1), id="no groups"),
    ],
)
def test_kills_are_told_apart_by_whose_they_are(looks: list[tuple[int, Process | None]], expected: Kills) -> None:
    """The machine's count grows with every kill, the group's with its own."""
    assert _kills(*looks) == expected


def test_what_the_runtime_says_counts_where_the_group_was_made_anew() -> None:
    """Docker counts the restarts of a container, and remembers why it ended the last time."""
    first = replace(API, restarts=Restarts(3, 0, oom_killed=False))
    later = replace(_in(replace(GROUP, number=8)), restarts=Restarts(4, 137, oom_killed=True))
    assert _kills((3, first), (4, later)).own == 1
    assert _kills((3, later), (4, later)).own == 0


MIB = 1 << 20


def _using(*mib: int, limit_mib: int | None = 100) -> list[Process]:
    """One process in a group that uses so much, look by look."""
    limit = None if limit_mib is None else limit_mib * MIB
    return [_in(replace(GROUP, memory_bytes=now * MIB, memory_limit_bytes=limit), 77) for now in mib]


@pytest.mark.parametrize(
    ("used", "machine", "expected"),
    [
        pytest.param(_using(40, 70), 4, 1, id="30 MiB a second more, and 30 are left"),
        pytest.param(_using(95, 95), 4, 1, id="as good as full"),
        pytest.param(_using(60, 60), 4, 0, id="it does not grow"),
        pytest.param(_using(10, 30), 4, 0, id="it grows, and there is room"),
        pytest.param(_using(40, 70), 3, 0, id="nobody was killed"),
        pytest.param(_using(40, 70, limit_mib=None), 4, None, id="no limit"),
        pytest.param(
            [*_using(40, 70), _in(Cgroup("/", 2, memory_bytes=MIB), 77)], 4, 1, id="dead, in the root's group"
        ),
    ],
)
def test_memory_that_runs_out_as_the_process_ends_tells_whose_kill_it_was(
    used: list[Process], machine: int, expected: int | None
) -> None:
    """The group is made anew with the process, so that its own count of kills is gone."""
    after = _in(replace(GROUP, number=8, memory_bytes=MIB, memory_limit_bytes=100 * MIB), 99)
    assert _kills(*((3, process) for process in used), (machine, after)).at_limit == expected
