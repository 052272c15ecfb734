"""Logs: the whole diagnosis beside what others take to count, on a generated log of a million requests.

`python -m bench.logs` prints only these rows, `python -m bench.logs 10gb` only the last one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from bench.log_lines import alb_lines, haproxy_lines, nginx_lines
from bench.run import RUNS, WHY502, Row, _print, print_head

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MANY_BYTES = 10_000_000_000
SLOW_RUNS = 2
"""GoAccess takes half a minute."""


def rows(folder: Path) -> list[Row]:
    """Everything of `design` section 8 for logs."""
    alb, nginx, haproxy = folder / "alb-million.log", folder / "nginx.log", folder / "haproxy.log"
    _write(alb, alb_lines())
    size_bytes = alb.stat().st_size
    _write(nginx, nginx_lines(size_bytes))
    _write(haproxy, haproxy_lines(size_bytes))
    packed = folder / "alb-million.log.gz"
    with packed.open("wb") as out:
        subprocess.run(["gzip", "-6", "-c", str(alb)], stdout=out, check=True)
    ours, ours_packed, ours_nginx, ours_haproxy = map(_diagnose, (alb, packed, nginx, haproxy))
    for work in (ours, ours_nginx, ours_haproxy):
        work()  # compiles the loop and the questions, once for a machine
    size, count = size_bytes / 1e6, ";SELECT count(*) FROM all_logs"
    plain, gz = "diagnose 1M ALB lines, plain", "diagnose 1M ALB lines, gz"
    of_nginx, of_haproxy = "diagnose nginx log, same size", "diagnose HAProxy log, same size"
    failed = "$9 >= 500 {n++} END {print n}"
    return [
        Row(plain, ours, "DuckDB scan and count", _duckdb(alb), size, "MB"),
        _beside(plain, ours, size, "goaccess", "--no-progress", "--log-format=AWSALB", "-o", "json", str(alb)),
        _beside(plain, ours, size, "lnav", "-n", "-c", count, str(alb)),
        _beside(plain, ours, size, "mawk", failed, str(alb)),
        Row(gz, ours_packed, "zcat | wc -c", _zcat(packed), size, "MB"),
        _beside(of_nginx, ours_nginx, size, "goaccess", "--no-progress", "--log-format=COMBINED", "-o", "json", nginx),
        _beside(of_nginx, ours_nginx, size, "mawk", failed, nginx),
        _beside(of_haproxy, ours_haproxy, size, "lnav", "-n", "-c", count, haproxy),
        _beside(of_haproxy, ours_haproxy, size, "mawk", failed, haproxy),
        many_gigabytes(folder, alb),
    ]


def many_gigabytes(folder: Path, log: Path) -> Row:
    """The same log under many names, once: how much memory it takes. Each has a first line of its own, as files
    with the same content are counted once.
    """
    many = folder / "many"
    many.mkdir()
    for number, first in enumerate(islice(alb_lines(), -(-MANY_BYTES // log.stat().st_size))):
        with log.open("rb") as lines, (many / f"{number:02}.log").open("wb") as out:
            out.write(first.encode())
            shutil.copyfileobj(lines, out, 1 << 20)
    size_bytes = sum(path.stat().st_size for path in many.iterdir())
    peaks_bytes: list[int] = []

    def work() -> None:
        peaks_bytes.append(_peak_bytes(WHY502, "diagnose", str(many)))

    def note() -> str:
        return f"peak memory {max(peaks_bytes) / 2**30:.2f} GiB (1 run)"

    return Row(f"diagnose {size_bytes / 1e9:.1f} GB of ALB logs", work, "", None, size_bytes / 1e6, "MB", 1, note=note)


def _peak_bytes(*command: str) -> int:
    """Of a command that explains what it finds, or not."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode in (0, 1, 3), process.returncode
    return used.ru_maxrss * 1024


def _diagnose(path: Path) -> Callable[[], object]:
    return lambda: _peak_bytes(WHY502, "diagnose", str(path))


def _write(path: Path, lines: Iterator[str]) -> None:
    with path.open("w") as out:
        out.writelines(lines)


def _beside(what: str, ours: Callable[[], object], size: float, program: str, *arguments: str | Path) -> Row:
    if shutil.which(program) is None:
        return Row(what, ours, f"{program} is not installed", None, size, "MB")
    theirs = _checked(program, *map(str, arguments))
    return Row(what, ours, program, theirs, size, "MB", their_runs=SLOW_RUNS if program == "goaccess" else RUNS)


def _checked(*command: str) -> Callable[[], object]:
    """A peer that fails would be fast."""
    return lambda: subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)


def _zcat(path: Path) -> Callable[[], object]:
    def work() -> None:
        with subprocess.Popen(["zcat", str(path)], stdout=subprocess.PIPE) as zcat:
            subprocess.run(["wc", "-c"], stdin=zcat.stdout, stdout=subprocess.DEVNULL, check=True)

    return work


def _duckdb(path: Path) -> Callable[[], object]:
    """What DuckDB itself takes for the same columns, with its own reader and a start of its own."""
    columns = ", ".join(f"'c{number}': 'VARCHAR'" for number in range(1, 37))
    query = (
        "SELECT count(*), count(DISTINCT c5), max(c2), max(c22), sum(try_cast(c6 AS DOUBLE)), "
        "sum(try_cast(c7 AS DOUBLE)), max(c9), max(c10) "
        f"FROM read_csv('{path}', delim=' ', quote='\"', header=false, auto_detect=false, null_padding=true, "
        f"columns={{{columns}}})"
    )
    return _checked(sys.executable, "-c", f"import duckdb; print(duckdb.sql({query!r}).fetchall())")


if __name__ == "__main__":
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory(prefix="why502-bench-") as temporary:
        place = Path(temporary)
        print_head()
        if "10gb" in sys.argv:
            _write(place / "alb.log", alb_lines())
            made = [many_gigabytes(place, place / "alb.log")]
        else:
            made = rows(place)
        for row in made:
            _print(row)
