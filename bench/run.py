"""`make bench`: every claim of speed, beside the peers, as medians and ratios of one run.

Rows whose peer is missing say so. Inputs are generated, and removed again.
"""

from __future__ import annotations

import gzip
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

RUNS = 5
WHY502 = str(Path(sys.executable).with_name("why502"))
ROOT = Path(__file__).parent.parent
LINES = 200_000
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


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="why502-bench-") as folder:
        rows = [*_commands(), *_logs(Path(folder)), *_listeners()]
        print(f"{'what':52} {'why502':>22} {'peer':>30} {'ratio':>7}")
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


def _logs(folder: Path) -> list[Row]:
    plain, packed = folder / "alb.log", folder / "alb.log.gz"
    line = (
        "http 2026-11-22T10:00:{second:02d}.{micro:06d}Z app/lb/50dc6c495c0c9188 192.0.2.9:2817 10.0.0.7:8080 "
        '0.000 0.001 0.000 200 200 134 1366 "GET http://www.example.com:80/api/{number} HTTP/1.1" "curl/7.88.1" - - '
        "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/tg/73e2d6bc24d8a067 "
        '"Root=1-58337262-36d228ad5d99923122bbe354" "-" "-" 0 2026-11-22T10:00:{second:02d}.{micro:06d}Z "forward" "-" '
        '"-" "10.0.0.7:8080" "200" "-" "-" TID_dc57cebed65b444ebe8f1b2d8f2b5c8f "-" "-" "-" 10.0.0.5\n'
    )
    with plain.open("w") as out:
        for number in range(LINES):
            out.write(line.format(number=number, second=number * 60 // LINES, micro=number % 1_000_000))
    with plain.open("rb") as source, gzip.open(packed, "wb", compresslevel=1) as target:
        shutil.copyfileobj(source, target)
    megabytes = plain.stat().st_size / 1e6
    return [
        Row(
            "diagnose ALB log, plain",
            _run(WHY502, "diagnose", str(plain)),
            "wc -l",
            _run("wc", "-l", str(plain)),
            megabytes,
            "MB",
        ),
        Row(
            "diagnose ALB log, gz",
            _run(WHY502, "diagnose", str(packed)),
            "zcat",
            _run("zcat", str(packed)),
            megabytes,
            "MB",
        ),
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
    main()
