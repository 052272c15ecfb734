"""Which check that was not made would move the answer most.

The expected gain of a check is the mutual information between the cause and the check's outcome: the entropy of the
present probabilities less the entropy that is expected to remain. It needs only what each suspect expects to see.
"""

from __future__ import annotations

import shlex
from collections import defaultdict
from math import log2
from typing import TYPE_CHECKING

from why502.facts.scene import Basis
from why502.model.evidence import Source
from why502.model.pasting import is_address, shell_word
from why502.model.verdict import NextStep
from why502.model.words import utc
from why502.suspects.checks import CHECKS, MANAGED, Check

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from why502.model.case import Case
    from why502.ranking.weigh import Ranked
    from why502.suspects.interface import Suspect

WORTH_BITS = 0.02
"""A check that gains less is not worth anybody's night."""
MOST = 4
MOST_NAMED = 20
"""Pieces of evidence that a command names one by one."""
SOCKET = "unix:"
"""How nginx writes the path of a unix socket."""


def next_steps(ranked: Sequence[Ranked], suspects: Sequence[Suspect]) -> tuple[NextStep, ...]:
    """The best checks over all clusters, weighed by their share of the failures; the best first."""
    total = sum(r.cluster.count for r in ranked)
    gains: dict[str, float] = defaultdict(float)
    for one in ranked:
        for name, check in CHECKS.items():
            if not _made(check, one) and not _impossible(check, one):
                gains[name] += one.cluster.count / total * gain_bits(name, one, suspects)
    best = sorted((name for name in gains if gains[name] >= WORTH_BITS), key=lambda name: -gains[name])
    return tuple(_step(CHECKS[name], gains[name], ranked) for name in best[:MOST])


def gain_bits(check: str, ranked: Ranked, suspects: Sequence[Suspect]) -> float:
    """Mutual information of cause and outcome, in bits."""
    outcomes = CHECKS[check].outcomes
    expected = {s.name: likelihoods(s.expects.get(check, {}), outcomes) for s in suspects if s.name in ranked.faults}
    hypotheses = [(p, expected[name]) for name, p in ranked.faults.items()]
    hypotheses.append((ranked.none, likelihoods({}, outcomes)))
    gain = 0.0
    for outcome in outcomes:
        chance = sum(p * likelihood[outcome] for p, likelihood in hypotheses)
        for p, likelihood in hypotheses:
            if p > 0 and likelihood[outcome] > 0:
                gain += p * likelihood[outcome] * log2(likelihood[outcome] / chance)
    return max(0.0, gain)


def likelihoods(named: Mapping[str, float], outcomes: Sequence[str]) -> dict[str, float]:
    """Probability of every outcome: those that are not named share the rest evenly.

    >>> likelihoods({"a": 0.8}, ["a", "b", "c"])["b"]
    0.1
    """
    others = [outcome for outcome in outcomes if outcome not in named]
    rest = max(0.0, 1.0 - sum(named.values()))
    share = rest / len(others) if others else 0.0
    return {outcome: named.get(outcome, round(share, 9)) for outcome in outcomes}


def _made(check: Check, ranked: Ranked) -> bool:
    """Whether somebody has looked, and saw this target."""
    scene = ranked.scene
    if not scene.looked(check.source):
        return False
    if check.source is Source.HOST:
        return bool(scene.listeners)
    if check.source is Source.CAPTURE:
        return scene.wire is not None or scene.cluster.target is None
    return True


def _impossible(check: Check, ranked: Ranked) -> bool:
    """Whether every proxy that was seen has no such thing (a managed balancer keeps no error log)."""
    proxies = _proxies(ranked)
    local = (ranked.cluster.target or "").startswith(SOCKET) and check.at_socket is None
    return local or (bool(proxies) and proxies <= check.not_with)


def _proxies(ranked: Ranked) -> frozenset[str]:
    """Kinds of the proxies that logged it; CloudWatch counts an ALB's."""
    balancers = any(series.name.startswith("HTTPCode_") for series in ranked.scene.case.metrics)
    counted = ranked.cluster.basis is Basis.METRICS and ranked.cluster.side is not None and balancers
    return frozenset({"alb"} if counted else {place.request.proxy for place in ranked.cluster.logged})


def _step(check: Check, gain: float, ranked: Sequence[Ranked]) -> NextStep:
    """As a command to copy, for the target that failed most."""
    largest = max(ranked, key=lambda r: r.cluster.count)
    target = largest.cluster.target or "TARGET:PORT"
    host, _, port = target.rpartition(":")
    command, why = check.command, check.why
    if target.startswith(SOCKET) and check.at_socket is not None:
        command, why = check.at_socket
        target = target.removeprefix(SOCKET)
    elif not _can_be_asked_for(target, largest) and check.nameless is not None:
        command = check.nameless
    elif not host and check.without_port is not None:
        command = check.without_port
    if check.managed_why is not None and (proxies := _proxies(largest)) and proxies <= MANAGED:
        why = check.managed_why
    window = largest.cluster.window
    since = utc(window.from_s).strftime("%Y-%m-%d %H:%M:%S UTC") if window else "the failures"
    filled = {"{target}": shell_word(target), "{port}": port, " {given}": _given(largest.scene.case)}
    return NextStep(_fill(command, filled), _fill(why, {"{since}": since}), round(gain, 2))


def _can_be_asked_for(target: str, ranked: Ranked) -> bool:
    """Whether the log names a target, and by something that is a name."""
    return ranked.cluster.target is not None and is_address(target.replace("[", "").replace("]", ""))


def _given(case: Case) -> str:
    """What was named before, so that the next answer rests on all of it; with a space before each."""
    if len(case.named) > MOST_NAMED:
        return " ..."
    return "".join(f" {shlex.quote(path)}" for path in case.named)


def _fill(template: str, values: Mapping[str, str]) -> str:
    for mark, value in values.items():
        template = template.replace(mark, value)
    return template
