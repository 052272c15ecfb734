"""One case -> one diagnosis."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from why502.facts.clusters import candidates, clusters, may_be_same_target
from why502.facts.counts import by_status
from why502.facts.hosts import placed
from why502.facts.listeners import listener_windows, listeners_of
from why502.facts.scene import Basis, Cluster, ListenerWindow, Scene
from why502.model.evidence import Source
from why502.model.requests import Manner, Phase
from why502.model.verdict import Diagnosis, Document, Failures, InputLine, Span
from why502.model.words import rfc3339
from why502.ranking.chains import chain, example_ladder
from why502.ranking.next_checks import next_steps
from why502.ranking.noticed import noticed, unlogged
from why502.ranking.suspect_lines import suspect_lines
from why502.ranking.timeline import timeline
from why502.ranking.verdicts import by_cause, undetermined, verdict
from why502.ranking.weigh import Defect, Ranked, rank
from why502.suspects import all_suspects
from why502.suspects.interface import Kind, Suspect

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from why502.model.case import Case, Input
    from why502.model.wire import TargetWire


def judge_case(case: Case, generated_s: float, suspects: Sequence[Suspect] | None = None) -> Diagnosis:
    """The verdict on a case; `generated_s` is the time to print on it (epoch seconds)."""
    suspects = all_suspects() if suspects is None else suspects
    listeners = _listeners(case)
    found = clusters(case, listeners)
    near = candidates(found)
    ranked = [rank(_scene(case, cluster, near(cluster), listeners), suspects) for cluster in found]
    judged = ranked or [_nothing_failed(case, listeners, suspects)]
    by_name = {s.name: s for s in suspects}
    groups = by_cause(ranked, by_name)
    verdicts = tuple(verdict(cause, group, by_name, ranked) for cause, group in groups)
    explaining = frozenset(b.condition for v in verdicts for b in v.because)
    document = Document(
        generated=rfc3339(generated_s),
        window=_window(case),
        inputs=tuple(_input(i) for i in case.inputs),
        failures=_failures(case, found),
        verdicts=verdicts,
        suspects=suspect_lines(judged, suspects, explaining),
        next_steps=next_steps(ranked, suspects) if ranked else (),
    )
    bars, bar_s = timeline(case)
    return Diagnosis(
        document=document,
        timeline=bars,
        bucket_s=bar_s,
        chains=tuple(chain(group) for _, group in groups),
        ladders=tuple(example_ladder(group) for _, group in groups),
        undetermined=tuple(undetermined(r) for r in ranked if not r.named),
        noticed=(*unlogged(case, sum(c.count for c in found)), *noticed(case)),
        defects=_defects(judged),
    )


def _listeners(case: Case) -> list[ListenerWindow]:
    return [window for record, at in placed(case) if record.snapshots for window in listener_windows(record, at.path)]


def _scene(case: Case, cluster: Cluster, near: Sequence[Cluster], listeners: Sequence[ListenerWindow]) -> Scene:
    """What is known about the cluster's target; without a target's name, every listener that dropped."""
    target = cluster.target
    own = listeners_of(target, listeners) if target else tuple(w for w in listeners if w.drops)
    return Scene(
        case=case,
        cluster=cluster,
        traffic=(case.traffic.target(target) or case.traffic.unnamed) if case.traffic else None,
        wire=_wire(case, cluster),
        listeners=own,
        others=tuple(other for other in near if may_be_same_target(case, other, cluster)),
    )


def _wire(case: Case, cluster: Cluster) -> TargetWire | None:
    """Of its target; of the only one there is if the log tells no address although a target was tried."""
    if case.wire is None:
        return None
    if cluster.target is None and cluster.phase is not Phase.NO_TARGET and len(case.wire.targets) == 1:
        return case.wire.targets[0]
    return case.wire.target(cluster.target)


def _nothing_failed(case: Case, listeners: Sequence[ListenerWindow], suspects: Sequence[Suspect]) -> Ranked:
    """Conditions are looked at even if nothing failed: of the busiest target, or of every listener."""
    served = max(case.traffic.targets, key=lambda t: t.requests, default=None) if case.traffic else None
    target = served.target if served else None
    empty = Cluster(Basis.REQUESTS, target, None, Phase.UNKNOWN, Manner.UNKNOWN, None, 0, (), None)
    scene = Scene(
        case=case,
        cluster=empty,
        traffic=served,
        wire=case.wire.target(target) if case.wire else None,
        listeners=listeners_of(target, listeners) or tuple(listeners),
    )
    return rank(scene, [s for s in suspects if s.kind is Kind.CONDITION])


def _window(case: Case) -> Span | None:
    """The time that the evidence covers, lists of changes aside."""
    windows = [i.window for i in case.inputs if i.window is not None and i.source is not Source.CHANGES]
    if not windows:
        return None
    return Span(rfc3339(min(w.from_s for w in windows)), rfc3339(max(w.to_s for w in windows)))


def _input(found: Input) -> InputLine:
    return InputLine(
        path=found.path,
        kind=found.kind,
        records=found.records,
        not_understood=found.not_understood,
        first_not_understood=tuple(f"{m.at}: {m.why}" for m in found.first_not_understood),
        from_=rfc3339(found.window.from_s) if found.window else None,
        to=rfc3339(found.window.to_s) if found.window else None,
    )


def _failures(case: Case, found: Sequence[Cluster]) -> Failures:
    sides: Counter[str] = Counter({"proxy": 0, "target": 0, "client": 0})
    phases: Counter[str] = Counter()
    for cluster in found:
        phases[cluster.phase.value] += cluster.count
        if cluster.side is not None:
            sides[cluster.side.value] += cluster.count
    return Failures(
        total=sum(c.count for c in found),
        requests=case.traffic.requests if case.traffic else 0,
        by_status=by_status(case.traffic),
        by_side=dict(sides),
        by_phase=dict(sorted(phases.items())),
    )


def _defects(ranked: Iterable[Ranked]) -> tuple[str, ...]:
    found = (answer.why for r in ranked for answer in r.answers.values() if isinstance(answer, Defect))
    return tuple(dict.fromkeys(found))
