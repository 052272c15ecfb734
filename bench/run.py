"""`make bench`: every claim of speed, beside the peers, as medians and ratios of one run.

Rows whose peer is missing say so. Inputs are generated, and removed again.
"""

from __future__ import annotations

import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Protocol

RUNS = 5
WHY502 = str(Path(sys.executable).with_name("why502"))
ROOT = Path(__file__).parent.parent
PARTS = ("start", "logs", "captures", "detail", "live", "host")
"""`make bench ROWS="logs captures"` runs some of them."""
LISTENERS = 1000
DONE_BYTES = 20
"""Of NLMSG_DONE: its header and an int."""
MANY_RUNS = 101
"""Of what takes a millisecond."""


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison; `work` is what both sides did, in `unit`."""

    what: str
    ours: Callable[[], object] | Measured
    peer: str
    theirs: Callable[[], object] | Measured | None
    work: float = 1.0
    unit: str = "run"
    runs: int = RUNS
    their_runs: int = RUNS
    """Fewer for a peer that takes half a minute; the table says how many."""
    note: Callable[[], str] | None = None
    """Asked when our runs are over."""


class Measured(Protocol):
    """Work that is measured where it is done, because it must take turns with other work."""

    def took(self) -> Took: ...


@dataclass(frozen=True, slots=True)
class Took:
    """Medians of one side. On a machine that others use the processor time is what can be compared."""

    wall_s: float
    cpu_s: float

    def __str__(self) -> str:
        return f"{self.wall_s:.3f} s ({self.cpu_s:.2f} cpu)"


def main(wanted: list[str]) -> None:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed why502 is compiled to bytecode
    with tempfile.TemporaryDirectory(prefix="why502-bench-") as folder:
        print_head()
        for part in wanted or PARTS:
            rows = (
                [*_commands(), *_listeners()] if part == "start" else import_module(f"bench.{part}").rows(Path(folder))
            )
            os.sync()  # the inputs were written just now: the disk is not to be busy with them while somebody reads
            for row in rows:
                _print(row)
            rows = []
            _repeated.cache_clear()  # what it holds on to (a thousand listeners) would cost the next part


def print_head() -> None:
    print(f"{'what':44} {'why502':>22} {'':>16} {'peer':>24} {'':>22} {'ratio':>7}", flush=True)


def _print(row: Row) -> None:
    own = _median(row.ours, row.runs)
    note = f"  {row.note()}" if row.note else ""
    told = f"{row.what:44} {own!s:>22} {row.work / own.wall_s:10.4g} {row.unit + '/s':>5} {row.peer:>24}"
    if row.theirs is None:
        print(told + note, flush=True)
        return
    peer = _median(row.theirs, row.their_runs)
    fewer = f"  (peer: {row.their_runs} of {row.runs} runs)" if row.their_runs < row.runs else ""
    print(f"{told} {peer!s:>22} {peer.wall_s / own.wall_s:7.2f}{fewer}{note}", flush=True)


def _median(work: Callable[[], object] | Measured, runs: int) -> Took:
    return _repeated(work, runs) if callable(work) else work.took()


@cache
def _repeated(work: Callable[[], object], runs: int) -> Took:
    """The same work beside several peers is measured once."""
    took = [_once(work) for _ in range(runs)]
    return Took(median(wall_s for wall_s, _ in took), median(cpu_s for _, cpu_s in took))


def _once(work: Callable[[], object]) -> tuple[float, float]:
    began_s, began_cpu_s = time.perf_counter(), _cpu_s()
    work()
    return time.perf_counter() - began_s, _cpu_s() - began_cpu_s


def _cpu_s() -> float:
    """Of this process and of those that it waited for."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def _run(*command: str) -> Callable[[], object]:
    return lambda: subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def _commands() -> list[Row]:
    article = str(ROOT / "examples" / "the-article")
    return [
        Row("why502 --help", _run(WHY502, "--help"), "python -c pass", _run(sys.executable, "-c", "pass")),
        Row("diagnose examples/the-article", _run(WHY502, "diagnose", article), "no peer names a cause", None),
    ]


def _listeners() -> list[Row]:
    from why502.host.inet_diag import INET_DIAG_SKMEMINFO, NLMSG_DONE, NLMSGHDR
    from why502.host.listeners import ListenerWatch

    sockets = [socket.create_server(("127.0.0.1", 0), backlog=1) for _ in range(LISTENERS)]
    watch = ListenerWatch(Path("/proc/self/ns/net").stat().st_ino)
    peer = _run("ss", "-ltnmH") if shutil.which("ss") else None

    def look() -> object:
        assert sockets
        return watch.sample()

    def dump() -> None:
        """What the kernel itself takes: nothing is decoded but where the dump ends."""

        def last(buffer: bytearray, end: int) -> int | None:
            at = end - DONE_BYTES
            return at if NLMSGHDR.unpack_from(buffer, at)[:2] == (DONE_BYTES, NLMSG_DONE) else None

        watch.dump_listeners(last, 1 << (INET_DIAG_SKMEMINFO - 1))

    what, work = f"one look at {LISTENERS} listeners", (LISTENERS, "sockets")
    return [
        Row(what, look, "ss -ltnm", peer, *work, runs=MANY_RUNS, note=_thousandths(look)),
        Row(
            what,
            look,
            "the kernel's own part",
            dump,
            *work,
            runs=MANY_RUNS,
            their_runs=MANY_RUNS,
            note=_thousandths(dump),
        ),
    ]


def _thousandths(work: Callable[[], object]) -> Callable[[], str]:
    return lambda: f"{_median(work, MANY_RUNS).cpu_s * 1000:.2f} ms cpu"


if __name__ == "__main__":
    main(sys.argv[1:])
