"""Logs: the whole diagnosis beside what others take to count, on a generated log of a million requests.

python -m bench.logs            # only these rows
python -m bench.logs --10gb     # the same log many times: how much memory it takes
"""

from __future__ import annotations

import random
import resource
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bench.run import WHY502, Row, _print, _run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LINES = 1_000_000
BEGIN_S = 1795341600.0
FAILED = 0.0003
"""A share of failures that nobody notices for months."""

AGENTS = (
    "curl/7.88.1",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_13_4) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/68.0 Safari/537.36",
)
PATHS = ("/api/orders/{0}", "/static/app.{0}.js", "/checkout?cart={0}", "/v1/users/{0}/profile")
MANY_BYTES = 10_000_000_000


def rows(folder: Path) -> list[Row]:
    """Everything of `design` section 8 for logs."""
    alb, nginx = folder / "alb-million.log", folder / "nginx-million.log"
    _write(alb, alb_lines())
    _write(nginx, nginx_lines(alb.stat().st_size))
    packed = folder / "alb-million.log.gz"
    with packed.open("wb") as out:
        subprocess.run(["gzip", "-6", "-c", str(alb)], stdout=out, check=True)
    megabytes, nginx_megabytes = alb.stat().st_size / 1e6, nginx.stat().st_size / 1e6
    ours, ours_packed, ours_nginx = (_run(WHY502, "diagnose", str(path)) for path in (alb, packed, nginx))
    ours()  # compiles the loop, once for a machine
    plain, gz, other = "diagnose 1M ALB lines, plain", "diagnose 1M ALB lines, gz", "diagnose nginx log, same size"
    return [
        Row(plain, ours, "DuckDB scan and count", _duckdb(alb), megabytes, "MB"),
        Row(plain, ours, *_peer("goaccess", "--log-format=AWSALB", "-o", "json", str(alb)), megabytes, "MB"),
        Row(plain, ours, *_peer("lnav", "-n", "-c", ";SELECT count(*) FROM all_logs", str(alb)), megabytes, "MB"),
        Row(plain, ours, *_peer("mawk", "$9 >= 500 {n++} END {print n}", str(alb)), megabytes, "MB"),
        Row(gz, ours_packed, "zcat | wc -c", _zcat(packed), megabytes, "MB"),
        Row(
            other,
            ours_nginx,
            *_peer("goaccess", "--log-format=COMBINED", "-o", "json", str(nginx)),
            nginx_megabytes,
            "MB",
        ),
        Row(other, ours_nginx, *_peer("mawk", "$9 >= 500 {n++} END {print n}", str(nginx)), nginx_megabytes, "MB"),
    ]


def _write(path: Path, lines: Iterator[str]) -> None:
    with path.open("w") as out:
        out.writelines(lines)


def _peer(program: str, *arguments: str) -> tuple[str, Callable[[], object] | None]:
    if shutil.which(program) is None:
        return f"{program} is not installed", None
    return program, _run(program, *arguments)


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
    return _run(sys.executable, "-c", f"import duckdb; print(duckdb.sql({query!r}).fetchall())")


def alb_lines() -> Iterator[str]:
    """One request every 3.6 ms to 21 targets; some fail, some are slow."""
    rng = random.Random(1)
    for number in range(LINES):
        took_s = rng.choice((0.001, 0.003, 0.012, 0.045, 0.2))
        end_s = BEGIN_S + number * 0.0036 + rng.random() * 0.01
        target = f"10.0.{number % 3}.{number % 7}:8080"
        status = "200" if rng.random() > 0.03 else "404"
        fate = f"0.001 {took_s - 0.001:.3f} 0.000 {status} {status}"
        fate = fate if rng.random() > FAILED else "0.001 0.012 -1 502 -"
        request = "GET https://www.example.com:443" + PATHS[number % 4].format(number) + " HTTP/2.0"
        yield (
            f"https {_iso(end_s)} app/my-loadbalancer/50dc6c495c0c9188 203.0.113.{number % 251}:{number % 60000} "
            f'{target} {fate} {200 + number % 800} {300 + number % 5000} "{request}" "{AGENTS[number % 5 > 0]}" '
            "ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 "
            "arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/my-targets/73e2d6bc24d8a067 "
            '"Root=1-58337281-1d84f3d73c47ec4e58577259" "www.example.com" '
            '"arn:aws:acm:us-east-2:123456789012:certificate/12345678-1234-1234-1234-123456789012" '
            f'1 {_iso(end_s - took_s)} "forward" "-" "-" "{target}" "{status}" "-" "-" '
            "TID_dc57cebed65b444ebe8f1b2d8f2b5c8f\n"
        )


def nginx_lines(size_bytes: int) -> Iterator[str]:
    """`combined` and the usual pairs, as many bytes."""
    rng = random.Random(1)
    number = written = 0
    while written < size_bytes:
        number += 1
        end_s = BEGIN_S + number * 0.0012
        took_s = rng.choice((0.002, 0.003, 0.012, 0.045, 0.2))
        day = datetime.fromtimestamp(int(end_s), UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
        failed = rng.random() < FAILED
        upstream = (
            'uct="0.001" uht="-" urt="0.012" us="502"'
            if failed
            else f'uct="0.001" uht="{took_s:.3f}" urt="{took_s:.3f}" us="200"'
        )
        line = (
            f'203.0.{number % 256}.{number % 251} - - [{day}] "GET {PATHS[number % 4].format(number)} HTTP/1.1" '
            f'{502 if failed else 200} {300 + number % 5000} "-" "{AGENTS[number % 5 > 0]}" rt={took_s:.3f} {upstream} '
            f'ua="10.0.{number % 3}.{number % 7}:8080" msec={end_s:.3f}\n'
        )
        written += len(line)
        yield line


def _iso(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def many_gigabytes() -> None:
    """The same log under many names: time and the largest memory of one diagnosis."""
    with tempfile.TemporaryDirectory(prefix="why502-bench-") as folder:
        log = Path(folder, "alb.log")
        _write(log, alb_lines())
        names = [Path(folder, f"{number:02}.log") for number in range(round(MANY_BYTES / log.stat().st_size))]
        for name in names:
            shutil.copyfile(log, name)
        log.unlink()
        before_s = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([WHY502, "diagnose", folder], capture_output=True, text=True, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu_s = after.ru_utime + after.ru_stime - before_s.ru_utime - before_s.ru_stime
        print(done.stdout[-2000:], done.stderr)
        print(f"{len(names)} logs: peak memory {after.ru_maxrss / 1e6:.2f} GB, {cpu_s:.1f} s of CPU")


if __name__ == "__main__":
    if "--10gb" in sys.argv:
        many_gigabytes()
    else:
        with tempfile.TemporaryDirectory(prefix="why502-bench-") as temporary:
            for row in rows(Path(temporary)):
                _print(row)
