"""Failures alike, put together: two faults at once must become two clusters, one fault as few as possible."""

from __future__ import annotations

from collections import defaultdict
from operator import itemgetter
from typing import TYPE_CHECKING

from why502.facts.asked_again import asked_again
from why502.facts.counts import with_true_counts
from why502.facts.deaths_apart import AT_ONCE, with_deaths_apart
from why502.facts.failures import failures
from why502.facts.late_races import with_races
from why502.facts.metered_failures import of_metrics
from why502.facts.own_answers import of_answers
from why502.facts.scene import Basis, Cluster, Failure, ListenerWindow
from why502.facts.siblings import with_siblings
from why502.model.case import Case, Window
from why502.model.conversations import Conversation, Outcome
from why502.model.details import Protocol
from why502.model.evidence import Source
from why502.model.requests import Manner, Phase, Request, Side

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

FATES: dict[Outcome, tuple[Phase, Manner]] = {
    Outcome.REFUSED: (Phase.CONNECT, Manner.REFUSED),
    Outcome.SYN_UNANSWERED: (Phase.CONNECT, Manner.TIMEOUT),
    Outcome.NEVER_ACKNOWLEDGED: (Phase.WAIT, Manner.TIMEOUT),
    Outcome.RESET_UNACKNOWLEDGED: (Phase.WAIT, Manner.RESET),
    Outcome.RESET_BEFORE_ANSWER: (Phase.WAIT, Manner.RESET),
    Outcome.CLOSED_BEFORE_ANSWER: (Phase.WAIT, Manner.CLOSED),
    Outcome.RACED: (Phase.WAIT, Manner.CUT),
    Outcome.STALE: (Phase.WAIT, Manner.CUT),
    Outcome.ANSWER_CUT: (Phase.BODY, Manner.RESET),
    Outcome.MALFORMED: (Phase.WAIT, Manner.MALFORMED),
    Outcome.TRUNCATED: (Phase.BODY, Manner.CLOSED),
    Outcome.STALLED: (Phase.BODY, Manner.TIMEOUT),
    Outcome.TLS_FAILED: (Phase.TLS, Manner.UNKNOWN),
    Outcome.GONE_AWAY: (Phase.WAIT, Manner.CUT),
    Outcome.UNREACHABLE: (Phase.CONNECT, Manner.UNREACHABLE),
    Outcome.NOT_ANSWERED: (Phase.WAIT, Manner.TIMEOUT),
}
"""What the wire proves about phase and manner, whatever the proxy called it."""

TOLD = frozenset({Manner.UNREACHABLE, Manner.UNRESOLVED, Manner.EXHAUSTED, Manner.MALFORMED, Manner.TOO_LARGE})
"""Manners that only the proxy can know: an errno, a parser's word."""

TRIED_AGAIN_S = 1.0
"""A proxy that repeats a request does so at once, or after a pause of less than a second."""

PLAIN = frozenset({Protocol.HTTP1, Protocol.HTTP2})

OFTEN_SENT_AGAIN = 3
"""Repetitions of a request after 0.2, 0.4 and 0.8 s (or a tail probe and two of those)."""

SYN_AGAIN_S = 1.0
"""Until then the kernel sends a SYN once only: nobody waits for less."""


def clusters(case: Case, listeners: Sequence[ListenerWindow]) -> list[Cluster]:
    """All failures of the case, the largest cluster first.

    What targets answered themselves is told by a capture where no access log was given. Metrics count only what no log
    or capture shows one by one, and a listener's drops only where nothing shows what the proxy saw: the same failure is
    never counted twice.
    """
    groups: dict[tuple[object, ...], list[Failure]] = defaultdict(list)
    only, joined = _only_target(case), failures(case.traffic, case.wire)
    refused = [f.conversation for f in joined if f.conversation and f.conversation.outcome is Outcome.REFUSED]
    plain = _plain(case)
    for failure in joined:
        groups[_key(failure, only, refused, plain)].append(failure)
    with_races(groups, case.wire)
    with_siblings(groups, case.wire)
    with_deaths_apart(groups)
    found = with_true_counts([_cluster(key, group) for key, group in groups.items()], case.traffic)
    if Source.ACCESS_LOG not in case.looked_at:
        found += of_answers(case.wire)
    if not found:
        found = [*_of_drops(listeners)]
    if not found:
        found = [*of_metrics(case.metrics)]
    return sorted(found, key=lambda c: (-c.count, c.target or "", c.phase, c.manner, c.outcome or ""))


def _only_target(case: Case) -> str | None:
    """The one target of logs and captures, if there is no other that a request without an address may have gone to.

    Varnish names the backend, not the address, of a connect that failed; HAProxy and Caddy log a name at best.
    """
    if case.traffic is None or case.wire is None:
        return None
    names = {t.target for t in case.wire.targets} | {t.target for t in case.traffic.targets}
    groups = {place.request.group for place in case.traffic.failures}
    return next(iter(names)) if len(names) == 1 and len(groups) == 1 else None


def _plain(case: Case) -> frozenset[str]:
    """Targets of which some conversation is seen to be plain HTTP: one port does not speak TLS as well."""
    seen = (c for target in (case.wire.targets if case.wire else ()) for c in (*target.failed, *target.ended))
    return frozenset(c.target for c in seen if c.detail is not None and c.detail.protocol in PLAIN)


def _key(
    failure: Failure, only: str | None, refused: Sequence[Conversation], plain: frozenset[str]
) -> tuple[object, ...]:
    logged, conversation = failure.logged, failure.conversation
    outcome = conversation.outcome if conversation else None
    if conversation is not None and _too_late(conversation):
        outcome = Outcome.NEVER_ACKNOWLEDGED
    if logged is None:
        assert conversation is not None
        assert outcome is not None
        return conversation.target, Side.PROXY, *FATES[outcome], outcome
    request = logged.request
    phase, manner = request.phase, request.manner or Manner.UNKNOWN
    target = request.target or (conversation.target if conversation else None)
    if target is None and phase is not Phase.NO_TARGET and request.side in (Side.PROXY, None):
        target = only
    if (
        conversation is not None
        and conversation.target not in plain
        and _within_handshake(request, conversation)
        and not _tried_again(conversation, refused)
    ):
        manner = FATES[outcome][1] if outcome in FATES else manner
        return target, request.side, Phase.TLS, manner, outcome
    if manner is Manner.REFUSED and outcome is Outcome.SYN_UNANSWERED:
        # ECONNREFUSED is an answer to the SYN (`tcp_reset`, net/ipv4/tcp_input.c): it is not in the capture, or this
        # conversation is another's.
        return target, request.side, phase, manner, None
    if outcome in FATES and request.side in (Side.PROXY, None) and not _knows_better(request, outcome):
        phase, manner = FATES[outcome]
    return target, request.side, phase, manner, outcome


def _within_handshake(request: Request, conversation: Conversation) -> bool:
    """TCP stood and bytes went over it, and yet the proxy says that it never sent its request: they were a handshake's.

    Only of new connections: on a used one, the request itself may have come too late (ALB logs that alike). Nor where
    the bytes are seen to be plain HTTP, or the proxy's own words tell of the connect; and only by the word of a proxy
    that knows: Traffic Server calls a connection that was closed a connect that failed, too.
    """
    knows = request.proxy != "trafficserver" or request.manner is not Manner.UNKNOWN
    if request.phase is not Phase.CONNECT or request.reason_at is not None or not knows:
        return False
    plain = conversation.detail is not None and conversation.detail.protocol in PLAIN
    spoken = conversation.established_s is not None and conversation.bytes_acknowledged > 0
    return spoken and not plain and conversation.opened and conversation.exchanges <= 1


def _too_late(conversation: Conversation) -> bool:
    """The request was sent again and again before the target's kernel took it: no program was asked in time.

    The kernel acknowledges at once what comes for a socket that it has (`tcp_delack_max`, 40 ms); the third repetition
    is a second or more after the first sending. So the socket was not there yet, or packets were lost.
    """
    again = conversation.retransmissions_sent >= OFTEN_SENT_AGAIN * max(1, conversation.segments_sent)
    return (
        conversation.outcome is Outcome.NOT_ANSWERED and conversation.opened and conversation.exchanges <= 1 and again
    )


def _tried_again(conversation: Conversation, refused: Sequence[Conversation]) -> bool:
    """Whether the target refused connects right after: the proxy logged its second attempt, and this was the first."""
    end_s = conversation.end_s or conversation.last_s
    return any(c.target == conversation.target and 0 <= c.last_s - end_s <= TRIED_AGAIN_S for c in refused)


def _knows_better(request: Request, outcome: Outcome) -> bool:
    """Whether the proxy was told what a conversation's packets do not show."""
    if request.manner in TOLD or request.phase is Phase.TLS:
        return True
    # It gave up although its timer had not fired (formats know that): something told it, by ICMP.
    at_once = request.total_s is not None and request.total_s < SYN_AGAIN_S
    gave_up = at_once and request.phase is Phase.CONNECT and request.manner is Manner.UNKNOWN
    return outcome is Outcome.SYN_UNANSWERED and gave_up


def _cluster(key: tuple[object, ...], group: Sequence[Failure]) -> Cluster:
    target, side, phase, manner, outcome = key[:5]
    return Cluster(
        basis=Basis.REQUESTS if any(f.logged for f in group) else Basis.CONVERSATIONS,
        target=target,  # type: ignore[arg-type]
        side=side,  # type: ignore[arg-type]
        phase=phase,  # type: ignore[arg-type]
        manner=manner,  # type: ignore[arg-type]
        outcome=outcome,  # type: ignore[arg-type]
        count=len(group),
        failures=tuple(group),
        window=_span([f.at_s for f in group if f.at_s is not None]),
        beside_deaths=key[5:] == (AT_ONCE,),
    )


def _span(times_s: Sequence[float]) -> Window | None:
    return Window(min(times_s), max(times_s)) if times_s else None


def _of_drops(listeners: Sequence[ListenerWindow]) -> Iterator[Cluster]:
    for window in listeners:
        if window.drops and window.grown.get("ListenOverflows"):
            yield Cluster(
                basis=Basis.DROPS,
                target=window.listener.address,
                side=None,
                phase=Phase.CONNECT,
                manner=Manner.UNKNOWN,
                outcome=None,
                count=window.drops,
                failures=(),
                window=window.watched,
            )


def same_target(one: Cluster, other: Cluster) -> bool:
    """By its address, or by the name of the server where the log has only that."""
    if one.target is not None or other.target is not None:
        return one.target == other.target
    names = [{place.request.group for place in cluster.logged} for cluster in (one, other)]
    return names[0] == names[1] != {None}


def may_be_same_target(case: Case, one: Cluster, other: Cluster) -> bool:
    """As `same_target`; or one of them names nothing, and the logs name the other's target alone.

    Caddy names the address in errors of the connect and of the socket, and says nothing but `EOF` of a connection that
    was closed (proxies.md 5.3).
    """
    if same_target(one, other):
        return True
    named, nameless = (one, other) if other.target is None else (other, one)
    if named.target is None or nameless.target is not None or nameless.phase is Phase.NO_TARGET:
        return False
    if named.target != _only_named(case):
        return False
    told = [{(p.request.proxy, p.request.group) for p in c.logged} for c in (one, other)]
    return told[0] == told[1] != set()


def candidates(found: Sequence[Cluster]) -> Callable[[Cluster], Sequence[Cluster]]:
    """Which other ones `may_be_same_target` need be asked of: all would be a million where a thousand targets fail."""
    by_target: dict[str | None, list[tuple[int, Cluster]]] = defaultdict(list)
    for place, cluster in enumerate(found):
        by_target[cluster.target].append((place, cluster))

    def of(cluster: Cluster) -> Sequence[Cluster]:
        if cluster.target is None:
            return [other for other in found if other is not cluster]
        near = sorted([*by_target[cluster.target], *by_target[None]], key=itemgetter(0))
        return [other for _, other in near if other is not cluster]

    return of


@asked_again
def _only_named(case: Case) -> str | None:
    """The one that the logs name, if they name no other."""
    named = {t.target for t in case.traffic.targets if t.target} if case.traffic else set()
    return named.pop() if len(named) == 1 else None
