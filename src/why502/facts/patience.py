"""How long a proxy waited before it hung up on requests, where only a capture tells: by its timer, or with its client.

A timer begins when the request is sent, and fires at its time or a little later, never earlier
(`ngx_event_expire_timers`, HAProxy's `task` queue, Go's `ResponseHeaderTimeout`); it is set in round numbers, and no
answer comes later than it would have fired. Clients leave whenever they do: their time began before the proxy sent
anything, and other requests are waited for longer. Traffic Server looks for idle transactions once a second
(`InactivityCop`), so that its timer is late by up to a second or two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from why502.facts.scene import Basis
from why502.facts.turns import is_known, spans_of
from why502.model.conversations import Outcome
from why502.model.evidence import Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.facts.scene import Scene
    from why502.model.conversations import Conversation

EARLY_S = 0.002
"""A busy event loop reads the clock once a turn, and its timers are early by as much..."""
EARLY_SHARE = 0.005
"""...or by this share: clocks of captures drift."""
LATE_S = 0.005
ROUND_S = 0.1
COARSE_S = 1.5
"""Traffic Server's timers spread as far as this and are never set below a second."""
SUB_SECOND_S = 1.0
ONE_INSTANT_S = 0.02
SEVERAL = 3
BEGUN_APART_S = 0.2
"""Requests of one page begin together, and a client that leaves ends them together."""
FEWEST = 5
FEW = 0.1
LONGER = 1.1
FEWEST_LONGER = 3


class Patience(Struct, frozen=True):
    """The waits that the proxy ended, and the longest that it did not."""

    requests: int
    early: int
    """Given up before a timer that gave up most could have fired."""
    spread_s: tuple[float, float]
    """Between these lie four fifths of the waits."""
    at_round: int
    """Of the waits, as many as ended at a round number of seconds or just after it."""
    round_s: float
    outlasted: int
    """Requests that were answered after more than those given up were granted..."""
    longest_s: float
    """...up to so long."""
    at: Place

    @property
    def unequal(self) -> bool:
        """More than one timer allows for: no more than a few are early by chance or another setting."""
        from_s, to_s = self.spread_s
        fine = to_s < SUB_SECOND_S or to_s - from_s > COARSE_S
        return self.requests >= FEWEST and self.early >= FEW * self.requests and fine

    @property
    def timed(self) -> bool:
        """As a timer makes them: at the same round number of seconds, none before it."""
        return self.at_round >= (1 - FEW) * self.requests

    @property
    def outlived(self) -> bool:
        """Answers came when the timer would have fired long ago.

        One that was hung up on may be another matter: the proxy could not send it (Varnish: "backend write error").
        """
        return self.requests >= SEVERAL and self.outlasted >= FEWEST_LONGER


def patience(scene: Scene) -> Patience | None:
    """None if a log tells why the proxy hung up, or no capture shows for how long it waited: packets that the recorder
    lost may have begun the wait, or ended it.
    """
    cluster, wire = scene.cluster, scene.case.wire
    if wire is None or wire.lossy:
        return None
    if cluster.basis is not Basis.CONVERSATIONS or cluster.outcome is not Outcome.NOT_ANSWERED or scene.wire is None:
        return None
    given_up = [c for c in cluster.conversations if c.request_s is not None]
    waits_s = sorted((c.fin_by_opener_s or c.end_s or c.last_s) - (c.request_s or 0.0) for c in given_up)
    if not waits_s or _hung_up_at_once(given_up):
        return None
    told = (c for c in (*scene.wire.failed, *scene.wire.ended) if is_known(c))
    served_s = [s.until_s - s.asked_s for c in told for s in spans_of(c) if s.given_up_s is None]
    most_s = _quantile(waits_s, 1 - FEW)
    # Traffic Server's timer lets one request wait for as much longer than another, and is never below a second.
    late_s = COARSE_S if most_s >= SUB_SECOND_S else 0.0
    longer_s = [wait_s for wait_s in served_s if wait_s > max(LONGER * most_s, most_s + late_s)]
    usual_s = _quantile(waits_s, 0.5)
    round_s = round(usual_s) if usual_s >= 10.0 else round(usual_s / ROUND_S) * ROUND_S
    until_s = round_s + max(LATE_S, EARLY_SHARE * round_s)
    return Patience(
        requests=len(waits_s),
        early=sum(
            wait_s < usual_s - max(EARLY_S, EARLY_SHARE * usual_s) and not _is_shared(wait_s, waits_s)
            for wait_s in waits_s
        ),
        spread_s=(_quantile(waits_s, FEW), most_s),
        at_round=sum(round_s - EARLY_S <= wait_s <= until_s for wait_s in waits_s),
        round_s=round_s,
        outlasted=len(longer_s),
        longest_s=max(longer_s, default=0.0),
        at=given_up[0].decided_at,
    )


def _hung_up_at_once(given_up: Sequence[Conversation]) -> bool:
    """Most were ended several at one instant though they had begun at different times: neither clients nor timers do
    that, but a proxy whose process ends does (nginx: `worker_shutdown_timeout` after a reload).
    """
    ends = sorted((c.fin_by_opener_s or c.end_s or c.last_s, c.request_s or 0.0) for c in given_up)
    groups: list[list[tuple[float, float]]] = []
    for end in ends:
        if groups and end[0] - groups[-1][0][0] <= ONE_INSTANT_S:
            groups[-1].append(end)
        else:
            groups.append([end])
    together = [g for g in groups if len(g) >= SEVERAL and max(b for _, b in g) - min(b for _, b in g) > BEGUN_APART_S]
    return 2 * sum(map(len, together)) > len(ends)


def _is_shared(wait_s: float, waits_s: Sequence[float]) -> bool:
    """Several ended at the same round time, and none just before: another timer, as of another route, has fired."""
    step_s = 1.0 if wait_s >= 10.0 else ROUND_S / 2
    round_s = round(wait_s / step_s) * step_s
    from_s, to_s = round_s - EARLY_S, round_s + max(LATE_S, EARLY_SHARE * round_s)
    there = sum(from_s <= other_s <= to_s for other_s in waits_s)
    return there >= SEVERAL and from_s <= wait_s <= to_s and not any(0.9 * round_s < w < from_s for w in waits_s)


def _quantile(ascending: Sequence[float], share: float) -> float:
    return ascending[int(share * (len(ascending) - 1))]
