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
    alb().replace("2026-11-22", "2126-11-22"),
    alb().replace("2026-11-22", "9026-11-22"),
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
    nginx(at_s=179534160050.5),
    nginx(at_s=6795341600.5),
    nginx().replace("rt=0.013", "rt=123456789012.013"),
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


def haproxy(
    at_s: float = 1795341600.5,
    group: str = "shop/a",
    times: str = "0/0/1/12/13",
    fate: str = "200 157 - - ----",
    retries: str = "0",
    more: str = "",
    request: str = "GET /orders?id=7 HTTP/1.1",
    client: str = "192.0.2.9:2817",
    around: str = "",
) -> str:
    day = datetime.fromtimestamp(at_s, UTC).strftime("%d/%b/%Y:%H:%M:%S.%f")[:-3]
    return f'{around}{client} [{day}] web~ {group} {times} {fate} 12/7/3/3/{retries} 0/0{more} "{request}"'


SYSLOG, MODERN_SYSLOG = "Nov 22 20:35:08 gw haproxy[41]: ", "2026-11-22T20:35:08.123456+00:00 gw haproxy[41]: "

MORE_SYSLOG = (
    "Nov 22 2026 20:35:08 gw haproxy[41]: ",
    "<134>Nov 22 2026 20:35:08.123 gw haproxy[41]: ",
    "2026-11-22T20:35:08+01:00 gw haproxy[41]: ",
    "<134>1 2026-11-22T20:35:08.123456Z gw haproxy 41 - - ",
    "<134>1 2026-11-22T20:35:08.123456+01:00 gw haproxy 41 - - ",
    "2026-11-22T20:35:08.123456789Z stdout F ",
)


def haproxy_tcp(
    at_s: float = 1795341600.5,
    group: str = "shop/a",
    times: str = "0/1/13",
    state: str = "--",
    retries: str = "0",
    around: str = "",
) -> str:
    day = datetime.fromtimestamp(at_s, UTC).strftime("%d/%b/%Y:%H:%M:%S.%f")[:-3]
    return f"{around}192.0.2.9:2817 [{day}] tcp {group} {times} 212 {state} 12/7/3/3/{retries} 0/0"


HAPROXY_LINES = (
    haproxy(),
    haproxy(times="0/0/1/-1/7", fate="502 209 - - SH--"),
    haproxy(times="5/0/-1/-1/603", fate="503 217 - - sC--"),
    haproxy(times="5/0/3/-1/10007", fate="504 217 - - sH--"),
    haproxy(times="0/-1/-1/-1/0", fate="503 217 - - SC--", group="shop/<NOSRV>"),
    haproxy(times="0/0/1/12/20", fate="200 217 - - SD--"),
    haproxy(times="0/0/1/-1/2000", fate="-1 0 - - CD--"),
    haproxy(times="0/0/1/12/20", fate="503 217 - - ----"),
    haproxy(times="0/1002/0/2/1004", retries="+1"),
    haproxy(times="0/1002/0/2/1004", retries="2"),
    haproxy(times="0/2003/0/-1/3004", retries="3", fate="503 217 - - SC--"),
    haproxy(times="0/0/1034/12/1046"),
    haproxy(times="0/0/1/12/+13"),
    haproxy(times="0/0/1/12/-1"),
    haproxy(times="-1/-1/-1/-1/5000", fate="408 212 - - cR--", group="web/<NOSRV>"),
    haproxy(more=" {shop.example|} {}"),
    haproxy(more=" {a} {b} {c}"),
    haproxy(group="shop"),
    haproxy(group="shop/a/b"),
    haproxy(client="unix:1"),
    haproxy(client="[2001:db8::7]:80"),
    haproxy(request="<BADREQ>", fate="400 187 - - PR--", times="-1/-1/-1/-1/0"),
    haproxy(around=SYSLOG),
    haproxy(around=SYSLOG.replace("22 ", " 2 ")),
    haproxy(around=f"<134>{SYSLOG}"),
    haproxy(around=MODERN_SYSLOG),
    haproxy(around=MODERN_SYSLOG.replace("+00:00", "Z")),
    haproxy(around=SYSLOG.replace("Nov", "NOV")),
    haproxy(around=SYSLOG.replace("[41]", "[x]")),
    haproxy().replace("/Nov/", "/Non/"),
    haproxy().replace("22/Nov", "31/Nov"),
    haproxy().replace(".500]", "]"),
    haproxy().replace(".500]", ".500 +0530]"),
    haproxy() + " 0/-/-/-/0 -/-/-",
    haproxy()[:-30],
    haproxy()[:60],
    "192.0.2.9:2817 [22/Nov/2026:20:35:08.232] tcp bck/srv1 0/0/5007 212 -- 0/0/0/0/3 0/0",
    haproxy_tcp(),
    haproxy_tcp(state="SD"),
    haproxy_tcp(state="sC", times="0/-1/2002"),
    haproxy_tcp(state="SC", times="0/-1/3", retries="3"),
    haproxy_tcp(state="SC", times="0/-1/3004", retries="+3"),
    haproxy_tcp(state="SC", times="-1/-1/0", group="shop/<NOSRV>"),
    haproxy_tcp(state="SH", times="0/2/30"),
    haproxy_tcp(times="0/1002/1010", retries="2"),
    haproxy_tcp(times="0/1034/+1046"),
    haproxy_tcp(around=MODERN_SYSLOG),
    haproxy(retries="+3"),
    haproxy(retries="17"),
    haproxy(retries="1000000"),
    haproxy(retries="++1"),
    haproxy(retries="3", times="0/0/-1/-1/90", fate="503 217 - - SC--"),
    haproxy(retries="+3", times="0/0/-1/-1/90", fate="503 217 - - SC--"),
    haproxy(retries="3", times="0/0/-1/-1/100", fate="503 217 - - SC--"),
    *(haproxy(around=around) for around in MORE_SYSLOG),
    haproxy(around="2026-11-22T20:35:8Z gw haproxy[41]: "),
    haproxy(around="2026-11-22T20:35:-1Z gw haproxy[41]: "),
    haproxy(around="<134>1 2026-11-22T20:35:08Z gw haproxy 41 - [x y] "),
    haproxy(around="<134>2 2026-11-22T20:35:08Z gw haproxy 41 - - "),
    haproxy(around="2026-11-22T20:35:08.1Z stdout P "),
    haproxy(around="2026-11-22T20:35:08.1Z stdlog F "),
    "Connect from 192.0.2.9:2817 to 10.0.0.1:80 (web/HTTP)",
    "Server shop/a is DOWN, reason: Layer4 timeout, check duration: 2002ms.",
    "",
)


def haproxy_line(rng: random.Random, at_s: float) -> str:
    times, fate, retries = rng.choice(
        [
            ("0/0/1/12/13", "200 157 - - ----", "0"),
            ("0/0/1010/12/1022", "200 157 - - ----", "0"),
            ("0/0/1/-1/12", "502 209 - - SH--", "0"),
            ("0/0/-1/-1/2002", "503 217 - - sC--", "0"),
            ("0/1002/0/2/1004", "200 157 - - ----", "+1"),
            ("0/3002/0/2/3004", "200 157 - - ----", "+3"),
            ("0/0/-1/-1/3004", "503 217 - - SC--", "3"),
            ("0/2002/0/2/2004", "200 157 - - ----", "2"),
            ("0/0/1/2/3", "503 157 - - ----", "0"),
        ]
    )
    return haproxy(at_s, rng.choice(["shop/a", "shop/b"]), times, fate, retries)


LINES = {"alb-access-log": ALB_LINES, "nginx-access-log": NGINX_LINES, "haproxy-log": HAPROXY_LINES}
"""For each kind that is cut into columns."""

MAKERS = {"alb-access-log": alb_line, "nginx-access-log": nginx_line, "haproxy-log": haproxy_line}
"""A random line of that kind at that time."""
