"""What targets answered themselves, as captures show it: failures that no log told, and whose word a logged status is.

Whoever answers 5xx in a capture may be a gateway that passes it on, or that failed itself: a recording on the
gateway's machine holds both of its sides.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

from why502.facts.coarse import coarse_logs
from why502.facts.scene import Basis, Cluster, Failure
from why502.model.case import Window
from why502.model.conversations import Outcome
from why502.model.requests import Manner, Phase, Side

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from why502.model.case import Case
    from why502.model.conversations import Conversation
    from why502.model.requests import Request
    from why502.model.wire import StatusLine, TargetWire, Wire

SERVER_ERROR: Final = 500
PASSED_ON_S: Final = 0.25
"""A gateway passes on what it got, or says that it got nothing, sooner than this; a loaded one takes milliseconds."""
BROKEN_OFF: Final = frozenset({Outcome.ANSWER_CUT, Outcome.TRUNCATED, Outcome.MALFORMED})
"""The answer began, and the conversation failed with it: that failure counts already."""
STRICT_S: Final = 0.05
COARSE_S: Final = 1.5


class _Said(NamedTuple):
    """An answer with 5xx of one server, to the other end's address."""

    at_s: float
    target: str


class _Hosts:
    """What the machines of the openers met, and when."""

    def __init__(self, wire: Wire) -> None:
        self.opens: dict[str, set[str]] = defaultdict(set)
        """Host -> the targets to which it opens connections, as far as conversations are told one by one."""
        self._told: dict[tuple[str, int], list[_Said]] = defaultdict(list)
        self._failed: dict[str, list[_Said]] = defaultdict(list)
        for target in wire.targets:
            for c in (*target.failed, *target.ended):
                self.opens[_host(c.opener)].add(target.target)
            for c in target.failed:
                self._failed[_host(c.opener)].append(_Said(c.end_s or c.last_s, target.target))
            for line in target.errors:
                self.opens[_host(line.opener)].add(target.target)
                self._told[_host(line.opener), line.status].append(_Said(line.at_s, target.target))
        for said in (*self._told.values(), *self._failed.values()):
            said.sort()

    def passed_on(self, target: str, line: StatusLine) -> bool:
        """Whether right before it, its sender was told the same status by another server, or failed to be told
        anything.
        """
        host = _host(target)
        met = (self._told.get((host, line.status), []), self._failed.get(host, []))
        return any(_just_before(table, target, line.at_s) for table in met)


def _just_before(table: Sequence[_Said], target: str, at_s: float) -> bool:
    low = bisect_left(table, at_s - PASSED_ON_S, key=lambda said: said.at_s)
    high = bisect_right(table, at_s, key=lambda said: said.at_s)
    return any(said.target != target for said in table[low:high])


def of_answers(wire: Wire | None) -> Iterator[Cluster]:
    """One cluster a target for what it answered itself, and one for what a gateway in the capture says of itself."""
    if wire is None:
        return
    hosts = _Hosts(wire)
    for target in wire.targets:
        broken = {c.opener: c for c in target.failed if c.outcome in BROKEN_OFF}
        told = [line for line in target.errors if not _counted_already(line, broken.get(line.opener))]
        told = [line for line in told if not hosts.passed_on(target.target, line)]
        opens = hosts.opens.get(_host(target.target), set()) - {target.target}
        gateway = [line for line in told if line.page_of or (opens and not _same_machine(target, line))]
        own = [line for line in told if line not in gateway]
        yield from _cluster(target, Side.TARGET, Phase.DONE, Manner.ANSWERED, own)
        yield from _cluster(target, None, Phase.UNKNOWN, Manner.UNKNOWN, gateway)


def passed_on(wire: Wire, lines: Sequence[StatusLine]) -> dict[str, int]:
    """Gateways in the capture -> how many of these answers they passed on, with the same status and right away."""
    said: dict[tuple[str, int], list[_Said]] = defaultdict(list)
    for target in wire.targets:
        for line in target.errors:
            said[_host(target.target), line.status].append(_Said(line.at_s, target.target))
    found: dict[str, int] = defaultdict(int)
    for line in lines:
        later = (s for s in said[_host(line.opener), line.status] if 0 < s.at_s - line.at_s <= PASSED_ON_S)
        if first := min(later, default=None):
            found[first.target] += 1
    return dict(found)


def said_of(case: Case, cluster: Cluster) -> list[StatusLine]:
    """For each logged failure of the cluster, the target's answer with the very status at that time; none twice."""
    wanted = [place.request for place in cluster.logged]
    coarse = coarse_logs(wanted)
    left = [
        line
        for target in (case.wire.targets if case.wire else ())
        if cluster.target in (None, target.target)
        for line in target.errors
        if not line.page_of
    ]
    found = []
    for request in wanted:
        slack_s = COARSE_S if request.at.path in coarse else STRICT_S
        fits = [line for line in left if line.status == request.status and _within(line.at_s, request, slack_s)]
        if fits:
            found.append(fits[0])
            left.remove(fits[0])
    return found


def _within(at_s: float, request: Request, slack_s: float) -> bool:
    end_s = request.end_s
    begin_s = request.start_s if request.start_s is not None else end_s
    return end_s is not None and begin_s is not None and begin_s - slack_s <= at_s <= end_s + slack_s


def _cluster(
    target: TargetWire, side: Side | None, phase: Phase, manner: Manner, lines: Sequence[StatusLine]
) -> Iterator[Cluster]:
    """With the share of what is counted, but not told one by one."""
    if not lines:
        return
    all_ = sum(number for status, number in target.statuses.items() if status >= SERVER_ERROR)
    yield Cluster(
        basis=Basis.ANSWERS,
        target=target.target,
        side=side,
        phase=phase,
        manner=manner,
        outcome=None,
        count=max(len(lines), all_ * len(lines) // len(target.errors)),
        failures=tuple(Failure(at_s=line.at_s) for line in lines),
        window=Window(lines[0].at_s, lines[-1].at_s),
    )


def _counted_already(line: StatusLine, broken: Conversation | None) -> bool:
    return broken is not None and broken.answer_s is not None and broken.answer_s <= line.at_s <= broken.last_s


def _same_machine(target: TargetWire, line: StatusLine) -> bool:
    """Where all speak from one address (loopback), that it opens connections tells of nobody's being a gateway."""
    return _host(line.opener) == _host(target.target)


def _host(endpoint: str) -> str:
    return endpoint.rpartition(":")[0]
