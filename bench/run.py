"""`make bench`: every claim of speed, beside the peers, as medians and ratios of one run.

Rows whose peer is missing say so. Inputs are generated, and removed again.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from statistics import median

RUNS = 5
WHY502 = str(Path(sys.executable).with_name("why502"))
ROOT = Path(__file__).parent.parent
PARTS = ("start", "logs", "captures", "detail", "host", "live")
"""`make bench ROWS="logs captures"` runs some of them."""
LISTENERS = 1000


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison; `work` is what both sides did, in `unit`."""

    what: str
    ours: Callable[[], object]
    peer: str
    theirs: Callable[[], object] | None
    work: float = 1.0
    unit: str = "run"


def main(wanted: list[str]) -> None:
    with tempfile.TemporaryDirectory(prefix="why502-bench-") as folder:
        print(f"{'what':52} {'why502':>22} {'peer':>30} {'ratio':>7}", flush=True)
        for part in wanted or PARTS:
            rows = (
                [*_commands(), *_listeners()] if part == "start" else import_module(f"bench.{part}").rows(Path(folder))
            )
            for row in rows:
                _print(row)


def _print(row: Row) -> None:
    own_s = _median_s(row.ours)
    own = f"{own_s:8.3f} s {row.work / own_s:12.4g}/s"
    if row.theirs is None:
        print(f"{row.what:52} {own:>22} {row.peer:>30} {'':>7}")
        return
    peer_s = _median_s(row.theirs)
    print(f"{row.what + ' [' + row.unit + ']':52} {own:>22} {row.peer + f' {peer_s:.3f} s':>30} {peer_s / own_s:7.2f}")


def _median_s(work: Callable[[], object]) -> float:
    times_s = []
    for _ in range(RUNS):
        began_s = time.perf_counter()
        work()
        times_s.append(time.perf_counter() - began_s)
    return median(times_s)


def _run(*command: str) -> Callable[[], object]:
    return lambda: subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def _commands() -> list[Row]:
    article = str(ROOT / "examples" / "the-article")
    return [
        Row("why502 --help", _run(WHY502, "--help"), "python -c pass", _run(sys.executable, "-c", "pass")),
        Row("diagnose examples/the-article", _run(WHY502, "diagnose", article), "no peer names a cause", None),
    ]


def _listeners() -> list[Row]:
    from why502.host.listeners import ListenerWatch

    sockets = [socket.create_server(("127.0.0.1", 0), backlog=1) for _ in range(LISTENERS)]
    watch = ListenerWatch(Path("/proc/self/ns/net").stat().st_ino)
    peer = _run("ss", "-ltnmH") if shutil.which("ss") else None

    def look() -> object:
        assert sockets
        return watch.sample()

    return [Row(f"one look at {LISTENERS} listeners", look, "ss -ltnm", peer, LISTENERS, "sockets")]


if __name__ == "__main__":
    main(sys.argv[1:])
