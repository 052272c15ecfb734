"""How several suspects weigh the same kind of observation."""

from __future__ import annotations

from collections import Counter
from statistics import median
from typing import TYPE_CHECKING

from why502.facts.coincidence import SIGNIFICANT, Comparison, FailureTimes, compare, failure_times
from why502.facts.deaths import AFTERWARDS_S, AT_ONCE_S, SHARP, TOGETHER_S, deaths
from why502.facts.losses import losses
from why502.facts.survivors import survivors
from why502.facts.unheard import unheard
from why502.facts.usage import elsewhere, usages_of
from why502.model.conversations import Outcome
from why502.model.evidence import Evidence, Place, Source
from why502.model.requests import Manner, Phase, Side
from why502.model.words import count
from why502.suspects.interface import CannotTell, Judgement, Weighed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from why502.facts.scene import Cluster, Scene
    from why502.facts.usage import Usage
    from why502.model.case import Change
    from why502.model.traffic import TargetTraffic

NEAR = 0.5
"""Served requests that took this share of the timeout show that the target is slow, not gone."""

LATE_CONNECTS = 2
"""One slow connect is chance: a scheduler, a slow name server."""

INSTANT_S = 0.05
"""A refusal takes one round trip; a connect that took longer was not refused at once."""

ONE_INSTANT = 0.6
"""What takes a process away ends nearly everything at its own instant; some clocks and some joins are off."""

FEWEST_ENDED = 3
"""Two connections may end at one instant by chance."""

LOSSY = 0.6
"""A path that loses packets has not lost those of this very exchange for certain."""

MARGIN = 0.1
"""A resource that explains failures is used more while they happen, by at least this share."""


def judge_usage(name: str, scene: Scene, usages: Sequence[Usage], *, full: float, moderate: float) -> Judgement:
    """Holds or clears a resource by its use while requests failed, against its use otherwise.

    With failures of unknown time (or none one by one), its use over the whole time has to serve. Of several
    machines, those that carry the target's address; otherwise all, the test being as much stricter.
    """
    failures = failure_times(scene)
    own = usages_of(scene.case, scene.cluster.target, usages)
    if not own and usages:
        what = f"the {name} given is that of others ({elsewhere(usages)})"
        return CannotTell((Source.METRICS, Source.HOST), f"{what}, not of {scene.cluster.target}")
    if not own:
        return CannotTell((Source.METRICS, Source.HOST), f"no {name} was given")
    compared = [(usage, found) for usage in own if _measured(found := compare(usage, failures), failures)]
    if not compared:
        return CannotTell((Source.METRICS, Source.HOST), f"no {name} was measured while requests failed")
    weighed = [(_bits(found, full, moderate, SIGNIFICANT / len(own)), usage, found) for usage, found in compared]
    # What speaks for it first; of two that say the same, the one that could be tested on more spans.
    bits, usage, found = max(weighed, key=lambda w: (w[0] > 0, abs(w[0]), w[2].tested, w[2].spans))
    text = f"{name}: {found if failures.times_s else _whole(found)}"
    if found.during is not None and found.during <= moderate and found.p is not None and found.p < SIGNIFICANT:
        text = f"{text}; up to {moderate:.0%} that makes nobody wait"
    return Weighed((Evidence(bits, text, usage.source, usage.at),), text)


def _measured(found: Comparison, failures: FailureTimes) -> bool:
    """What it was at other times clears nothing; where it is not told when requests failed, any time has to serve."""
    return found.during is not None or not failures.times_s


def _whole(found: Comparison) -> str:
    return "nothing measured" if found.otherwise is None else f"{found.otherwise:.0%} (median) over the whole time"


def _bits(found: Comparison, full: float, moderate: float, significant: float) -> float:
    share = found.otherwise if found.during is None else found.during
    if share is None:
        return 0.0
    apart = found.during is None or found.otherwise is None or share >= found.otherwise + MARGIN
    raised = apart and (found.p is None or found.p < significant)
    if share < full:
        # Moderate use explains nothing; one that rises with the failures at least goes along with what does.
        along = raised and found.tested
        return (-2.0 if along else -5.0) if share <= moderate else (1.0 if along else -1.0)
    if found.tested:
        # As full when nothing failed: it is a strain, but not what makes the difference.
        return 7.0 if raised else 1.0
    return 5.0 if raised else 2.0


def proxy_says(cluster: Cluster, bits: float) -> Evidence:
    """The failure as the proxy itself names it: its own words where it has any, else the phase and manner it logged; or
    the wire alone, where it names it otherwise.

    For faults that the proxy (or the wire) recognises by itself, so that nothing has to be inferred.
    """
    number = f"{cluster.count} times" if cluster.count > 1 else "once"
    told = [place.request for place in cluster.logged if place.request.manner is cluster.manner]
    if cluster.logged and (told or not cluster.conversations):
        first = (told or [cluster.logged[0].request])[0]
        if first.reason:
            return Evidence(bits, f"the proxy says so, {number}: {first.reason}", Source.ERROR_LOG, first.told_at)
        text = f"the proxy logged it {number}: {cluster.phase}, {cluster.manner}"
        return Evidence(bits, text, Source.ACCESS_LOG, first.at)
    first_seen = cluster.conversations[0]
    return Evidence(bits, f"seen on the wire, {number}: {first_seen.outcome}", Source.CAPTURE, first_seen.decided_at)


def cut_in_flight(scene: Scene) -> str | None:
    """None if the target ended an exchange that it had begun to serve; otherwise why that cannot be."""
    cluster = scene.cluster
    if cluster.side in (Side.TARGET, Side.CLIENT):
        return "the proxy did not make this status"
    if cluster.phase not in (Phase.SEND, Phase.WAIT, Phase.BODY, Phase.UNKNOWN):
        return f"the exchange ended in another phase ({cluster.phase})"
    if cluster.manner not in (Manner.CUT, Manner.RESET, Manner.CLOSED, Manner.UNKNOWN):
        return f"the target did not end the connection ({cluster.manner})"
    if cluster.outcome is Outcome.ANSWERED:
        return "the target answered"
    if cluster.outcome in (Outcome.RESET_UNACKNOWLEDGED, Outcome.STALE, Outcome.RACED, Outcome.GONE_AWAY):
        return f"the target was not serving the request ({cluster.outcome})"
    return None


def ended_together(scene: Scene) -> Iterator[Evidence]:
    """Deaths at one instant, and refusals right after: for whatever took the process away."""
    found = deaths(scene)
    if scene.cluster.logged:
        source, at = Source.ACCESS_LOG, scene.cluster.logged[0].request.at
    elif scene.cluster.conversations:
        source, at = Source.CAPTURE, scene.cluster.conversations[0].decided_at
    else:
        return
    survived = any(w.steady for w in scene.listeners)
    if found.together >= 2 and not survived:
        # Two may be chance on a busy target; each further one makes that much less likely, the more so the finer.
        sharp = found.sharp and found.together >= SHARP
        within_s, source = (AT_ONCE_S, Source.CAPTURE) if found.sharp else (TOGETHER_S, source)
        text = f"{found.together} requests begun at different times ended within {within_s * 1000:.0f} ms"
        yield Evidence(min(4.0, (2.0 if sharp else 1.0) + found.together / 2), text, source, at)
    if found.refused_after:
        text = f"{count(found.refused_after, 'connect')} failed at once within {AFTERWARDS_S:.0f} s after"
        yield Evidence(3.5, text, source, at)


def fate_of_others(scene: Scene) -> Iterator[Evidence]:
    """Whether the target's other connections ended at the same instants: for whatever took the process away."""
    found = survivors(scene)
    if found is None or found.first is None:
        return
    # Of many that stand, some end soon for reasons of their own; who outlives one instant after the other lives.
    if found.survived and (found.survived >= found.ended or (found.lived > 1 and 2 * found.lived > found.told)):
        text = f"{count(found.survived, 'connection')} that stood at these instants went on: the process lived"
        yield Evidence(-5.0, text, Source.CAPTURE, found.first)
    elif not found.survived and found.idle and found.ended >= FEWEST_ENDED:
        text = f"all {found.ended} connections that stood ended then, {found.idle} of them idle"
        yield Evidence(4.5, text, Source.CAPTURE, found.first)


def stayed_open(scene: Scene) -> Iterator[Evidence]:
    """A listener that was watched: opened anew or closed as the requests failed, or open all the time."""
    found = deaths(scene)
    restarts = found.restarts_near
    for window in scene.listeners[:1]:
        if restarts and found.covered(restarts) < ONE_INSTANT:
            number, most = sum(found.instants), sum(found.instants[:restarts])
            text = (
                f"{window.listener.address} was opened anew {count(restarts, 'time')}, but at so few instants only "
                f"{most} of {number} requests can have been ended"
            )
            yield Evidence(-1.0, text, Source.HOST, window.at)
        elif restarts:
            text = f"the listener {window.listener.address} was opened anew within {AFTERWARDS_S:.0f} s of the failures"
            yield Evidence(4.5, text, Source.HOST, window.at)
        elif found.closings_near:
            text = f"the listener {window.listener.address} was closed within {AFTERWARDS_S:.0f} s of the failures"
            yield Evidence(4.5, text, Source.HOST, window.at)
        elif window.steady:
            text = f"one socket stayed open at {window.listener.address} for all the time watched"
            yield Evidence(-6.0, text, Source.HOST, window.at)


def changes_near(scene: Scene) -> Change | None:
    """A recorded change within `AFTERWARDS_S` before (or as long after, for clocks) any failure of the cluster."""
    failures_s = [f.at_s for f in scene.cluster.failures if f.at_s is not None]
    near = (c for c in scene.case.changes if any(abs(c.at_s - at_s) <= AFTERWARDS_S for at_s in failures_s))
    return next(near, None)


def one_instant_each(scene: Scene) -> bool:
    """Whether as many instants as there were changes near the failures hold most of them."""
    failures_s = [f.at_s for f in scene.cluster.failures if f.at_s is not None]
    changes = sum(any(abs(c.at_s - at_s) <= AFTERWARDS_S for at_s in failures_s) for c in scene.case.changes)
    return deaths(scene).covered(changes) >= ONE_INSTANT


def syns_at_both_ends(cluster: Cluster) -> tuple[int, int, Place | None]:
    """With a capture at the target's end as well: SYNs that never arrived, connects that arrived unanswered, where."""
    seen = [(c, c.far_side) for c in cluster.conversations if c.far_side is not None]
    lost = sum(far.syns_lost for _, far in seen)
    unanswered = sum(far.unanswered and not far.syns_lost for _, far in seen)
    return lost, unanswered, seen[0][0].decided_at if seen else None


def connects_delayed(traffic: TargetTraffic, bits: float) -> Iterator[Evidence]:
    """Times to connect just above a retransmission step: SYNs were lost, wherever that was."""
    late = traffic.delayed_connects_total
    if late >= LATE_CONNECTS:
        first = traffic.delayed_connects[0]
        text = (
            f"{late} of {traffic.timed_connects} connects took just over 1, 2, 3... s: their SYN had to be sent again "
            f"(here {first.connect_s:.3f} s)"
        )
        yield Evidence(bits, text, Source.ACCESS_LOG, first.at)


def given_up(scene: Scene) -> Iterator[Evidence]:
    """Read timeouts, and how near served requests came to them: slow answers, whatever made them slow."""
    cluster = scene.cluster
    totals_s = [p.request.total_s for p in cluster.logged if p.request.total_s is not None]
    if not totals_s or (cluster.phase, cluster.manner) != (Phase.WAIT, Manner.TIMEOUT):
        return
    first = cluster.logged[0].request
    common_s, times = Counter(round(total_s) for total_s in totals_s).most_common(1)[0]
    text = f"{times} of {len(totals_s)} requests were given up after {common_s} s"
    # A full accept queue (its second face), a dead connection and a lost answer are given up just the same; only the
    # wire can tell that it was none of them.
    yield Evidence(1.5 if cluster.conversations else 0.5, text, Source.ACCESS_LOG, first.at)
    traffic = scene.traffic
    if traffic is None or traffic.wait_p99_s is None:
        return
    at = Place(first.at.path)
    if traffic.wait_p99_s >= NEAR * median(totals_s):
        text = f"served requests came near that: 99 % within {traffic.wait_p99_s:.1f} s"
        yield Evidence(2.0, text, Source.ACCESS_LOG, at)
    elif traffic.requests - traffic.failed >= 100:
        text = f"served requests were far from that: 99 % within {traffic.wait_p99_s:.3f} s"
        yield Evidence(-1.5, text, Source.ACCESS_LOG, at)


def lost_on_the_way(scene: Scene, bits: float) -> Iterator[Evidence]:
    """Silence of a kernel that was there: against what a program or a forgotten connection would explain."""
    seen = unheard(scene)
    if seen.closes and seen.first_close:
        text = f"in {count(seen.closes, 'conversation')} not even the proxy's close was acknowledged: packets were lost"
        yield Evidence(-bits, text, Source.CAPTURE, seen.first_close)
    elif seen.dead and seen.first_dead:
        text = f"{seen.dead} used and {seen.alive} new connections fell silent at the same time"
        yield Evidence(-bits, text, Source.CAPTURE, seen.first_dead)
    elif (found := losses(scene)).on_wire and found.first:
        text = f"in {found.again} of {found.conversations} conversations that went well data had to be sent again"
        yield Evidence(-bits * LOSSY, f"{text}: the path loses packets", Source.CAPTURE, found.first)
    elif found.of_both_kinds and scene.cluster.conversations:
        text = (
            f"{count(found.stale, 'request')} on used connections and {count(found.syns_lost, 'SYN')} met silence alike"
        )
        yield Evidence(-bits * LOSSY, text, Source.CAPTURE, scene.cluster.conversations[0].decided_at)


def failed_at_once(cluster: Cluster) -> Iterator[Evidence]:
    """A connect that failed within a round trip: refused, told unreachable, or broken off in a TLS handshake; many
    access logs tell these apart in nothing.
    """
    if cluster.manner is not Manner.UNKNOWN or cluster.phase is not Phase.CONNECT or cluster.outcome is not None:
        return
    instant = sum((p.request.total_s or 1.0) <= INSTANT_S for p in cluster.logged)
    if cluster.logged and instant >= len(cluster.logged) / 2:
        text = f"{instant} of {len(cluster.logged)} connects failed within {INSTANT_S * 1000:.0f} ms"
        yield Evidence(1.5, text, Source.ACCESS_LOG, cluster.logged[0].request.at)
