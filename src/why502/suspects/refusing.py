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
SEEN: Final = 5.0
"""The wire shows the answer, and the proxy's log a failure of its own at the same instant: it did not like it."""
SIZE: Final = 3.0
"""Invalid answers are mostly short: what breaks them is at their beginning."""


def judge_refused(scene: Scene, own: Manner, other: Manner, summary: str) -> Judgement:
    """For the suspect of manner `own`; `other` is the other reason to refuse an answer that came."""
    cluster = scene.cluster
    if cluster.phase not in (Phase.WAIT, Phase.BODY, Phase.UNKNOWN):
        return DoesNotApply(f"the exchange ended in another phase ({cluster.phase})")
    if cluster.outcome is Outcome.ANSWERED:
        if cluster.manner is other and not cluster_is_vague(cluster):
            return DoesNotApply(f"the proxy says otherwise ({other})")
        return Weighed((*_words(cluster, own), *_answers(cluster, own)), summary, _missing(cluster))
    if cluster.outcome is not None and cluster.manner is not own:
        return DoesNotApply(f"no answer came ({cluster.outcome})")
    if cluster.manner in (Manner.CUT, Manner.UNKNOWN) and cluster.phase in (Phase.WAIT, Phase.UNKNOWN):
        return CannotTell((Source.ERROR_LOG,), "nothing given tells whether an answer came and was refused")
    if cluster_is_vague(cluster):
        return Weighed((*_words(cluster, own),), summary, (Source.CAPTURE,))
    if cluster.manner is not own:
        return DoesNotApply(f"the exchange failed otherwise ({cluster.manner})")
    return Weighed((proxy_says(cluster, SAYS),), summary)


def cluster_is_vague(cluster: Cluster) -> bool:
    """HAProxy has one flag for both: PH, "invalid, incomplete or too large headers" (configuration.txt 8.5)."""
    proxies = {place.request.proxy for place in cluster.logged}
    return proxies == {"haproxy"} and cluster.manner in (Manner.MALFORMED, Manner.TOO_LARGE)


def _words(cluster: Cluster, own: Manner) -> Iterator[Evidence]:
    if cluster_is_vague(cluster) or cluster.manner is own:
        yield proxy_says(cluster, SAYS)


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
