"""Error log of Apache httpd: what mod_proxy says of its backends.

Messages are known by their number (`APLOGNO` in proxy_util.c, mod_proxy_http.c, mod_proxy_balancer.c; seen with
2.4.71). One failure makes two or three lines of one thread: each is a request here, and `facts` puts them together
by `thread`. Times are local without a zone, read as if UTC.

Of its children it tells those that a signal ended, but for SIGTERM, SIGHUP, SIGKILL and the one of a graceful stop
(AH00051 and AH00052, `ap_process_child_status` of server/mpm_unix.c).
"""

from __future__ import annotations

import re

from why502.formats.fate import Fate
from why502.formats.fields import iso_time, without_queries
from why502.formats.fitting import share
from why502.formats.interface import LogFormat, Sample
from why502.model.case import KernelEvent
from why502.model.evidence import Place, Source
from why502.model.expressions import expression
from why502.model.requests import Manner, Phase, Request, Side

MAX_REASON_CHARACTERS = 1000

FAILURES: tuple[tuple[str, str, Phase, Manner | None], ...] = (
    ("00957", "", Phase.CONNECT, None),
    ("02454", "", Phase.CONNECT, None),
    ("01114", "", Phase.CONNECT, Manner.UNKNOWN),
    ("01079", "", Phase.CONNECT, Manner.UNKNOWN),
    ("00940", "", Phase.NO_TARGET, Manner.UNKNOWN),
    ("01170", "", Phase.NO_TARGET, Manner.UNKNOWN),
    ("01167", "", Phase.NO_TARGET, Manner.UNKNOWN),
    ("01171", "", Phase.NO_TARGET, Manner.UNKNOWN),
    ("00934", "", Phase.NO_TARGET, Manner.UNKNOWN),
    ("01102", "", Phase.WAIT, None),
    ("10124", "", Phase.WAIT, Manner.TOO_LARGE),
    ("10404", "", Phase.WAIT, Manner.CUT),
    ("01106", "", Phase.WAIT, Manner.MALFORMED),
    ("01075", "", Phase.WAIT, None),
    ("01110", "", Phase.BODY, None),
    ("01590", "", Phase.BODY, Manner.MALFORMED),
    ("01084", "", Phase.SEND, None),
    ("01097", "", Phase.SEND, None),
    ("00898", "DNS lookup failure", Phase.NO_TARGET, Manner.UNRESOLVED),
    ("00898", "Error during SSL Handshake", Phase.TLS, Manner.UNKNOWN),
    ("00898", "Error reading from remote server", Phase.WAIT, Manner.UNKNOWN),
)
"""Number, words that must stand in the message, how far it had come, how it failed (None: the error's code tells)."""

CODES: dict[str, Manner] = {
    "111": Manner.REFUSED,
    "101": Manner.UNREACHABLE,
    "113": Manner.UNREACHABLE,
    "70007": Manner.TIMEOUT,
    "110": Manner.TIMEOUT,
    "104": Manner.RESET,
    "32": Manner.CUT,
    "99": Manner.EXHAUSTED,
    "24": Manner.EXHAUSTED,
    "23": Manner.EXHAUSTED,
    "13": Manner.FORBIDDEN,
    "1": Manner.FORBIDDEN,
    "70014": Manner.CLOSED,
    "70008": Manner.CLOSED,
}
"""errno, or APR's own: 70007 APR_TIMEUP, 70008 APR_INCOMPLETE, 70014 APR_EOF. 13 (EACCES) at a
connect: SELinux without `httpd_can_network_connect`, the classic on Red Hat's systems."""

APACHE = "apache"
"""Whose child it is, as `Request.proxy` calls it: the proxy's own is not the target's."""

NO_STATUS_LINE = "20014"
"""APR_EGENERAL: at AH01102 the backend closed without a byte (seen with 2.4.71)."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LINE = expression(
    r"\[[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d\d) (\d\d:\d\d:\d\d(?:\.\d{1,6})?) (\d{4})\]"
    r" \[(?:([\w]{0,64}):)?([a-z]{2,7}\d?)\] (?:\[pid (\d{1,10}(?::tid \d{1,20})?)\] )?(.*)",
    re.ASCII,
)
_CLIENT = expression(r"\[client ([^\]\s]{1,256})\]")
_CODE = expression(r"\((?:EAI )?(-?\d{1,6})\)")
_NUMBER = expression(r"\bAH(\d{5}): ")
_ADDRESS = expression(
    r"(?:connect to|remote server|failed to|connection for) \(?((?:\[[0-9a-fA-F:.]{2,64}\]|[\w.-]{1,255}):\d{1,5})"
)
_BALANCER = expression(r"balancer://([^\s:]{1,256})")
_DIED = expression(r"AH0005[12]: child pid (\d{1,9}) exit signal .{1,200}", re.ASCII)
_RETURNED = expression(r" returned by (/\S{0,2048})(?: \(([A-Z]{1,32})\))?")


def parse(line: str, at: Place) -> Request | None | str:
    """One line; None if it tells of no failed exchange, a string if it is no line of an error log."""
    found = _LINE.match(line)
    if not found:
        return "not the shape of Apache's error log"
    thread, text = found.groups()[6:]
    end_s = _end_s(found)
    if end_s is None:
        return "its time is no time"
    number = _NUMBER.search(text)
    fate = _fate(number[1], text[: number.start()], text[number.end() :]) if number else None
    return None if fate is None else _request(fate, text, end_s, thread, at)


def tell(line: str, at: Place, _near_s: float | None = None, _written_s: float | None = None) -> KernelEvent | None:
    """A child that a signal ended, at its time; whoever was served by it lost the connection."""
    found = _LINE.match(line.strip())
    died = _DIED.search(found[8]) if found else None
    if found is None or died is None:
        return None
    end_s = _end_s(found)
    text = f"Apache: {found[8][died.start() :]}"[:MAX_REASON_CHARACTERS]
    return KernelEvent(end_s, "worker-died", at, int(died[1]), APACHE, text) if end_s is not None else None


def _end_s(found: re.Match[str]) -> float | None:
    month, day, clock, year = found.groups()[:4]
    return iso_time(f"{year}-{_MONTHS.index(month) + 1:02}-{day}T{clock}+00:00") if month in _MONTHS else None


def _fate(number: str, before: str, message: str) -> Fate | None:
    row = next((row for row in FAILURES if row[0] == number and row[1] in message), None)
    if row is None:
        return None
    _, _, phase, manner = row
    if manner is None:
        code = _CODE.search(before)
        known = CODES.get(code[1]) if code else None
        closed = code is not None and code[1] == NO_STATUS_LINE and number == "01102"
        manner = Manner.CLOSED if closed else known or Manner.UNKNOWN
    return Fate(None if phase is Phase.BODY else Side.PROXY, phase, manner)


def _request(fate: Fate, text: str, end_s: float, thread: str | None, at: Place) -> Request:
    client, address, balancer, returned = (
        pattern.search(text) for pattern in (_CLIENT, _ADDRESS, _BALANCER, _RETURNED)
    )
    return Request(
        proxy=APACHE,
        at=at,
        start_s=None,
        end_s=end_s,
        status=None,
        side=fate.side,
        phase=fate.phase,
        manner=fate.manner,
        client=client[1] if client else None,
        target=address[1] if address else None,
        group=balancer[1] if balancer else None,
        method=returned[2] if returned else None,
        path=returned[1].split("?")[0] if returned else None,
        reason=without_queries(_CLIENT.sub("", text).replace("  ", " ").strip())[:MAX_REASON_CHARACTERS],
        thread=thread,
    )


def fit(lines: list[str]) -> float:
    """The share of lines that have the shape."""
    return share(lines, _LINE.match)


_RUN = "Apache 2.4.71 on loopback"

FORMAT = LogFormat(
    kind="apache-error-log",
    source=Source.ERROR_LOG,
    fit=fit,
    parse=parse,
    tell=tell,
    family="apache",
    samples=(
        Sample(
            "[Sun Nov 22 20:35:12.750081 2026] [proxy:error] [pid 4248:tid 4250] (111)Connection refused: AH00957: "
            "http: attempt to connect to 127.0.0.1:51895 (127.0.0.1:51895) failed",
            {
                "status": None,
                "side": Side.PROXY,
                "phase": Phase.CONNECT,
                "manner": Manner.REFUSED,
                "target": "127.0.0.1:51895",
                "thread": "4248:tid 4250",
                "end_s": 1795379712.750081,
            },
            _RUN,
        ),
        Sample(
            "[Sun Nov 22 20:35:13.768542 2026] [proxy_http:error] [pid 4248:tid 4259] (70007)The timeout specified has "
            "expired: [client 127.0.0.1:48280] AH01102: error reading status line from remote server 127.0.0.1:42051",
            {
                "phase": Phase.WAIT,
                "manner": Manner.TIMEOUT,
                "client": "127.0.0.1:48280",
                "target": "127.0.0.1:42051",
            },
            _RUN,
        ),
        Sample(
            "[Sun Nov 22 20:35:12.764150 2026] [proxy_http:warn] [pid 4246:tid 4293] [client 127.0.0.1:48234] AH01106: "
            "bad HTTP/1.0 header returned by /malformed (GET)",
            {"phase": Phase.WAIT, "manner": Manner.MALFORMED, "path": "/malformed", "method": "GET"},
            _RUN,
        ),
        Sample(
            "[Sun Nov 22 20:35:12.753034 2026] [proxy_balancer:error] [pid 4246:tid 4288] [client 127.0.0.1:48158] "
            "AH01170: balancer://nobody: All workers are in error state",
            {"phase": Phase.NO_TARGET, "manner": Manner.UNKNOWN, "target": None, "group": "nobody"},
            _RUN,
        ),
        Sample(
            "[Sun Nov 22 20:35:12.758797 2026] [proxy:error] [pid 4248:tid 4255] (EAI 2)Name or service not known: "
            "[client 127.0.0.1:48184] AH00898: DNS lookup failure for: orders.invalid returned by /name",
            {"phase": Phase.NO_TARGET, "manner": Manner.UNRESOLVED, "path": "/name"},
            _RUN,
        ),
        Sample(
            "[Sun Nov 22 20:35:14.100000 2026] [core:notice] [pid 1] AH00052: child pid 25 exit signal Segmentation "
            "fault (11)",
            {},
            "apache/httpd, server/mpm_unix.c (ap_process_child_status), APLOGNO(00052)",
        ),
    ),
)
