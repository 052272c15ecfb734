"""Processor and memory of the machine (/proc/stat, loadavg, meminfo, vmstat, pressure/*; proc(5), psi.rst)."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

import msgspec

from why502.host import clock
from why502.model.decoding import ready
from why502.model.host import Resources

PROC: Final = Path("/proc")
TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")
NOT_BUSY: Final = (3, 4)
"""Columns idle and iowait of /proc/stat."""
COUNTED_TWICE: Final = 8
"""Columns guest and guest_nice, from here on, are contained in user and nice already."""
STEAL: Final = 7
"""Column of the time that the hypervisor gave to others."""


Readings = dict[str, float]
"""Field of `model.host.Resources` -> value."""


def parse_stat(text: str) -> Readings:
    """Processor seconds since boot over all cores, and the number of cores."""
    rows = [line.split() for line in text.splitlines() if re.match(r"cpu\d* ", line)]
    if not rows or rows[0][0] != "cpu":
        return {}
    ticks = [int(column) for column in rows[0][1 : 1 + COUNTED_TWICE] if column.isdecimal()]
    idle = sum(ticks[column] for column in NOT_BUSY if column < len(ticks))
    return {
        "cpu_busy_s": (sum(ticks) - idle) / TICKS_PER_S,
        "cpu_total_s": sum(ticks) / TICKS_PER_S,
        "cores": len(rows) - 1,
        **({"cpu_steal_s": ticks[STEAL] / TICKS_PER_S} if len(ticks) > STEAL else {}),
    }


def parse_loadavg(text: str) -> Readings:
    """Load average over one minute, and the tasks that are runnable now."""
    match = re.match(r"(\d+\.\d+) ", text)
    runnable = re.match(r"\S+ \S+ \S+ (\d+)/\d+ ", text)
    return {
        **({"run_queue_len": float(match[1])} if match else {}),
        **({"runnable": int(runnable[1])} if runnable else {}),
    }


def parse_meminfo(text: str) -> Readings:
    """Memory, total and available."""
    kib = {name: int(number) for name, number in re.findall(r"^(\w+):\s+(\d+) kB", text, re.MULTILINE)}
    names = {"memory_total_bytes": "MemTotal", "memory_available_bytes": "MemAvailable"}
    return {field: kib[name] * 1024 for field, name in names.items() if name in kib}


def parse_vmstat(text: str) -> Readings:
    """Processes that the OOM killer ended since boot."""
    match = re.search(r"^oom_kill (\d+)", text, re.MULTILINE)
    return {"oom_kills": int(match[1])} if match else {}


def parse_pressure(text: str, field: str, who: str = "some") -> Readings:
    """Seconds since boot in which somebody waited, or everybody (`full`); `total=` is in microseconds."""
    match = re.search(rf"^{who} .*\btotal=(\d+)", text, re.MULTILINE)
    return {field: int(match[1]) / 1e6} if match else {}


def parse_uptime(text: str) -> Readings:
    """Seconds since boot, by a clock that nobody sets."""
    match = re.match(r"(\d+\.\d+) ", text)
    return {"uptime_s": float(match[1])} if match else {}


def read(root: Path = PROC) -> Resources:
    """What the machine tells; a file that is missing leaves its fields absent."""
    readings = {
        **parse_stat(_text(root / "stat")),
        **parse_loadavg(_text(root / "loadavg")),
        **parse_meminfo(_text(root / "meminfo")),
        **parse_vmstat(_text(root / "vmstat")),
        **parse_pressure(_text(root / "pressure/cpu"), "cpu_pressure_s"),
        **parse_pressure(_text(root / "pressure/memory"), "memory_pressure_s"),
        **parse_pressure(_text(root / "pressure/memory"), "memory_full_pressure_s", "full"),
        **parse_pressure(_text(root / "pressure/io"), "io_pressure_s"),
        **parse_uptime(_text(root / "uptime")),
    }
    return msgspec.convert({**readings, **clock.read()} if root == PROC else readings, ready(Resources))


def parse_boot(text: str) -> float | None:
    """When the machine was started (`btime` of /proc/stat), epoch seconds."""
    match = re.search(r"^btime (\d+)", text, re.MULTILINE)
    return float(match[1]) if match else None


def read_boot(root: Path = PROC) -> float | None:
    return parse_boot(_text(root / "stat"))


def _text(path: Path) -> str:
    """Empty if the file is missing or closed to us; pressure files also refuse when the kernel has PSI off."""
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
