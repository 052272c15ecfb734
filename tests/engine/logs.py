"""Lines of logs for tests: ordinary ones, odd ones, and as many as one likes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random


def alb(
    at_s: float = 1795341600.5,
    total_s: float = 0.013,
    times: str = "0.001 0.012 0.000",
    statuses: str = "200 200",
    target: str = "10.0.0.7:8080",
    actions: str = "forward",
    reason: str = '"-"',
    request: str = "GET https://www.example.com:443/orders?id=7 HTTP/1.1",
    kind: str = "https",
) -> str:
    end, created = (
        datetime.fromtimestamp(t, UTC).isoformat(timespec="microseconds")[:26] for t in (at_s, at_s - total_s)
    )
    return (
        f"{kind} {end}Z app/lb/50dc6c495c0c9188 192.0.2.9:2817 {target} {times} {statuses} 134 1366 "
        f'"{request}" "curl/7.88.1" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 '
        "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/tg/73e2d6bc24d8a067 "
        f'"Root=1-58337262-36d228ad5d99923122bbe354" "-" "-" 0 {created}Z "{actions}" "-" {reason} '
        f'"{target}" "200" "-" "-" TID_dc57cebed65b444ebe8f1b2d8f2b5c8f'
    )


ALB_LINES = (
    alb(),
    alb(times="0.001 0.012 -1", statuses="502 -"),
    alb(times="-1 -1 -1", statuses="502 -"),
    alb(times="-1 -1 -1", statuses="504 -", total_s=10.2),
    alb(times="-1 -1 -1", statuses="502 -", total_s=9.4),
    alb(times="-1 -1 -1", statuses="503 -", target="-"),
    alb(times="0.001 -1 -1", statuses="504 -", total_s=60.0),
    alb(times="0.001 -1 -1", statuses="460 -", total_s=3.0),
    alb(times="0.001 0.002 -1", statuses="460 -"),
    alb(statuses="500 500"),
    alb(statuses="502 502"),
    alb(statuses="502 200"),
    alb(statuses="503 -", times="-1 -1 -1", target="-", actions="fixed-response"),
    alb(statuses="502 -", target="-", reason='"LambdaInvalidResponse"'),
    alb(statuses="502 -", target="-", reason="-"),
    alb(statuses="000 -", times="- - -"),
    alb(times="1.034 0.012 0.000"),
    alb(times="3.1999 0.012 0.000"),
    alb(kind="spdy"),
    alb(request='GET /a"b HTTP/1.1'),
    alb(total_s=-4.0),
    alb(times="1234567890.1 0 0"),
    alb(times="1.1234567 0 0"),
    alb(times="1. 0 0"),
    alb(target="[2001:db8::7]:80"),
    alb() + ' "-" "-" "-" 10.0.0.5 "-"',
    alb().replace("2026-11-22", "2026-13-22"),
    alb().replace("2026-11-22T10", "2026-02-29T10"),
    alb().replace(".487000Z", "Z").replace(".500000Z", ".5Z"),
    alb().replace('"-" "10.0.0.7:8080"', ""),
    alb()[:200],
    'h2 2018-08-28T20:17:23.366947Z app/x/X 0.001 0.012 -1 502 - 87 610 "GET HTTP/2.0" "Mozilla" - - -',
    "\ufeff" + alb(),
    "\0\0" + alb() + "  ",
    "   ",
)
"""The first is an ordinary one."""


def alb_line(rng: random.Random, at_s: float) -> str:
    times, statuses = rng.choice(
        [
            ("0.001 0.012 0.000", "200 200"),
            ("0.002 0.350 0.000", "200 200"),
            ("1.010 0.012 0.000", "200 200"),
            ("0.001 0.012 -1", "502 -"),
            ("-1 -1 -1", "504 -"),
            ("0.000 0.100 0.000", "503 503"),
        ]
    )
    target = rng.choice(["10.0.0.7:8080", "10.0.0.8:8080", "-"])
    return alb(at_s, rng.choice([0.013, 0.4, 3.0]), times, statuses, target)


def nginx(
    at_s: float = 1795341600.5,
    status: str = "200",
    more: str = 'rt=0.013 uct="0.001" uht="0.012" urt="0.012" us="200" ua="10.0.0.7:8080" msec={at}',
    client: str = "192.0.2.9",
    request: str = "GET /orders?id=7 HTTP/1.1",
) -> str:
    day = datetime.fromtimestamp(int(at_s), UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
    return f'{client} - - [{day}] "{request}" {status} 157 "-" "curl/8.5.0" ' + more.format(at=f"{at_s:.3f}")


def upstream(uct: str, uht: str, urt: str, us: str, ua: str = "10.0.0.7:8080") -> str:
    return f'rt=0.013 uct="{uct}" uht="{uht}" urt="{urt}" us="{us}" ua="{ua}" msec={{at}}'


NGINX_LINES = (
    nginx(),
    nginx(status="502", more=upstream("0.001", "-", "0.012", "502")),
    nginx(status="504", more=upstream("-", "-", "2.002", "504")),
    nginx(status="504", more=upstream("0.001", "-", "2.002", "504")),
    nginx(status="499", more=upstream("0.001", "-", "2.002", "-")),
    nginx(status="500", more=upstream("0.001", "0.002", "0.002", "500")),
    nginx(status="502", more=upstream("0.001", "0.002", "0.002", "502")),
    nginx(status="502", more=upstream("-", "-", "0.000", "502", "backend")),
    nginx(
        status="200",
        more=upstream("0.000, 0.001", "-, 0.002", "0.000, 0.002", "502, 200", "10.0.0.7:8080, 10.0.0.8:8080"),
    ),
    nginx(status="200", more=upstream("1.034", "1.042", "1.050", "200")),
    nginx(status="200", more=upstream("-", "-", "-", "-", "-")),
    nginx(status="200", more=upstream("0.0015", "0.002", "0.002", "200")),
    nginx(request="\\x16\\x03\\x01", status="400", more=upstream("-", "-", "-", "-", "-")),
    nginx(request='GET /\\"a HTTP/1.1'),
    nginx(client="a|"),
    nginx(client="2001:db8::7"),
    nginx(more=""),
    nginx(more='rt=0.013 x="us=502"'),
    nginx().replace("+0000", "+0530"),
    nginx().replace("22/Nov", "31/Nov"),
    nginx().replace("- - [", "- al ice ["),
    nginx() + " extra=1",
    nginx() + "   ",
    nginx()[:90],
    nginx(more="83 0.004 [shop-orders-80] [] 10.244.1.7:8080 19 0.004 503 7ba5c8f9a1d14d3e9a5b1c2d3e4f5061"),
    nginx(more="83 0.004 [shop-orders-80] [] 10.244.1.7:8080, 10.0.0.8:80 0, 19 0.004, 0.001 502, 503 7ba5c8f9a1d"),
    nginx(more="83 0.000 [] [] - - - - 7ba5c8f9a1d14d3e9a5b1c2d3e4f5061", status="502"),
    "",
)


def nginx_line(rng: random.Random, at_s: float) -> str:
    status, more = rng.choice(
        [
            ("200", upstream("0.001", "0.012", "0.012", "200")),
            ("200", upstream("1.010", "1.012", "1.012", "200")),
            ("502", upstream("0.001", "-", "0.012", "502")),
            ("504", upstream("-", "-", "2.002", "504")),
            ("503", upstream("0.001", "0.002", "0.002", "503", "10.0.0.8:8080")),
            ("499", upstream("0.001", "-", "0.002", "-", "10.0.0.8:8080")),
            ("200", upstream("0.000, 0.001", "-, 0.002", "0.000, 0.002", "502, 200", "10.0.0.7:8080, 10.0.0.8:8080")),
        ]
    )
    return nginx(at_s, status, more)
