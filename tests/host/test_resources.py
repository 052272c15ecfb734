from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from why502.host import resources
from why502.model.host import Resources

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "stat": """\
cpu  100 5 50 1000 20 1 2 0 30 0
cpu0 50 3 25 500 10 0 1 0 15 0
cpu1 50 2 25 500 10 1 1 0 15 0
btime 1700000000
""",
    "loadavg": "1.50 0.75 0.25 2/345 6789\n",
    "meminfo": "MemTotal:        1024 kB\nMemFree:  1 kB\nMemAvailable:     512 kB\n",
    "vmstat": "pgfault 1\noom_kill 3\noom_kill_other 9\n",
    "pressure/cpu": "some avg10=0.00 avg60=0.00 avg300=0.00 total=13278982\nfull avg10=0.00 avg60=0 avg300=0 total=1\n",
    "pressure/memory": "some avg10=0.00 avg60=0.00 avg300=0.00 total=500000\n",
}


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """A small /proc."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_every_field_comes_from_its_file(proc: Path) -> None:
    """Idle and waiting for disks is not busy; guests are contained in user time already."""
    assert resources.read(proc) == Resources(
        cpu_busy_s=1.58,
        cpu_total_s=11.78,
        cores=2,
        run_queue_len=1.5,
        memory_total_bytes=1 << 20,
        memory_available_bytes=1 << 19,
        oom_kills=3,
        cpu_pressure_s=13.278982,
        memory_pressure_s=0.5,
        cpu_steal_s=0.0,
        runnable=2,
    )
    assert resources.read_boot(proc) == 1.7e9


def test_missing_files_leave_their_fields_absent(tmp_path: Path) -> None:
    """Absent is None, never 0."""
    assert resources.read(tmp_path) == Resources()
    assert resources.read_boot(tmp_path) is None


@given(st.sampled_from(sorted(FILES)), st.integers(0, 200))
def test_cut_files_raise_nothing(name: str, length: int) -> None:
    """Whatever is left of a file, its parser answers."""
    text = FILES[name][:length]
    resources.parse_stat(text)
    resources.parse_loadavg(text)
    resources.parse_meminfo(text)
    resources.parse_vmstat(text)
    resources.parse_pressure(text, "cpu_pressure_s")
    resources.parse_boot(text)
