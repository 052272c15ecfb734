"""Clusters that point to one cause become one verdict, with what explains it."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from msgspec import structs

from why502.facts.clusters import same_target
from why502.facts.listeners import split_address
from why502.facts.sampling import server
from why502.model.evidence import Source
from why502.model.expressions import expression
from why502.model.pasting import shell_word
from why502.model.requests import Manner, Phase, Side
from why502.model.verdict import Because, EvidenceLine, Remedy, Undetermined, VerdictLine
from why502.model.words import count, rfc3339
from why502.ranking.weigh import EXPLAINED, HELD
from why502.suspects.interface import Suspect, Weighed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from why502.facts.scene import Cluster
    from why502.model.evidence import Evidence
    from why502.ranking.weigh import Ranked

_BLANKS = expression("ADDRESS:PORT|ADDRESS|PORT")
LIKELIEST = 3
NAMED = 3
"""Targets that a summary names beside its own."""
NO_CAUSE = "no cause stands out"
MEANT = {
    Manner.FORBIDDEN: "the proxy's own machine forbade the connect (rights of the socket's path, SELinux, a 'prohibit' "
    "route), so nothing reached the target",
}
"""What is certain although no suspect did it."""
FOLLOWS_S = 30.0
"""A service that comes back does so within half a minute; what begins later needs a cause of its own."""


def by_cause(ranked: Iterable[Ranked], suspects: Mapping[str, Suspect]) -> list[tuple[str, list[Ranked]]]:
    """Named clusters by cause, the cause that explains most failures first; requests that found no target come after
    what had taken the targets away.

    What a named fault brings along on the same target right after it counts as its own, and so does what may as well
    be its doing.
    """
    named = [one for one in ranked if one.named]
    groups: dict[str, list[Ranked]] = defaultdict(list)
    for one in named:
        cause = one.top[0]
        origin = next((other.top[0] for other in named if _brought(one, other, suspects)), None)
        settled = next((other.top[0] for other in named if _settles(one, other)), cause)
        groups[origin or settled].append(one)
    return sorted(
        groups.items(), key=lambda item: (_left_without(item[1], named) is not None, -_count(item[1]), item[0])
    )


def _left_without(group: Sequence[Ranked], named: Sequence[Ranked]) -> str | None:
    """The fault that took the last target away, if requests then found none.

    Proxies take a target out after failures or failed checks of it: nginx after `max_fails` (1) within 10 s.
    """
    if any(one.cluster.phase is not Phase.NO_TARGET for one in group):
        return None
    began_s = min((one.cluster.window.from_s for one in group if one.cluster.window), default=None)
    tried = [one for one in named if one.cluster.phase is not Phase.NO_TARGET and one.cluster.side is not Side.TARGET]
    before = [
        one.top[0]
        for one in tried
        if began_s is not None
        and (window := one.cluster.window) is not None
        and window.from_s - FOLLOWS_S <= began_s <= window.to_s + FOLLOWS_S
    ]
    return before[0] if before else None


def _brought(one: Ranked, by: Ranked, suspects: Mapping[str, Suspect]) -> bool:
    """Whether `one` begins on the same target within `FOLLOWS_S` of the fault `by`, which brings such failures."""
    window, before = one.cluster.window, by.cluster.window
    return (
        one.top[0] in suspects[by.top[0]].brings
        and same_target(one.cluster, by.cluster)
        and window is not None
        and before is not None
        and before.from_s - 1.0 <= window.from_s <= before.to_s + FOLLOWS_S
    )


def _settles(one: Ranked, by: Ranked) -> bool:
    """Whether `one` wavers between two faults, of which `by` proves one on the same target at that time.

    Most ways in which a process can end cut off its requests alike: of a few of them nothing tells a stop from a death.
    """
    window, near = one.cluster.window, by.cluster.window
    return (
        one.top[1] < EXPLAINED <= by.top[1]
        and 2 * one.faults.get(by.top[0], 0.0) >= one.top[1]
        and one.cluster.target is not None
        and same_target(one.cluster, by.cluster)
        and window is not None
        and near is not None
        and near.from_s - FOLLOWS_S <= window.from_s <= near.to_s + FOLLOWS_S
    )


def verdict(
    cause: str, group: Sequence[Ranked], suspects: Mapping[str, Suspect], ranked: Sequence[Ranked] = ()
) -> VerdictLine:
    """One verdict; its probability is the mean over its failures. `ranked`: all clusters, the others' among them."""
    named = [one for one in ranked if one.named]
    windows = [r.cluster.window for r in group if r.cluster.window is not None]
    answers = [answer for r in group if isinstance(answer := r.answers[r.top[0]], Weighed)]
    own = [answer for r in group if isinstance(answer := r.answers[cause], Weighed)]
    conditions = _explaining(cause, group, suspects)
    fills = {word: told for answer in (*own, *(a for _, a in conditions)) for word, told in answer.fills.items()}
    targets = tuple(sorted({r.cluster.target for r in group if r.cluster.target}))
    summary = _summary(own[0].summary, targets) if own else suspects[cause].title
    if took_out := _left_without(group, named):
        summary = f"{summary} What had taken the targets out: {took_out}."
    return VerdictLine(
        cause=cause,
        probability=round(_probability(cause, group), 4),
        failures=_count(group),
        since=rfc3339(min(w.from_s for w in windows)) if windows else None,
        until=rfc3339(max(w.to_s for w in windows)) if windows else None,
        targets=targets,
        summary=summary,
        because=tuple(Because(name, answer.summary, answer.known_issue) for name, answer in conditions),
        evidence=_lines(_seen_once(answers)),
        remedies=tuple(_filled(_addressed(r, group), fills) for r in _remedies(cause, own, conditions, suspects)),
    )


def _summary(first: str, targets: Sequence[str]) -> str:
    """What is said of one target, and where the same happened."""
    said = {word.rstrip(",.;:") for word in first.split()}
    others = [target for target in targets if target not in said]
    if not others or len(others) == len(targets):
        return first
    more = f" and {len(others) - NAMED} more" if len(others) > NAMED else ""
    return f"{first} Likewise at {', '.join(others[:NAMED])}{more}."


def undetermined(ranked: Ranked) -> Undetermined:
    """A cluster for which no cause is likelier than everything else together."""
    cluster = ranked.cluster
    likeliest = sorted(ranked.faults.items(), key=lambda item: (-item[1], item[0]))[:LIKELIEST]
    answer = ranked.answers[likeliest[0][0]] if likeliest else None
    said = next((p.request.reason for p in cluster.logged if p.request.reason), None)
    meant = MEANT.get(cluster.manner, NO_CAUSE)
    words = f"; the proxy says: {said}" if said else ""
    return Undetermined(
        failures=cluster.count,
        targets=(cluster.target,) if cluster.target else _servers(cluster),
        phase=cluster.phase,
        text=f"{count(cluster.count, 'failure')} in phase {cluster.phase} ({cluster.manner}): {meant}{words}",
        likeliest=tuple((name, round(p, 4)) for name, p in likeliest),
        evidence=_lines(answer.evidence) if isinstance(answer, Weighed) else (),
        since=rfc3339(cluster.window.from_s) if cluster.window else None,
        until=rfc3339(cluster.window.to_s) if cluster.window else None,
    )


def _servers(cluster: Cluster) -> tuple[str, ...]:
    """Where the log names servers and no addresses."""
    return tuple(sorted({name for place in cluster.logged if (name := server(place.request))}))


def _probability(cause: str, group: Sequence[Ranked]) -> float:
    """The mean over the failures; what the cause brought along is as sure as the cause itself, not surer."""
    own = [r for r in group if r.top[0] == cause]
    mean = sum(r.top[1] * r.cluster.count for r in own) / _count(own)
    shares = [(r.top[1] if r.top[0] == cause else min(mean, r.top[1])) * r.cluster.count for r in group]
    return sum(shares) / _count(group)


def _count(group: Iterable[Ranked]) -> int:
    return sum(r.cluster.count for r in group)


def _explaining(cause: str, group: Sequence[Ranked], suspects: Mapping[str, Suspect]) -> list[tuple[str, Weighed]]:
    """Conditions that hold and can bring this fault about, the surest first."""
    found: dict[str, tuple[float, Weighed]] = {}
    for one in group:
        for name, p in one.conditions.items():
            answer = one.answers[name]
            known = found.get(name)
            if (
                p >= HELD
                and cause in suspects[name].explains
                and isinstance(answer, Weighed)
                and (known is None or p > known[0])
            ):
                found[name] = (p, answer)
    return [(name, answer) for name, (_, answer) in sorted(found.items(), key=lambda item: (-item[1][0], item[0]))]


def _seen_once(answers: Sequence[Weighed]) -> Iterator[Evidence]:
    """Evidence of several clusters without what one took from another: the same packet tells the one how it failed, and
    the other how its neighbour did. Each cluster has weighed it once; the reader is to see it once, too.
    """
    told = [(number, e) for number, answer in enumerate(answers) for e in answer.evidence]
    teller: dict[str, int] = {}
    for number, e in sorted(told, key=lambda one: -abs(one[1].bits)):
        if _is_packet(e):
            teller.setdefault(str(e.at), number)
    return (e for number, e in told if teller.get(str(e.at), number) == number)


def _is_packet(evidence: Evidence) -> bool:
    return evidence.source is Source.CAPTURE and evidence.at.number is not None


def _lines(evidence: Iterable[Evidence]) -> tuple[EvidenceLine, ...]:
    """Each observation once, the weightiest first."""
    once = {(e.text, str(e.at)): e for e in evidence}
    return tuple(
        EvidenceLine(e.says.value, round(e.bits, 1), e.text, e.source, str(e.at))
        for e in sorted(once.values(), key=lambda e: -abs(e.bits))
    )


def _addressed(remedy: Remedy, group: Sequence[Ranked]) -> Remedy:
    """With the target's address in place of the word, where there is just one."""
    targets = {one.cluster.target for one in group}
    host, port = split_address(next(iter(targets)) or "") if len(targets) == 1 else ("", "")
    if remedy.command is None or not port:
        return remedy
    words = {"ADDRESS:PORT": f"{host}:{port}", "ADDRESS": host.strip("[]"), "PORT": port}
    command = _BLANKS.sub(lambda blank: shell_word(words[blank[0]]), remedy.command)
    return structs.replace(remedy, command=command)


def _filled(remedy: Remedy, fills: Mapping[str, str]) -> Remedy:
    """With what is known in place of the other words in capitals."""
    if remedy.command is None or not fills:
        return remedy
    command = re.sub("|".join(rf"\b{word}\b" for word in fills), lambda word: fills[word[0]], remedy.command)
    return structs.replace(remedy, command=command)


def _remedies(
    cause: str,
    answers: Sequence[Weighed],
    conditions: Sequence[tuple[str, Weighed]],
    suspects: Mapping[str, Suspect],
) -> tuple[Remedy, ...]:
    """First what this very evidence calls for, then what always helps against the conditions and the cause."""
    special = [r for answer in (*(a for _, a in conditions), *answers) for r in answer.remedies]
    general = [r for name in (*(n for n, _ in conditions), cause) for r in suspects[name].remedies]
    return tuple(dict.fromkeys((*special, *general)))
