"""The target answered 5xx

What happens
------------
The application itself sent the error status; the gateway only passed it on.

How it looks from the proxy
---------------------------
ALB: the target's status equals the one that the client got. nginx: `$upstream_header_time` holds a number, which is
the proof that a header came (nginx writes its own 502 and 504 into `$upstream_status`).

What gives it away
------------------
A status line from the target, in the log or on the wire.

A capture between gateway and target shows the target's answers; one between clients and gateway shows the gateway's
own, which look the same but for its error pages. So 502, 503 and 504 there weigh less than 500.

What clears it
--------------
No target status, no header time; on the wire, a gateway's own error page, or a server that opens connections to other
servers in turn.

What to do
----------
Look into the application's log at those times.

Sources
-------
AWS "Access logs for your Application Load Balancer" (target_status_code); nginx `ngx_http_upstream_next`;
RFC 9110, section 15.6.
"""

from __future__ import annotations

from collections import Counter
from statistics import median_low
from typing import TYPE_CHECKING

from why502.facts.metered_failures import TARGET_5XX
from why502.facts.own_answers import passed_on, said_of
from why502.facts.scene import Basis
from why502.model.evidence import Evidence, Place, Source
from why502.model.requests import Manner, Side
from why502.model.verdict import Remedy
from why502.model.words import count
from why502.suspects.interface import CannotTell, DoesNotApply, Judgement, Kind, Suspect, Weighed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from why502.facts.scene import Scene
    from why502.model.wire import StatusLine


TELLS_ALL = {
    "apache": "apache-error-log",  # proxy_util.c, mod_proxy_http.c
    "caddy": "caddy-error-log",  # caddyhttp/server.go, `Server.ServeHTTP`: `http.log.error`, from status 500 on
}
"""Proxy -> the kind of its error log."""
SAME_SECOND_S = 1.0
ALL_BUT = 0.9
PASSED_ON = 8.0
"""Seen on both sides of the gateway."""
SURE = 4.0
"""Bits from which on nothing need be said against it."""


def judge(scene: Scene) -> Judgement:
    cluster = scene.cluster
    if cluster.manner in (Manner.MALFORMED, Manner.TOO_LARGE):
        return DoesNotApply("what the target sent was no answer that the proxy could read")
    summary = f"{cluster.target or 'The target'} itself answered {count(cluster.count, 'request')} with 5xx."
    if cluster.side is None and (own := heard(scene) or unexplained(scene)):
        return Weighed((own,), summary)
    if cluster.side is None:
        return CannotTell((Source.ACCESS_LOG,), "nothing given tells who made the status")
    if cluster.side is not Side.TARGET:
        return DoesNotApply("the target sent no status")
    if cluster.basis is Basis.ANSWERS:
        return Weighed((*on_the_wire(scene), *counted(scene)), summary, (Source.ACCESS_LOG,))
    if cluster.basis is Basis.METRICS:
        text = f"the balancer counted {cluster.count} 5xx answers as the targets' own"
        return Weighed((Evidence(9.0, text, Source.METRICS, Place(scene.path_of(Source.METRICS))),), summary)
    # Of a function there is no status, but the load balancer's word for it.
    statuses = Counter(place.request.target_status or place.request.reason for place in cluster.logged)
    text = f"the target's own status: {listed(statuses.elements())}"
    evidence = Evidence(10.0, text, Source.ACCESS_LOG, cluster.logged[0].request.at)
    return Weighed((evidence,), summary)


def heard(scene: Scene) -> Evidence | None:
    """The capture has an answer with the logged status, at the logged time, for nearly all of them."""
    cluster = scene.cluster
    if cluster.outcome is not None or not cluster.logged:
        return None
    lines = said_of(scene.case, cluster)
    if len(lines) < ALL_BUT * len(cluster.logged):
        return None
    statuses = listed(line.status for line in lines)
    text = f"the target sent the very status at the time of {len(lines)} of {len(cluster.logged)}: {statuses}"
    return Evidence(8.0, text, Source.CAPTURE, lines[0].at)


def on_the_wire(scene: Scene) -> Iterator[Evidence]:
    """Every answer counts as much as the least certain of most of them."""
    wire, times_s = scene.wire, {failure.at_s for failure in scene.cluster.failures}
    lines = [line for line in (wire.errors if wire else ()) if line.at_s in times_s and not line.page_of]
    if not wire or not lines or scene.case.wire is None:
        return
    gateways = passed_on(scene.case.wire, lines)
    if sum(gateways.values()) >= ALL_BUT * len(lines):
        through = max(gateways, key=lambda name: gateways[name])
        text = f"its status lines, and how {through} passed them on: {listed(line.status for line in lines)}"
        yield Evidence(PASSED_ON, text, Source.CAPTURE, lines[0].at)
    else:
        bits = median_low(bits_of(line) for line in lines)
        text = f"status lines of {lines[0].opener.rpartition(':')[0]}'s conversations with it: "
        text += listed(line.status for line in lines)
        if bits < SURE:
            text += "; a gateway that failed itself may say the same"
        yield Evidence(bits, text, Source.CAPTURE, lines[0].at)


def bits_of(line: StatusLine) -> float:
    """502, 503 and 504 are defined as a gateway's words (503 also as a server's own), 500 is hardly ever one's: nginx
    without free connections, or with a loop of rewrites, says it. An unknown page makes the known gateways unlikely.
    """
    unknown_page = line.page_of is not None
    if line.status in (502, 504):
        return 3.0 if unknown_page else 0.5
    if line.status == 503:
        return 5.0 if unknown_page else 1.5
    return 8.0 if unknown_page else 6.0


def counted(scene: Scene) -> Iterator[Evidence]:
    """What the balancer's metrics say of the same answers."""
    series = [s for s in scene.case.metrics if s.name == TARGET_5XX]
    if not series:
        return
    number = round(sum(value for s in series for _, value in s.points))
    if number:
        text = f"the balancer counted {number} 5xx answers as the targets' own"
        yield Evidence(4.0, text, Source.METRICS, series[0].at)
    else:
        # Its health checks are counted elsewhere, and those are what it may have sent.
        text = "the balancer counted no 5xx answer of a target: it was told of these by none, or checked its health"
        yield Evidence(-4.0, text, Source.METRICS, series[0].at)


def unexplained(scene: Scene) -> Evidence | None:
    """These proxies write a line for every failure of their own, and none for an answer that they pass on."""
    cluster = scene.cluster
    proxies = {place.request.proxy for place in cluster.logged}
    kinds = {kind for proxy, kind in TELLS_ALL.items() if proxies == {proxy}}
    given = [i for i in scene.case.inputs if i.kind in kinds]
    if cluster.outcome is not None or not given:
        return None
    told = scene.case.traffic.failures if scene.case.traffic else ()
    words_s = [p.request.end_s for p in told if p.request.reason and p.request.end_s is not None]
    ends_s = [place.request.end_s for place in cluster.logged if place.request.end_s is not None]
    silent = [end_s for end_s in ends_s if not any(abs(end_s - at_s) <= SAME_SECOND_S for at_s in words_s)]
    # Before its first word and after its last one the file may have been cut: a missing line is no evidence there.
    if words_s:
        silent = [end_s for end_s in silent if min(words_s) <= end_s <= max(words_s)]
    if not ends_s or len(silent) < ALL_BUT * len(ends_s):
        return None
    text = f"the error log given has no line near {len(silent)} of {len(ends_s)} of these answers: they were passed on"
    # 502 is mostly a gateway's own word; a log of another time or level would be as silent.
    bits = 2.0 if most_common(place.request.status for place in cluster.logged) == 502 else 4.5
    return Evidence(bits, text, Source.ERROR_LOG, Place(given[0].path))


def listed(statuses: Iterable[int | str | None]) -> str:
    """'3 x 503, 1 x 500'"""
    return ", ".join(f"{number} x {status}" for status, number in Counter(statuses).most_common(4))


def most_common(statuses: Iterable[int | None]) -> int | None:
    return Counter(statuses).most_common(1)[0][0]


SUSPECT = Suspect(
    name="target-answered-5xx",
    kind=Kind.FAULT,
    title="the application itself sent the error",
    prior=0.2,
    judge=judge,
    expects={
        "host": {"listener-well": 0.95, "drops-grow": 0.01},
        "capture": {"answered": 0.97},
        "error-log": {"silent": 0.97},
        "access-log": {"target-answered": 0.98},
    },
    remedies=(Remedy("Look into the application's own log at these times; the gateway only passed the status on."),),
)
