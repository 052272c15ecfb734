"""A spell of failing in words: when it began and ended, each with its interval, and how much failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.model.words import count, rfc3339

if TYPE_CHECKING:
    from why502.facts.change_points import ChangePoint, Spell


def told(spell: Spell) -> str:
    """One sentence without a subject."""
    began = f"began {_point(spell.began)}" if spell.began else "were there from the first line"
    ended = f"ended {_point(spell.ended)}" if spell.ended else "went on to the last line"
    rates = f"{spell.rate:.2%} of {count(spell.requests, 'request')} meanwhile"
    before = f", {spell.began.rate_before:.2%} before" if spell.began else ""
    after = f", {spell.ended.rate_after:.2%} after" if spell.ended else ""
    return f"{began}, {ended}; {rates}{before}{after}"


def _point(point: ChangePoint) -> str:
    """The moment with its interval, the day once."""
    (day, at), (first, earliest), (last, latest) = (_moment(t) for t in (point.at_s, point.from_s, point.to_s))
    low = earliest if first == day else f"{first} {earliest}"
    high = latest if last == day else f"{last} {latest}"
    return f"{day} {at} UTC (95 %: {low} to {high})"


def _moment(at_s: float) -> tuple[str, str]:
    """Day and time of day, to the second."""
    text = rfc3339(at_s)
    return text[:10], text[11:19]
