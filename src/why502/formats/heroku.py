"""Log of Heroku's router, as `heroku logs` prints it or a log drain gets it, with the lines of the app between.

devcenter.heroku.com, `http-routing` (fields; `connect` and `service` are milliseconds) and `error-codes`. The time
stands in front of the line and is that of the end. An H code means that the router made the answer.
"""

from __future__ import annotations

import re
from typing import Final

from why502.formats.fate import UNTOLD, Fate, answered
from why502.formats.fields import iso_time, milliseconds, request_line, whole
from why502.formats.fitting import share
from why502.formats.interface import LogFormat, Sample
from why502.model.case import KernelEvent
from why502.model.evidence import Place, Source
from why502.model.expressions import expression
from why502.model.requests import Manner, Phase, Request, Side

CODES: Final[dict[str, Fate]] = {
    "H10": Fate(Side.PROXY, Phase.NO_TARGET, Manner.UNKNOWN),
    "H11": Fate(Side.PROXY, Phase.UNKNOWN, Manner.UNKNOWN),
    "H12": Fate(Side.PROXY, Phase.WAIT, Manner.TIMEOUT),
    "H13": Fate(Side.PROXY, Phase.WAIT, Manner.CUT),
    "H14": Fate(Side.PROXY, Phase.NO_TARGET, Manner.UNKNOWN),
    "H15": Fate(None, Phase.UNKNOWN, Manner.TIMEOUT),  # nobody sent anything for 55 s: WebSockets that idle as well
    "H17": Fate(Side.PROXY, Phase.WAIT, Manner.MALFORMED),
    "H18": Fate(Side.PROXY, Phase.UNKNOWN, Manner.CUT),
    "H19": Fate(Side.PROXY, Phase.CONNECT, Manner.TIMEOUT),
    "H20": Fate(Side.PROXY, Phase.NO_TARGET, Manner.UNKNOWN),
    "H21": Fate(Side.PROXY, Phase.CONNECT, Manner.REFUSED),
    "H25": Fate(Side.PROXY, Phase.WAIT, Manner.MALFORMED),
    "H27": Fate(Side.CLIENT, Phase.UNKNOWN, Manner.GONE),
    "H28": Fate(Side.CLIENT, Phase.UNKNOWN, Manner.GONE),
    **dict.fromkeys(("H16", "H26", "H31", "H32", "H80", "H81", "H82", "H83"), Fate(Side.PROXY, Phase.UNKNOWN)),
}
"""Code -> what became of the request. H18: `sock` says whose socket was destroyed; the documents do not agree on
whether a part of the answer had come. H26, H31, H32: the client's request was wrong. H80 to H83: answers by
configuration. Other codes (H22 connection limit, H23, H24 forced close, H99 platform error) do not tell how far it
came."""

_TIME = r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:?\d\d))"
_FRONT = expression(
    rf"(?:- )?(?:(?:\d{{1,6}} )?<\d{{1,3}}>1 )?{_TIME} "
    r"(?:(heroku|app)\[([\w.-]{1,64})\]: |\S{1,64} (heroku|app) ([\w.-]{1,64}) - - |(heroku|app) ([\w.-]{1,64}) - - )",
    re.ASCII,
)
_PAIR = expression(r'(?<!\S)(\w{1,32})=(?:"([^"]{0,8192}+)"|([^\s"]{0,8192}+))(?: |$)', re.ASCII)
"""Names begin behind a blank: 'a=a=a=...' is looked through once, not from each of its letters on."""


ENDS: Final = {
    "exit": expression(r"State changed from \w{1,16} to crashed\b", re.ASCII),
    "oom": expression(r"Error R15 ", re.ASCII),
}
"""What the process manager says of the end of a dyno. R15: it has more than twice its memory, and is killed; R14, with
more than its own, is only swapped (`error-codes`). A restart ('to starting') is no crash: every dyno has one a day."""


def parse(line: str, at: Place) -> Request | None | str:
    """One line; None for those of the app and of Heroku's process manager."""
    front = _FRONT.match(line)
    if not front:
        return "not a line of Heroku's logs"
    source, process = front[2] or front[4] or front[6], front[3] or front[5] or front[7]
    if (source, process) != ("heroku", "router"):
        return None
    told = {pair[1]: pair[2] or pair[3] or "" for pair in _PAIR.finditer(line, front.end())}
    end_s, status = iso_time(front[1]), whole(told.get("status", "-"))
    if end_s is None or "method" not in told:
        return "not the fields of Heroku's router"
    return _request(told, status, end_s, at)


def _request(told: dict[str, str], status: int | None, end_s: float, at: Place) -> Request:
    code = told.get("code")
    side, phase, manner = _fate(status, code, told.get("sock"))
    connect_s, service_s = (milliseconds(told.get(name, "").removesuffix("ms")) for name in ("connect", "service"))
    total_s = None if service_s is None else round((connect_s or 0.0) + service_s, 3)
    method, path = request_line(f"{told['method']} {told.get('path') or '-'} HTTP/1.1")
    return Request(
        proxy="heroku",
        at=at,
        start_s=None if total_s is None else round(end_s - total_s, 6),
        end_s=end_s,
        status=status or 0,
        side=side,
        phase=phase,
        manner=manner,
        client=told.get("fwd", "").split(",")[0] or None,
        target=told.get("dyno") or None,
        group=told.get("host") or None,
        method=method,
        path=path,
        target_status=status if side is Side.TARGET else None,
        connect_s=None if phase in (Phase.CONNECT, Phase.NO_TARGET) else connect_s,
        wait_s=service_s if phase is Phase.WAIT else None,
        total_s=total_s,
        reason=f"{code} {told.get('desc', '')}".strip() if code and manner is not None else None,
    )


def _fate(status: int | None, code: str | None, sock: str | None) -> Fate:
    if code is None:
        return answered(status)
    if code == "H18" and sock == "client":
        return CODES["H27"]
    return CODES.get(code, Fate(Side.PROXY, UNTOLD.phase, UNTOLD.manner))


def tell(
    line: str,
    at: Place,
    near_s: float | None,  # noqa: ARG001 - it has a time of its own
    written_s: float | None = None,  # noqa: ARG001 - as above
) -> KernelEvent | None:
    """A dyno that crashed, or that was killed because it took far more memory than it may."""
    front = _FRONT.match(line)
    at_s = iso_time(front[1]) if front else None
    if front is None or at_s is None or (front[2] or front[4] or front[6]) != "heroku":
        return None
    dyno, said = front[3] or front[5] or front[7], line[front.end() :]
    kind = next((kind for kind, words in ENDS.items() if words.match(said)), None)
    return None if kind is None else KernelEvent(at_s, kind, at, process=dyno, text=f"heroku: {dyno}: {said[:200]}")


def fit(lines: list[str]) -> float:
    """The share of lines that are of Heroku's logs; one of the router must be among them."""
    routed = any(isinstance(parse(line, Place("")), Request) for line in lines)
    return share(lines, lambda line: not isinstance(parse(line, Place("")), str)) if routed else 0.0


_CODES = "devcenter.heroku.com/articles/error-codes"

FORMAT = LogFormat(
    kind="heroku-router-log",
    source=Source.ACCESS_LOG,
    fit=fit,
    parse=parse,
    tell=tell,
    whole_line=True,
    samples=(
        Sample(
            '2010-10-06T21:51:37-07:00 heroku[router]: at=error code=H12 desc="Request timeout" method=GET path="/" '
            "host=myapp.herokuapp.com fwd=17.17.17.17 dyno=web.1 connect=6ms service=30001ms status=503 bytes=0",
            {
                "status": 503,
                "side": Side.PROXY,
                "phase": Phase.WAIT,
                "manner": Manner.TIMEOUT,
                "client": "17.17.17.17",
                "target": "web.1",
                "group": "myapp.herokuapp.com",
                "path": "/",
                "connect_s": 0.006,
                "wait_s": 30.001,
                "end_s": 1286427097.0,
                "reason": "H12 Request timeout",
            },
            _CODES,
        ),
        Sample(
            '347 <158>1 2019-08-23T09:17:38.458556+00:00 heroku router - - at=error code=H12 desc="Request timeout" '
            'method=POST path="/graphql" host=app.custeed.com request_id=d4cb0698-2d37-488c-9643-812ce3002089 '
            'fwd="134.213.5.52,162.158.154.222" dyno=web.1 connect=0ms service=30001ms status=503 bytes=0 '
            "protocol=https",
            {"status": 503, "client": "134.213.5.52", "end_s": 1566551858.458556, "method": "POST", "path": "/graphql"},
            "a log drain's line (RFC 5424 with the octet count), as quoted in a public repository on GitHub",
        ),
    ),
)
