from __future__ import annotations

import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from why502.host import cgroups
from why502.model.host import Cgroup

STAT = "nr_periods 10\nnr_throttled 4\nthrottled_usec 5\n"


def _write(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)


def test_limits_and_counts_of_version_2(tmp_path: Path) -> None:
    """The memory limit is its own; the quota stands on the group above, whose throttling counts then."""
    mount, process = tmp_path / "cgroup", tmp_path / "77"
    _write(process, cgroup="0::/kube/pod/api\n")
    _write(mount, cgroup__controllers="cpu memory\n")
    _write(mount / "kube/pod", cpu__max="150000 100000\n", cpu__stat=STAT)
    _write(
        mount / "kube/pod/api",
        cpu__max="max 100000\n",
        cpu__stat="usage_usec 1\nnr_periods 0\n",
        memory__current="900\n",
        memory__max="1000\n",
        memory__events="low 0\nmax 7\noom 1\noom_kill 1\n",
        memory__pressure="some avg10=0.00 avg60=0.00 avg300=0.00 total=2000000\n",
    )
    assert cgroups.read(process, mount) == Cgroup(
        "/kube/pod/api",
        2,
        cpu_quota_cores=1.5,
        cpu_periods=10,
        cpu_throttled_periods=4,
        cpu_throttled_s=5e-6,
        memory_bytes=900,
        memory_limit_bytes=1000,
        memory_limit_hits=7,
        oom_kills=1,
        memory_pressure_s=2.0,
        number=(mount / "kube/pod/api").stat().st_ino,
    )


def test_kills_of_neighbours_below_the_limit_are_not_its_own(tmp_path: Path) -> None:
    """The pod has the limit, and the kills of all its containers; the group itself had none."""
    mount, process = tmp_path / "cgroup", tmp_path / "77"
    _write(process, cgroup="0::/kube/pod/api\n")
    _write(mount, cgroup__controllers="memory\n")
    _write(mount / "kube/pod", memory__max="1000\n", memory__events="max 7\noom_kill 3\n")
    _write(mount / "kube/pod/api", memory__max="max\n", memory__events="max 0\noom_kill 0\n")
    found = cgroups.read(process, mount)
    assert found is not None
    assert (found.memory_limit_bytes, found.memory_limit_hits, found.oom_kills) == (1000, 7, 0)
    assert found.number == (mount / "kube/pod/api").stat().st_ino


def test_limits_and_counts_of_version_1(tmp_path: Path) -> None:
    """Controllers have folders of their own; -1 and huge numbers are no limits."""
    mount, process = tmp_path / "cgroup", tmp_path / "77"
    _write(process, cgroup="4:memory:/docker/a\n2:cpu,cpuacct:/docker/a\n1:name=systemd:/x\n0::/\n")
    _write(
        mount / "cpu/docker/a",
        cpu__cfs_quota_us="50000\n",
        cpu__cfs_period_us="100000\n",
        cpu__stat="nr_periods 8\nnr_throttled 2\nthrottled_time 3000000000\n",
    )
    _write(
        mount / "memory/docker/a",
        memory__usage_in_bytes="5\n",
        memory__limit_in_bytes="9223372036854771712\n",
        memory__failcnt="3\n",
        memory__oom_control="oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
    )
    assert cgroups.read(process, mount) == Cgroup(
        "/docker/a",
        1,
        cpu_quota_cores=0.5,
        cpu_periods=8,
        cpu_throttled_periods=2,
        cpu_throttled_s=3.0,
        memory_bytes=5,
        memory_limit_hits=3,
        oom_kills=2,
        number=(mount / "memory/docker/a").stat().st_ino,
    )


def test_a_group_outside_of_what_we_see_has_no_numbers(tmp_path: Path) -> None:
    """Seen from inside a container, other groups begin with '/..'."""
    mount, process = tmp_path / "cgroup", tmp_path / "77"
    _write(process, cgroup="0::/../../secret\n")
    _write(mount, cgroup__controllers="cpu\n", cpu__max="1 1\n")
    assert cgroups.read(process, mount) == Cgroup("/../../secret", 2)


def test_what_is_known_of_a_group_is_not_read_again(tmp_path: Path) -> None:
    """Two processes of one group, and one of another."""
    mount, known = tmp_path / "cgroup", dict[str, Cgroup | None]()
    _write(mount, cgroup__controllers="memory\n")
    for pid, name in ((77, "a"), (78, "a"), (79, "b")):
        _write(tmp_path / str(pid), cgroup=f"0::/{name}\n")
        _write(mount / name, memory__current=f"{pid}\n")
    found = [cgroups.read(tmp_path / str(pid), mount, known) for pid in (77, 78, 79)]
    assert found[0] is found[1]
    assert [one and one.memory_bytes for one in found] == [78, 78, 79]


def test_own_group_is_read() -> None:
    """Whatever this kernel has."""
    found = cgroups.read(Path(f"/proc/{os.getpid()}"))
    assert found is None or found.version in (1, 2)


@given(st.text(max_size=100))
def test_any_membership_is_answered(text: str) -> None:
    """Lines of any shape."""
    cgroups.parse_membership(text)


def test_the_freezer_is_told(tmp_path: Path) -> None:
    """cgroup-v2.rst: `frozen` of `cgroup.events` is 1 when all processes stand still."""
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc" / "cgroup").write_text("0::/api\n")
    (tmp_path / "api").mkdir()
    (tmp_path / "cgroup.controllers").write_text("cpu memory\n")
    (tmp_path / "api" / "cgroup.events").write_text("populated 1\nfrozen 1\n")
    group = cgroups.read(tmp_path / "proc", tmp_path)
    assert group is not None
    assert group.frozen is True
