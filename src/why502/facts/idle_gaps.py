"""A target's keep-alive timeout, read off the silences before its failures."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from msgspec import Struct

from why502.facts.exact_tests import p_over
from why502.facts.silences import by_gateway
from why502.model.requests import Manner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.model.patterns import Silence
    from why502.model.traffic import TargetTraffic, Traffic

WIDTH = 1.1
"""Silences within 10 % are one timeout, not chance (timers tick, and clients come when they come)."""

MIN_FAILED = 4
SIGNIFICANT = 0.01


class IdleGap(Struct, frozen=True):
    """Bursts of one target that failed after one length of silence more than after others."""

    target: str
    idle_s: float
    """The median of those that failed, as far as they are kept one by one."""
    failed: int
    """Bursts with a failure after about this silence..."""
    bursts: int
    """...of all bursts after about this silence."""
    failed_in_all: int
    longer: int
    """Bursts after a longer silence..."""
    longer_failed: int
    """...with a failure. None at all: the connections had been closed in time, so that nothing raced."""
    shorter: int
    shorter_failed: int
    p: float
    """Fisher's exact test against all other silences, times the number of lengths tried (Bonferroni)."""

    @property
    def and_longer(self) -> bool:
        """Longer silences fail as well: connections are lost in silence, but not by one timer that races."""
        return self.longer > 0 and 2 * self.longer_failed * self.bursts >= self.failed * self.longer

    def __str__(self) -> str:
        failed, bursts, silence = self.failed, self.bursts, f"{self.idle_s:.2f} s of silence"
        longer = f", after a longer one {self.longer_failed} of {self.longer}"
        meaning = "as when idle connections are closed just then"
        if self.and_longer:
            failed, bursts, silence, longer = (
                failed + self.longer_failed,
                bursts + self.longer,
                f"{silence} or more",
                "",
            )
            meaning = "whatever the length, so that it is no single timer"
        return (
            f"{failed} of {self.failed_in_all} bursts with failures came after {silence} at {self.target}, where "
            f"{failed} of {bursts} bursts failed; after a shorter one {self.shorter_failed} of {self.shorter}{longer} "
            f"(p = {self.p:.2g}): {meaning}"
        )


def idle_gap(traffic: Traffic, target: TargetTraffic) -> IdleGap | None:
    """The length of silence that failures keep to; None if they keep to none."""
    silences = target.silences
    failed_in_all = sum(s.failed for s in silences)
    starts = [s.idle_s for s in silences if s.failed]
    if failed_in_all < MIN_FAILED:
        return None
    best = min((_at(silences, low_s, len(starts)) for low_s in starts), key=lambda found: found[0])
    p, low_s = best
    inside = [s for s in silences if low_s <= s.idle_s < low_s * WIDTH]
    failed = sum(s.failed for s in inside)
    if p >= SIGNIFICANT or failed < MIN_FAILED or 2 * failed < failed_in_all:
        return None
    longer = [s for s in silences if s.idle_s >= low_s * WIDTH]
    shorter = [s for s in silences if s.idle_s < low_s]
    known = [
        (place.idle_before_s, place.request.manner)
        for place in traffic.failures
        if place.request.target == target.target
        and by_gateway(place.request)
        and place.idle_before_s is not None
        and low_s <= place.idle_before_s < low_s * WIDTH
    ]
    gap = IdleGap(
        target=target.target,
        idle_s=median(idle_s for idle_s, _ in known) if known else low_s,
        failed=failed,
        bursts=sum(s.bursts for s in inside),
        failed_in_all=failed_in_all,
        longer=sum(s.bursts for s in longer),
        longer_failed=sum(s.failed for s in longer),
        shorter=sum(s.bursts for s in shorter),
        shorter_failed=sum(s.failed for s in shorter),
        p=p,
    )
    # A connection that is closed just then ends at once: what ran into a timeout came after that silence by its rhythm.
    timed_out = sum(manner is Manner.TIMEOUT for _, manner in known)
    return None if 2 * timed_out > len(known) and not gap.and_longer else gap


def _at(silences: Sequence[Silence], low_s: float, tries: int) -> tuple[float, float]:
    """Chance of so many failures after silences of that length, and the length."""
    inside = [s for s in silences if low_s <= s.idle_s < low_s * WIDTH]
    failed, bursts = sum(s.failed for s in inside), sum(s.bursts for s in inside)
    all_failed, all_bursts = sum(s.failed for s in silences), sum(s.bursts for s in silences)
    p = p_over(failed, all_failed, bursts - failed, all_bursts - all_failed)
    return min(1.0, p * tries), low_s
