"""Generated logs: a day of a service that fails a little."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LINES = 1_000_000
BEGIN_S = 1795341600.0
FAILED = 0.0003
"""A share of failures that nobody notices for months."""

AGENTS = (
    "curl/7.88.1",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_13_4) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/68.0 Safari/537.36",
)
PATHS = ("/api/orders/{0}", "/static/app.{0}.js", "/checkout?cart={0}", "/v1/users/{0}/profile")


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


def haproxy_lines(size_bytes: int) -> Iterator[str]:
    """`httplog` as rsyslog writes it, with a captured header, as many bytes."""
    rng = random.Random(1)
    number = written = 0
    while written < size_bytes:
        number += 1
        at = datetime.fromtimestamp(BEGIN_S + number * 0.0012, UTC)
        took_ms = rng.choice((2, 3, 12, 45, 200))
        fate = f"0/0/1/{took_ms}/{took_ms + 1} 200 {300 + number % 5000} - - ----"
        fate = fate if rng.random() > FAILED else "0/0/1/-1/12 502 209 - - SH--"
        line = (
            f"{at:%b %d %H:%M:%S} gateway haproxy[41]: 203.0.113.{number % 251}:{number % 60000} "
            f"[{at:%d/%b/%Y:%H:%M:%S}.{at.microsecond // 1000:03}] web~ shop/app{number % 21} {fate} "
            f'{number % 90}/7/3/3/0 0/0 {{www.example.com}} "GET {PATHS[number % 4].format(number)} HTTP/1.1"\n'
        )
        written += len(line)
        yield line
