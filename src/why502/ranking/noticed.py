"""What the evidence says beyond the verdict: when failing began and ended, what it keeps to, overflows of nobody,
captures of one direction or without status lines, files of which much could not be read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.facts.change_points import change_points
from why502.facts.concentration import concentrations
from why502.facts.hosts import placed
from why502.facts.idle_gaps import idle_gap
from why502.facts.listeners import growth, listener_windows
from why502.facts.spelling import told
from why502.facts.unread import unread
from why502.model.conversations import Outcome
from why502.model.details import End
from why502.model.evidence import Source
from why502.model.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.model.case import Case

MOST_SPELLS = 3
MOST_CONCENTRATIONS = 3
MOST_HALVES = 3


def noticed(case: Case) -> tuple[str, ...]:
    """Sentences, each with its numbers."""
    return tuple(_noticed(case))


def unlogged(case: Case, failures: int) -> Iterator[str]:
    """Failures on the wire that no log tells of, where there is a log: the reader would count fewer in it."""
    more = failures - case.traffic.failures_total if case.traffic and case.wire else 0
    if more > 0:
        seen, them = ("was seen", "this request") if more == 1 else ("were seen", "these requests")
        of = f"{more:,} of {count(failures, 'failure')} {seen} on the wire alone"
        yield f"{of}: the proxy tried {them} again, or its log does not tell"


def _noticed(case: Case) -> Iterator[str]:
    yield from _overflows(case)
    yield from _one_sided(case)
    yield from _statuses_unseen(case)
    yield from unread(case.inputs)
    traffic = case.traffic
    if traffic is None:
        return
    if traffic.by_rule:
        text = "with 5xx by a rule of the proxy's own (a limit, a deny, a maintenance page): counted as no failures"
        yield f"{count(traffic.by_rule, 'request')} answered {text}"
    if not traffic.failures_total:
        return
    trend = change_points(traffic.intervals, traffic.interval_s)
    yield from (f"failures {told(spell)}" for spell in trend.spells[:MOST_SPELLS])
    if len(trend.spells) > MOST_SPELLS:
        yield f"and {len(trend.spells) - MOST_SPELLS} more such spells: why502 logs shows them"
    found = [c for dimension in concentrations(traffic) for c in dimension.found]
    yield from (str(c) for c in sorted(found, key=lambda c: c.p)[:MOST_CONCENTRATIONS])
    yield from (str(gap) for t in traffic.targets if (gap := idle_gap(traffic, t)) is not None)


def _one_sided(case: Case) -> Iterator[str]:
    """Whatever happened in a conversation of which half was captured, it did not fail as far as can be seen."""
    halves = list(case.wire.one_sided.items()) if case.wire else []
    for host, end in halves[:MOST_HALVES]:
        way = ("from", "to") if end is End.TARGET else ("to", "from")
        text = f"no packet {way[0]} {host} was captured, only those {way[1]} it"
        yield f"{text}: what became of its conversations cannot be told; capture where both directions pass"
    if len(halves) > MOST_HALVES:
        yield f"and so it is with {count(len(halves) - MOST_HALVES, 'other target')}"


def _statuses_unseen(case: Case) -> Iterator[str]:
    """Where no log tells them either: that conversations went well is no word about what was answered."""
    if case.wire is None or Source.ACCESS_LOG in case.looked_at:
        return
    blind = [t for t in case.wire.targets if not t.statuses and t.outcomes.get(Outcome.ANSWERED)]
    if blind:
        number = sum(t.outcomes[Outcome.ANSWERED] for t in blind)
        text = f"the capture holds no status line of {count(number, 'conversation')} that the target answered"
        yield f"{text} (cut after the headers, encrypted, or no HTTP/1): whether it answered 5xx cannot be told"


def _overflows(case: Case) -> Iterator[str]:
    """Full accept queues that a host counted and of which no listener is told."""
    for record, at in placed(case):
        looks = record.snapshots
        before = {space.inode: space for space in looks[0].namespaces} if looks else {}
        dropped = {w.listener.netns for w in listener_windows(record, at.path) if w.drops} if looks else set()
        for space in looks[-1].namespaces if looks else ():
            grown = growth(before.get(space.inode), space).get("ListenOverflows", 0)
            if grown and space.inode not in dropped:
                text = f"a full accept queue turned away {count(grown, 'packet')} of new connections ({at})"
                yield f"{text}; which listener's is not told (`ss -ltnm` does)"
