"""Whether the target was told to stop: it closed its listener, or what was idle, and the requests in flight only later.

A process that dies closes all it has in one go (`do_exit`, `exit_files`; at most milliseconds). One that is told to
stop closes its listener and its idle connections first and lets the requests in flight go on, until they are done or
its grace period is over: Go `http.Server.Shutdown`, Node.js `server.close`, uvicorn `Server.shutdown`, gunicorn
`Arbiter.stop` (`graceful_timeout`), Jetty `Server.stop`, nginx SIGQUIT. systemd (`TimeoutStopSec=`), Docker and
Kubernetes (`terminationGracePeriodSeconds`) end what is left by SIGKILL.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from msgspec import Struct

from why502.facts.deaths import AT_ONCE_S, SPREAD, TOGETHER_S, began_at, ended_at, logs_to_the_second
from why502.facts.steps_in_seconds import steps_in_seconds
from why502.model.conversations import Outcome
from why502.model.evidence import Source
from why502.model.requests import Manner, Phase

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from why502.facts.scene import Scene
    from why502.model.conversations import Conversation

LATER_S = 0.1
"""Closing one by one what a process with very many connections leaves takes less; a grace period takes more."""
INSTANT_S = 0.05
"""A refusal takes one round trip."""
GRACE_S = 120.0
"""Nobody waits longer (systemd 90 s, Kubernetes and gunicorn 30 s, Docker 10 s)."""
AGES = 2.0
"""The longest idleness against the shortest. A timer that is looked at once a second ends what was idle for that time
to one second more (gunicorn 2 to 3 s, Tomcat 20 to 21 s)."""
FEWEST_IDLE = 3
"""Two idle connections may be closed at one instant by chance."""


class Stopping(Struct, frozen=True):
    """What went before the end of the requests in flight."""

    requests: int
    """Those that went on after it, and were ended at last."""
    ahead_s: float
    """How long before the first of these ends."""
    refused: int
    """Connects that were refused meanwhile."""
    idle: int
    """Idle connections that were closed together before."""
    on_wire: bool
    """A capture shows it; otherwise only the log does..."""
    by_seconds: bool = False
    """...and its times are whole seconds."""


def stopping(scene: Scene) -> Stopping | None:
    """None if nothing shows that the target went step by step."""
    return _stopping(scene) or _by_seconds(scene)


def _by_seconds(scene: Scene) -> Stopping | None:
    found = steps_in_seconds(scene)
    if found is None:
        return None
    return Stopping(found.requests, found.ahead_s, found.refused, idle=0, on_wire=False, by_seconds=True)


def _stopping(scene: Scene) -> Stopping | None:
    cut = _cut(scene)
    if not any(cut.values()):
        return None
    accepted = sorted(c.established_s for c in _known(scene) if c.established_s is not None)
    found = [step for at_s, clock in sorted(_refused_s(scene)) if (step := _step(at_s, cut[clock], accepted))]
    closed = [
        (step, idle) for at_s, idle in _idle_closed(scene) if (step := _step(at_s, cut[Source.CAPTURE], accepted))
    ]
    if not found and not closed:
        return None
    requests, ahead_s = max([*found, *(step for step, _ in closed)])
    return Stopping(
        requests=requests,
        ahead_s=ahead_s,
        refused=len(found),
        idle=max((idle for _, idle in closed), default=0),
        on_wire=scene.wire is not None,
    )


def _cut(scene: Scene) -> dict[Source, list[tuple[float, float]]]:
    """When requests in flight were ended, and when they had begun, as each clock that tells of other steps has it.

    The recorder's clock and the proxy's may differ by more than a step takes: only where requests that both tell of
    show that they agree do times of the one serve with the other.
    """
    exact, _ = ended_at(scene)
    cut: dict[Source, list[tuple[float, float]]] = {Source.CAPTURE: [], Source.ACCESS_LOG: []}
    clocks = set(cut) if _clocks_agree(scene) else set()
    for index, end_s in exact.items():
        failure = scene.cluster.failures[index]
        begun_s = began_at(failure)
        if begun_s is not None:
            own = (
                Source.CAPTURE if failure.conversation is not None and failure.conversation.end_s else Source.ACCESS_LOG
            )
            for clock in clocks | {own}:
                cut[clock].append((end_s, begun_s))
    return {clock: sorted(told) for clock, told in cut.items()}


def _clocks_agree(scene: Scene) -> bool:
    """Whether log and capture give the same times to the ends that both tell of."""
    apart_s = [
        failure.logged.request.end_s - failure.conversation.end_s
        for cluster in (scene.cluster, *scene.others)
        for failure in cluster.failures
        if failure.logged is not None and failure.logged.request.end_s is not None
        if failure.conversation is not None and failure.conversation.end_s
    ]
    return bool(apart_s) and abs(median(apart_s)) <= LATER_S / 2


def _step(at_s: float, cut: Sequence[tuple[float, float]], accepted: Sequence[float]) -> tuple[int, float] | None:
    """(requests that were in flight then and were ended well after it, how long after the first of them was).

    None if anything new was accepted until then: the listener was not gone for good.
    """
    ends = [end_s for end_s, request_s in cut if request_s < at_s <= end_s - LATER_S and end_s - at_s <= GRACE_S]
    if not ends or any(at_s < accepted_s < ends[0] for accepted_s in accepted):
        return None
    return len(ends), ends[0] - at_s


def _refused_s(scene: Scene) -> Iterator[tuple[float, Source]]:
    """When connects were refused, and by whose clock: by the wire, or by a log that knows the millisecond.

    Many logs do not say how a connect failed: one that failed at once was refused, or as good as that.
    """
    rough = logs_to_the_second(scene)
    for cluster in scene.others:
        if cluster.phase is Phase.CONNECT and cluster.manner in (Manner.REFUSED, Manner.UNKNOWN):
            for failure in cluster.failures:
                seen, logged = failure.conversation, failure.logged
                if seen is not None and seen.outcome is Outcome.REFUSED and seen.syn_s:
                    yield seen.syn_s[-1], Source.CAPTURE
                elif seen is None and logged is not None and failure.at_s is not None:
                    if logged.request.at.path in rough:
                        continue
                    at_once = logged.request.total_s is not None and logged.request.total_s <= INSTANT_S
                    if cluster.manner is Manner.REFUSED or at_once:
                        yield failure.at_s, Source.ACCESS_LOG


def _known(scene: Scene) -> tuple[Conversation, ...]:
    return (*scene.wire.ended, *scene.wire.failed) if scene.wire is not None else ()


def _idle_closed(scene: Scene) -> Iterator[tuple[float, int]]:
    """(when, how many) idle connections were closed together that had been idle for different times.

    None of those that stood then was served anything new afterwards.
    """
    known = _known(scene)
    closed = sorted(
        (c.fin_by_target_s, c.answer_s)
        for c in known
        if c.fin_by_target_s is not None and c.answer_s is not None and not c.failed and _by_target(c)
    )
    first = 0
    for index, (fin_s, _) in enumerate(closed):
        while fin_s - closed[first][0] > TOGETHER_S:
            first += 1
        group = closed[first : index + 1]
        served = [answer_s for _, answer_s in group]
        at_s = group[0][0]
        # One timer closes them as far apart as they were served, or in sweeps of about the same idleness.
        apart = max(served) - min(served) >= SPREAD * max(fin_s - at_s, AT_ONCE_S)
        apart = apart and at_s - min(served) >= AGES * (at_s - max(served))
        if len(group) >= FEWEST_IDLE and apart and not any(_served_anew(c, fin_s) for c in known):
            yield at_s, len(group)


def _by_target(conversation: Conversation) -> bool:
    fin_s, left_s = conversation.fin_by_target_s, conversation.fin_by_opener_s
    return fin_s is not None and (left_s is None or fin_s <= left_s)


def _served_anew(conversation: Conversation, at_s: float) -> bool:
    """It stood then, and another request on it was answered."""
    asked_s, answer_s = conversation.request_s, conversation.answer_s
    return conversation.first_s < at_s and asked_s is not None and asked_s > at_s and (answer_s or 0.0) > asked_s
