"""What the statistics of logs say, in sentences: each with its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.facts.spelling import told
from why502.model.words import count, rfc3339
from why502.reports.phrases import duration, moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.change_links import ChangeLink, Correlation
    from why502.facts.change_points import Changes
    from why502.facts.logs import DiedTogether, LogSummary, Slow

WHOSE = {"gateway": "of the gateway", "target": "of targets"}
MOST_CONCENTRATIONS = 3
"""Of each dimension."""
MOST_SPELLS = 8
MOST_CHANGES = 10
MOST_TARGETS = 8
MOST_EVENTS = 5
P_SHOWN = 1e-6


def trend_sentences(summary: LogSummary) -> Iterator[str]:
    """When failing began and ended: what the gateway made, then what targets answered."""
    for who, found in (("failures of the gateway", summary.gateway), ("errors of targets", summary.answered)):
        if found.failures:
            yield from _trend(who, found)


def _trend(who: str, found: Changes) -> Iterator[str]:
    if not found.tested:
        yield f"{who}: {found.failures} are too few, or the time is too short, for a beginning or an end"
    elif found.restless:
        yield f"{who}: they come and go all the time; no beginning or end stands out"
    elif not found.points:
        yield f"{who}: their rate did not change by more than chance (1 %) from the first line to the last"
    for spell in found.spells[:MOST_SPELLS]:
        yield f"{who}: {told(spell)}"
    if len(found.spells) > MOST_SPELLS:
        yield f"{who}: {count(len(found.spells) - MOST_SPELLS, 'more spell')}: see --json"


def pattern_sentences(summary: LogSummary) -> Iterator[str]:
    """What failures keep to, strongest first, and the clues that a log holds; before these what it may not tell."""
    yield from summary.unread
    if summary.hidden:
        total = summary.traffic.failures_total
        yield (
            f"hidden failures: {summary.hidden:,} of {count(total, 'failure')} no client saw: an attempt failed, and "
            f"another one served the request"
        )
    shown = [found for dimension in summary.dimensions for found in dimension.found[:MOST_CONCENTRATIONS]]
    for found in sorted(shown, key=lambda c: (c.p, c.dimension != "target network")):
        yield f"failures {WHOSE[found.side]}: {found}"
    for dimension in summary.dimensions:
        if dimension.unjudgeable and dimension.name == "client" and "hides" in dimension.unjudgeable:
            yield f"failures {WHOSE[dimension.side]}: clients cannot be compared ({dimension.unjudgeable})"
    yield from (f"idle gap: {gap}" for gap in summary.idle_gaps)
    yield from (_slow(slow) for slow in summary.slow_connects[:MOST_TARGETS])
    yield from (f"same duration: {same}" for same in summary.durations)
    for died in summary.deaths[:MOST_TARGETS]:
        yield _death(died)
    for event in summary.unhealthy[:MOST_EVENTS]:
        yield f"health: {moment(rfc3339(event.at_s))} UTC {event.text} [{event.at}]"
    if len(summary.unhealthy) > MOST_EVENTS:
        yield f"health: {count(len(summary.unhealthy) - MOST_EVENTS, 'more event')}: see --json"


def _death(died: DiedTogether) -> str:
    where = died.target or "a target that the log does not name"
    then = f"; {count(died.refused_after, 'connect')} failed at once within 10 s after" if died.refused_after else ""
    if died.together:
        how = f"simultaneous deaths: {died.together} requests in flight at {where} ended at one instant,"
    else:
        how = f"lost in flight: {count(died.lost, 'request')} at {where} from"
    return f"{how} {moment(rfc3339(died.at_s))} UTC{then}"


def _slow(slow: Slow) -> str:
    steps = ", ".join(f"{number} after {step}" for step, number in slow.steps.items())
    kept = f" (of the first {slow.kept:,})" if slow.kept < slow.delayed else ""
    return (
        f"slow connects: {slow.delayed:,} of {slow.timed:,} connects to {slow.target} took as long as a SYN that is "
        f"sent again ({steps}); {slow.served:,}{kept} of these requests were served, only late"
    )


def change_sentences(found: Correlation) -> Iterator[str]:
    """The changes around which most rose, then over all of them."""
    if not found.links:
        yield "no change lies within the time of the logs"
    ordered = sorted(found.links, key=_nearest)
    yield from (_change(link, found.around_s) for link in ordered[:MOST_CHANGES])
    if len(ordered) > MOST_CHANGES:
        yield f"{count(len(ordered) - MOST_CHANGES, 'more change')}: see --json"
    if found.left_out:
        yield f"{count(found.left_out, 'change')} outside the time of the logs"
    if found.soon_after is not None:
        over_all = found.soon_after.told(f"up to {duration(found.around_s)} after a change (of {len(found.links)})")
        yield f"over all changes: {over_all}"


def _nearest(link: ChangeLink) -> tuple[float, float]:
    """By the chance that a change lies so near to a rise or a fall, then by what rose."""
    return min((p for p in (link.rise_p, link.fall_p) if p is not None), default=2.0), link.p


def _change(link: ChangeLink, around_s: float) -> str:
    (failed, requests), (later, later_requests) = link.before, link.after
    rose = f"Fisher's {_p(link.p)}" if later * requests > failed * later_requests else "no rise"
    rates = (
        f"in the {duration(around_s)} before it {failed:,} of {requests:,} requests failed, after it {later:,} of "
        f"{later_requests:,} ({rose})"
    )
    rise = _near("rose", link.rise_after_s, link.rise_p)
    fall = _near("fell", link.fall_after_s, link.fall_p)
    return f"{moment(rfc3339(link.change.at_s))} UTC {link.change.text}: {rates}{rise}{fall} [{link.change.at}]"


def _near(what: str, after_s: float | None, p: float | None) -> str:
    """A beginning or an end of failing close to a change."""
    if after_s is None or p is None:
        return ""
    how = f"{abs(after_s):.0f} s {'after' if after_s >= 0 else 'before'} it"
    return f"; failing {what} {how} ({_p(p)} that a change lies so near)"


def _p(p: float) -> str:
    return f"p = {p:.2g}" if p >= P_SHOWN else "p < 0.000001"
