"""Limits of the control group that a process lives in, and how often they were felt (cgroups(7)).

Version 2: `cpu.max`, `cpu.stat`, `memory.max`, `memory.events` (Documentation/admin-guide/cgroup-v2.rst). Version 1:
`cpu.cfs_quota_us`, `cpu.stat`, `memory.limit_in_bytes`, `memory.failcnt`, `memory.oom_control`
(Documentation/scheduler/sched-bwc.rst, admin-guide/cgroup-v1/memory.rst). The limit may stand on a group further up:
the nearest one that has a limit is read.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from why502.host.resources import parse_pressure
from why502.model.host import Cgroup

if TYPE_CHECKING:
    from collections.abc import Iterator

MOUNT: Final = Path("/sys/fs/cgroup")
UNLIMITED_BYTES: Final = 1 << 60
"""Version 1 writes "no limit" as the largest number of whole pages."""
MAX_LEVELS: Final = 8

Known = dict[str, Cgroup | None]
"""By the text of /proc/PID/cgroup."""
Readings = dict[str, Any]
"""Field of `model.host.Cgroup` -> value."""


def parse_membership(text: str) -> dict[str, str]:
    r"""Controller -> path of the group; '' for version 2 (/proc/PID/cgroup).

    >>> parse_membership("4:memory:/a\n1:cpu,cpuacct:/b\n0::/c\n")
    {'memory': '/a', 'cpu': '/b', 'cpuacct': '/b', '': '/c'}
    """
    rows = (line.split(":", 2) for line in text.splitlines() if line.count(":") >= 2)
    return {name: path for _, names, path in rows for name in names.split(",")}


def read(process: Path, mount: Path = MOUNT, known: Known | None = None) -> Cgroup | None:
    """The group of the process in `/proc/PID`; None if it may not be seen.

    What is `known` already is not read again: processes that share a group are asked about at one time.
    """
    membership = _text(process / "cgroup")
    if known is None:
        return _read(membership, mount)
    if membership not in known:
        known[membership] = _read(membership, mount)
    return known[membership]


def _read(membership: str, mount: Path) -> Cgroup | None:
    groups = parse_membership(membership)
    if (mount / "cgroup.controllers").exists() and "" in groups:
        found = {**_second(mount, groups[""], "cpu.max", _cpu_2), **_second(mount, groups[""], "memory.max", _memory_2)}
        frozen = _numbers(_text(mount.joinpath(*PurePosixPath(groups[""]).parts[1:], "cgroup.events"))).get("frozen")
        held = None if frozen is None else bool(frozen)
        return Cgroup(groups[""], 2, **found, **_kills(mount, groups[""], "memory.events"), frozen=held)
    if "cpu" in groups or "memory" in groups:
        cpu = _first(mount / "cpu", groups.get("cpu", "/"), _cpu_1, "cpu_quota_cores")
        memory = _first(mount / "memory", groups.get("memory", "/"), _memory_1, "memory_limit_bytes")
        kills = _kills(mount / "memory", groups.get("memory", "/"), "memory.oom_control")
        path = groups.get("memory") or groups.get("cpu") or "/"
        return Cgroup(path, 1, **cpu, **memory, **kills, cpu_path=_other(groups.get("cpu"), path))
    return None


def _other(path: str | None, than: str) -> str | None:
    return path if path != than else None


def _upwards(mount: Path, path: str) -> Iterator[Path]:
    """The group and those above it. A path that leads out of what we see ('/../x') has none."""
    parts = PurePosixPath(path).parts[1:]
    if ".." in parts:
        return
    for length in range(len(parts), max(-1, len(parts) - MAX_LEVELS), -1):
        yield mount.joinpath(*parts[:length])


def _second(mount: Path, path: str, limit: str, readings: Any) -> Readings:
    folders = list(_upwards(mount, path))
    limited = (folder for folder in folders if _text(folder / limit)[:3] not in ("max", ""))
    folder = next(limited, folders[0] if folders else None)
    return readings(folder) if folder else {}


def _first(mount: Path, path: str, readings: Any, limit: str) -> Readings:
    nearest: Readings | None = None
    for folder in _upwards(mount, path):
        found: Readings = readings(folder)
        if found.get(limit) is not None:
            return found
        nearest = nearest or found
    return nearest or {}


def _kills(mount: Path, path: str, name: str) -> Readings:
    """Kills of the group itself: one further up, where the limit may stand, has those of its neighbours too."""
    for folder in _upwards(mount, path):
        if (kills := _numbers(_text(folder / name)).get("oom_kill")) is not None:
            return {"oom_kills": kills, "number": _inode(folder)}
    return {}


def _cpu_2(folder: Path) -> Readings:
    quota = re.match(r"(\d+) (\d+)", _text(folder / "cpu.max"))
    stat = _numbers(_text(folder / "cpu.stat"))
    return {
        "cpu_quota_cores": int(quota[1]) / int(quota[2]) if quota and int(quota[2]) else None,
        "cpu_periods": stat.get("nr_periods"),
        "cpu_throttled_periods": stat.get("nr_throttled"),
        "cpu_throttled_s": stat["throttled_usec"] / 1e6 if "throttled_usec" in stat else None,
        **parse_pressure(_text(folder / "cpu.pressure"), "cpu_pressure_s"),
    }


def _memory_2(folder: Path) -> Readings:
    events = _numbers(_text(folder / "memory.events"))
    return {
        "memory_bytes": _number(folder / "memory.current"),
        "memory_limit_bytes": _number(folder / "memory.max"),
        "memory_limit_hits": events.get("max"),
        **parse_pressure(_text(folder / "memory.pressure"), "memory_pressure_s"),
    }


def _cpu_1(folder: Path) -> Readings:
    quota, period = _number(folder / "cpu.cfs_quota_us"), _number(folder / "cpu.cfs_period_us")
    stat = _numbers(_text(folder / "cpu.stat"))
    return {
        "cpu_quota_cores": quota / period if quota and period else None,
        "cpu_periods": stat.get("nr_periods"),
        "cpu_throttled_periods": stat.get("nr_throttled"),
        "cpu_throttled_s": stat["throttled_time"] / 1e9 if "throttled_time" in stat else None,
    }


def _memory_1(folder: Path) -> Readings:
    limit = _number(folder / "memory.limit_in_bytes")
    return {
        "memory_bytes": _number(folder / "memory.usage_in_bytes"),
        "memory_limit_bytes": limit if limit is not None and limit < UNLIMITED_BYTES else None,
        "memory_limit_hits": _number(folder / "memory.failcnt"),
    }


def _inode(folder: Path) -> int | None:
    try:
        return folder.stat().st_ino
    except OSError:
        return None


def _numbers(text: str) -> dict[str, int]:
    """Lines of a name and a number."""
    return {name: int(number) for name, number in re.findall(r"^([\w.]+) (\d{1,20})$", text, re.MULTILINE)}


def _number(path: Path) -> int | None:
    """None for what is missing, 'max', or -1 ("no quota")."""
    text = _text(path).strip()
    return int(text) if text.isdecimal() else None


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
