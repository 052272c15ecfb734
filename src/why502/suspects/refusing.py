"""Answers that came and that the proxy did not take: what is the same for all reasons to refuse one."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Final

from why502.facts.answers import last_answer_bytes, last_head_bytes
from why502.model.conversations import Outcome
from why502.model.evidence import Evidence, Source
from why502.model.requests import Manner, Phase
from why502.model.words import count
from why502.suspects.checks import MANAGED
from why502.suspects.interface import CannotTell, DoesNotApply, Judgement, Weighed
from why502.suspects.weighing import proxy_says

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from why502.facts.scene import Cluster, Scene

LIMIT_BYTES: Final[Mapping[str, int]] = {
    "alb": 32_768,  # "Troubleshoot your Application Load Balancers": all headers of an answer
    "haproxy": 15_360,  # tune.bufsize 16384 less tune.maxrewrite 1024
    "nginx": 4_096,  # proxy_buffer_size, one page
    "apache": 8_190,  # ResponseFieldSize is a line's; ProxyIOBufferSize and LimitRequestLine share this default
}
"""What a proxy takes of an answer's headers by default: below it, they cannot have been too large."""

SAYS: Final = 9.0
"""The parser of the proxy says so, in words that stand at one place of its source."""
BAD_HEADER: Final = "AH01106"
LINE_MISSING: Final = 1.5
"""Of two lines that are written together one is rarely lost by chance; whoever cuts or filters a log loses many."""
SEEN: Final = 5.0
"""The wire shows an answer, and the proxy's log a failure of its own at that instant: it did not like the answer."""
SIZE: Final = 3.0
"""Invalid answers are mostly short: what breaks them is at their beginning."""


def judge_refused(scene: Scene, own: Manner, other: Manner, summary: str) -> Judgement:
    """For the suspect of manner `own`; `other` is the other reason to refuse an answer that came."""
    cluster = scene.cluster
    if cluster.phase not in (Phase.WAIT, Phase.BODY, Phase.UNKNOWN):
        return DoesNotApply(f"the exchange ended in another phase ({cluster.phase})")
    if cluster.outcome is Outcome.ANSWERED and not _of_other_streams(cluster):
        if cluster.manner is other and not cluster_is_vague(cluster):
            return DoesNotApply(f"the proxy says otherwise ({other})")
        found = (*_words(cluster, own), *_told_of_others(scene, own), *_answers(cluster, own))
        return Weighed(found, summary, _missing(cluster))
    if cluster.outcome not in (None, Outcome.ANSWERED) and cluster.manner is not own:
        return DoesNotApply(f"no answer came ({cluster.outcome})")
    if cluster.manner in (Manner.CUT, Manner.UNKNOWN) and cluster.phase in (Phase.WAIT, Phase.UNKNOWN):
        return CannotTell((Source.ERROR_LOG,), "nothing given tells whether an answer came and was refused")
    if cluster_is_vague(cluster):
        return Weighed((*_words(cluster, own), *_told_of_others(scene, own)), summary, (Source.CAPTURE,))
    if cluster.manner is not own:
        return DoesNotApply(f"the exchange failed otherwise ({cluster.manner})")
    return Weighed((proxy_says(cluster, SAYS),), summary)


def cluster_is_vague(cluster: Cluster) -> bool:
    """Whether the proxy's word may mean either.

    HAProxy has one flag for both: PH, "invalid, incomplete or too large headers" (configuration.txt 8.5). Apache writes
    "bad header" (AH01106) of both; of one that is too large it writes another line before (AH10124, both in
    mod_proxy_http.c), which may be missing from what was given. Envoy flags whatever its parser did not take with UPE:
    headers beyond its limit (60 KiB by default) make the parser fail as well.
    """
    proxies = {place.request.proxy for place in cluster.logged}
    if proxies in ({"haproxy"}, {"envoy"}):
        return cluster.manner in (Manner.MALFORMED, Manner.TOO_LARGE)
    return proxies == {"apache"} and cluster.manner is Manner.MALFORMED and _bad_header_alone(cluster)


def _bad_header_alone(cluster: Cluster) -> bool:
    reasons = [place.request.reason for place in cluster.logged if place.request.reason]
    return bool(reasons) and all(BAD_HEADER in reason for reason in reasons)


def _of_other_streams(cluster: Cluster) -> bool:
    """HTTP/2: the connection carries many requests, so that its answers say nothing of the one that failed (its stream
    may have been reset: RFC 9113, section 5.4.2).
    """
    return any(c.detail is not None and c.detail.http2 is not None for c in cluster.conversations)


def _words(cluster: Cluster, own: Manner) -> Iterator[Evidence]:
    if cluster.manner is own:
        yield proxy_says(cluster, SAYS)
    elif cluster_is_vague(cluster):
        alone = _bad_header_alone(cluster)
        yield proxy_says(cluster, SAYS - LINE_MISSING if alone else SAYS)


def _told_of_others(scene: Scene, own: Manner) -> Iterator[Evidence]:
    """The more precise line, where the log has it of other requests to the same target."""
    traffic = scene.case.traffic
    if traffic is None or not _bad_header_alone(scene.cluster):
        return
    others = [place.request for place in traffic.failures if place.request.manner is Manner.TOO_LARGE]
    alike = [request for request in others if request.target == scene.cluster.target and request.reason]
    if alike:
        text = f"of {count(len(alike), 'other request')} it says more: {alike[0].reason}"
        yield Evidence(SIZE if own is Manner.TOO_LARGE else -SIZE, text, Source.ERROR_LOG, alike[0].told_at)


def _answers(cluster: Cluster, own: Manner) -> Iterator[Evidence]:
    """Answers at the instants at which the proxy failed the requests, and how large they were."""
    number, first = len(cluster.conversations), cluster.conversations[0].decided_at
    text = f"the target did answer {count(number, 'request')} that the proxy failed at that very instant"
    yield Evidence(SEEN, text, Source.CAPTURE, first)
    heads = [h for c in cluster.conversations if (h := last_head_bytes(c)) is not None]
    sizes = heads or [s for c in cluster.conversations if (s := last_answer_bytes(c)) is not None]
    limits = [limit for place in cluster.logged if (limit := LIMIT_BYTES.get(place.request.proxy))]
    if not sizes or not limits:
        return
    large = median(sizes) >= limits[0]
    what = "headers" if heads else "the refused answers"
    compared = "at least" if large else "less than"
    text = f"{what} had {median(sizes):,.0f} bytes (median), {compared} the proxy's limit for headers ({limits[0]:,})"
    if large is (own is Manner.TOO_LARGE):
        yield Evidence(SIZE, text, Source.CAPTURE, first)
    else:
        # A small answer cannot have too large headers; a large one may be invalid as well.
        yield Evidence(-SIZE if large else -2 * SIZE, text, Source.CAPTURE, first)


def _missing(cluster: Cluster) -> tuple[Source, ...]:
    """What would say more: the error log, where the proxy keeps one."""
    told = any(place.request.reason for place in cluster.logged)
    return () if told or all(place.request.proxy in MANAGED for place in cluster.logged) else (Source.ERROR_LOG,)
