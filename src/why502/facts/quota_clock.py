"""Whether answers keep step with the clock by which the kernel hands out a control group's quota of processor time.

A group that has used up its quota stands still until the next period begins (CFS bandwidth control). Its answers come
in the first moments of periods then, whenever the requests came; and the clock goes on while the group is idle, so that
answers hours of bursts apart lie at the same place of it. What waits for a worker, or for others, keeps no such time.

Under a load that never lets up there are no spells apart. But then some answers take more periods than others, and
whoever keeps time by his own work alone would be out of step after each of these.
"""

from __future__ import annotations

from cmath import exp, pi
from collections import Counter
from itertools import pairwise
from math import exp as e_to
from math import sqrt
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from why502.facts.queueing import LEAVE_TAKEN_S
from why502.model.evidence import Place
from why502.model.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from why502.model.patterns import Span

PERIOD_S: Final = 0.1
"""`default_cfs_period` in kernel/sched/fair.c; Docker's `--cpu-period` and the kubelet's `cpuCFSQuotaPeriod` as well.
`start_cfs_bandwidth` moves the timer on by whole periods (`hrtimer_forward_now`): it never loses its step."""
LASTING_S: Final = 60.0
"""Two machines' clocks drift apart by a few milliseconds in that time, at the most."""
FEWEST = 10
"""Answers..."""
IN_STEP = 0.8
"""...that lie so close together: 1 if at one place of the period, 0.8 if evenly over a third of it."""
FEWEST_SPELLS = 3
BY_CHANCE = 0.1
DRIFTING = 3.0
"""Times the standard error of the slope."""
ONE_INSTANT_S = 0.02
"""Several threads that stood still answer one after the other, when a period begins."""
AS_CLOSE = 0.95
"""Requests that come in step themselves (a client with a rhythm) get answers in step from anybody."""


class QuotaClock(Struct, frozen=True):
    """Answers that came in step with a clock of `PERIOD_S`."""

    answers: int
    """To requests that lasted for longer than a period: who is served at once did not meet the end of the quota."""
    width_s: float
    """Their standard deviation around one place of the period."""
    spells: int
    """Times in which something was in flight all along: whatever the program's own rhythm is, it begins anew in each,
    when a request happens to come."""
    longer: int
    """Answers within spells that took more periods than most, and no multiple: counted where spells do not tell."""
    p: float
    """Chance that the first answers of so many spells, or those and the longer ones, lie so close together (Rayleigh's
    test); 1 for fewer than 3."""
    at: Place

    @property
    def kept(self) -> bool:
        """From spell to spell, or beyond what took longer; else one who serves a request at a time, each for the same
        number of whole periods, keeps step as well.
        """
        return self.p < BY_CHANCE

    def __str__(self) -> str:
        spells = f"{count(self.spells, 'spell')} that began at any time"
        if self.longer:
            spells = f"{count(self.spells, 'spell')}, and after {count(self.longer, 'answer')} that took longer"
        return (
            f"{self.answers} answers came within {self.width_s * 1000:.0f} ms (standard deviation) of one place in "
            f"each {PERIOD_S * 1000:.0f} ms, in {spells} (p = {self.p:.1g}): the kernel's period of a processor quota"
        )


def quota_clock(spans: Sequence[Span], at: Place) -> QuotaClock | None:
    """Of all requests at one target in the order in which they came; None if they keep no such time.

    Of a capture only: a log does not tell for how long the target was busy with what had been given up, and so not
    where a spell ends.
    """
    spells = list(_spells(_around(spans)))
    lasting = [[span for span in spell if _answered_late(span)] for spell in spells]
    answers_s = [span.until_s for spell in lasting for span in spell]
    if len(answers_s) < FEWEST or _closeness(answers_s) < IN_STEP:
        return None
    begun = [
        (spell[0].asked_s, min(s.until_s for s in held)) for spell, held in zip(spells, lasting, strict=True) if held
    ]
    closeness = _closeness([answered_s for _, answered_s in begun])
    p = rayleigh(closeness, len(begun)) if len(begun) >= FEWEST_SPELLS else 1.0
    longer_s: list[float] = []
    if p >= BY_CHANCE:
        if _drifts(lasting):
            return None
        asked_s = [span.asked_s for spell in lasting for span in spell]
        if _closeness(asked_s) < AS_CLOSE * _closeness(answers_s):
            p, longer_s = _beyond_longer([answered_s for _, answered_s in begun], lasting)
    elif _closeness([asked_s for asked_s, _ in begun]) >= AS_CLOSE * closeness:
        return None
    width_s = PERIOD_S / (2 * pi) * sqrt(2 * (1 - _closeness(answers_s)))
    return QuotaClock(len(answers_s), width_s, len(begun), len(longer_s), p, at)


def _beyond_longer(begun_s: Sequence[float], spells: Sequence[Sequence[Span]]) -> tuple[float, list[float]]:
    """The chance that the first answers of spells and the longer ones within them lie so close together, and when
    these longer ones came; (1, none) if they are too few.

    What made them longer (a dearer request, the collector of garbage, another's turn) is no whole number of periods,
    but by chance. Twice what is usual is another matter: an answer in between may have been missed.
    """
    turns_s = [_instants(sorted(span.until_s for span in spell)) for spell in spells]
    steps = [
        (round((after_s - before_s) / PERIOD_S), after_s) for turn in turns_s for before_s, after_s in pairwise(turn)
    ]
    usual = Counter(step for step, _ in steps).most_common(1)
    longer_s = [after_s for step, after_s in steps if step > usual[0][0] and step % max(usual[0][0], 1)]
    if len(longer_s) < FEWEST_SPELLS:
        return 1.0, []
    times_s = [*begun_s, *longer_s]
    return rayleigh(_closeness(times_s), len(times_s)), longer_s


def _instants(times_s: Sequence[float]) -> list[float]:
    """The first of each group of answers that came at one instant; ascending."""
    first_s: list[float] = []
    for at_s in times_s:
        if not first_s or at_s - first_s[-1] > ONE_INSTANT_S:
            first_s.append(at_s)
    return first_s


def _drifts(spells: Sequence[Sequence[Span]]) -> bool:
    """Whether answers come later and later in the period while a spell lasts.

    Whoever takes whole tenths of a second for each request takes a little more: the next one begins that much later.
    """
    xs: list[float] = []
    ys: list[float] = []
    for spell in spells:
        phases_s = _unrolled(sorted(span.until_s for span in spell))
        middle, mean_s = (len(phases_s) - 1) / 2, sum(phases_s) / max(len(phases_s), 1)
        xs += [number - middle for number in range(len(phases_s))]
        ys += [phase_s - mean_s for phase_s in phases_s]
    spread = sum(x * x for x in xs)
    slope_s = sum(x * y for x, y in zip(xs, ys, strict=True)) / spread if spread else 0.0
    rest = sum((y - slope_s * x) ** 2 for x, y in zip(xs, ys, strict=True))
    return slope_s > DRIFTING * sqrt(rest / max(len(xs) - len(spells) - 1, 1) / spread) if spread else False


def _unrolled(times_s: Sequence[float]) -> list[float]:
    """Places in the period, without its seam: each within half a period of the one before."""
    places_s: list[float] = []
    for at_s in times_s:
        last_s = places_s[-1] if places_s else at_s % PERIOD_S
        step_s = (at_s - last_s + PERIOD_S / 2) % PERIOD_S - PERIOD_S / 2
        places_s.append(last_s + step_s)
    return places_s


def rayleigh(closeness: float, number: int) -> float:
    """Chance that so many directions drawn evenly have a mean as long as that (Zar, Biostatistical Analysis, 27.1).

    >>> round(rayleigh(1.0, 3), 3), round(rayleigh(0.9, 10), 6), round(rayleigh(0.0, 10), 3)
    (0.034, 3.8e-05, 1.0)
    """
    length = closeness * number
    return min(1.0, e_to(sqrt(1 + 4 * number + 4 * (number**2 - length**2)) - (1 + 2 * number)))


def _answered_late(span: Span) -> bool:
    """After more than a period; be it too late for the proxy, which had given it up."""
    answered = span.given_up_s is None or span.until_s > span.given_up_s + LEAVE_TAKEN_S
    return answered and span.until_s - span.asked_s > PERIOD_S


def _around(spans: Sequence[Span]) -> Sequence[Span]:
    """Some before and after the first one that was given up."""
    first_s = next((span.asked_s for span in spans if span.given_up_s is not None), None)
    if first_s is None:
        return ()
    return [span for span in spans if abs(span.asked_s - first_s) <= LASTING_S / 2]


def _spells(spans: Sequence[Span]) -> Iterator[list[Span]]:
    spell: list[Span] = []
    busy_until_s = 0.0
    for span in spans:
        if spell and span.asked_s > busy_until_s:
            yield spell
            spell = []
        spell.append(span)
        busy_until_s = max(busy_until_s, span.until_s)
    if spell:
        yield spell


def _closeness(times_s: Sequence[float]) -> float:
    """How close together they lie on the clock's face: the length of their mean direction, 0 to 1."""
    return abs(sum(exp(2j * pi * (at_s % PERIOD_S) / PERIOD_S) for at_s in times_s)) / max(len(times_s), 1)
