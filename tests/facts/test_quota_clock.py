"""Answers in step with the kernel's period of a processor quota, and look-alikes that are not."""

from __future__ import annotations

import random

from why502.facts.quota_clock import quota_clock
from why502.model.evidence import Place
from why502.model.patterns import Span

AT = Place("capture.pcap", 1, mark="#")
PATIENCE_S = 1.2
SPELL_S = 5.0


def bursts(served_s: list[float], size: int = 6, spells: int = 6, *, in_rhythm: bool = False) -> list[Span]:
    """Bursts at one worker that takes one of these times for each request, whoever has given it up meanwhile; the
    bursts come at any time, or in a rhythm.
    """
    chance = random.Random(7)
    spans: list[Span] = []
    for spell in range(spells):
        begin_s = spell * SPELL_S if in_rhythm else spell * SPELL_S + chance.uniform(0, 1)
        done_s = begin_s
        for number in range(size):
            done_s += served_s[number % len(served_s)] + chance.uniform(0, 0.003)
            spans.append(_span(begin_s + number / 1000, done_s))
    return spans


def throttled(size: int = 12, spells: int = 6, width_s: float = 0.01) -> list[Span]:
    """Each takes one or two periods, and is done soon after one has begun."""
    chance = random.Random(7)
    spans: list[Span] = []
    for spell in range(spells):
        begin_s = spell * SPELL_S + chance.uniform(0, 1)
        period = int(begin_s * 10) + 1
        for number in range(size):
            period += chance.choice((1, 2))
            spans.append(_span(begin_s + number / 1000, period / 10 + 0.03 + chance.uniform(0, width_s)))
    return spans


def _span(asked_s: float, done_s: float) -> Span:
    late = done_s - asked_s > PATIENCE_S
    return Span(asked_s, done_s, asked_s + PATIENCE_S if late else None)


LATE = Span(31.0, 34.0, 32.2)
"""One that was given up, for the loads in which none is."""


def test_a_group_that_stands_still_answers_as_periods_begin() -> None:
    """Within 10 ms of each 100, in six bursts that came at any time."""
    found = quota_clock(throttled(), AT)
    assert found is not None
    assert (found.answers, found.spells) == (65, 6)
    assert found.width_s < 0.01
    assert found.kept
    assert found.p < 0.005


def test_a_quota_for_several_threads_lets_them_run_for_a_part_of_the_period() -> None:
    found = quota_clock(throttled(width_s=0.03), AT)
    assert found is not None
    assert found.p < 0.01


def test_one_burst_has_a_step_of_its_own() -> None:
    """A single worker that sleeps for whole tenths of a second keeps step with itself."""
    found = quota_clock(throttled(size=12, spells=2), AT)
    assert found is not None
    assert (found.p, found.kept) == (1.0, False)


def test_a_worker_that_takes_whole_tenths_begins_anew_with_each_burst() -> None:
    """As programs made for a test do, and some that poll."""
    for served_s in ([0.1], [0.2], [0.1, 0.3]):
        found = quota_clock([*bursts(served_s, size=12), LATE], AT)
        assert found is None or not found.kept


def test_several_workers_in_a_steady_overload_drift() -> None:
    """One spell: each takes 0.4 s and a little for each request, and so comes later and later in the period."""
    chance = random.Random(7)
    spans: list[Span] = []
    free_s = [0.0, 0.001]
    for number in range(40):
        asked_s = number * 0.15
        worker = free_s.index(min(free_s))
        free_s[worker] = max(asked_s, free_s[worker]) + 0.4 + chance.uniform(0.0005, 0.003)
        spans.append(_span(asked_s, free_s[worker]))
    assert quota_clock(spans, AT) is None


def overload(served_s: list[float]) -> list[Span]:
    """One spell: a worker takes these times in turn and a little for each request."""
    chance = random.Random(7)
    done_s, spans = 0.0, list[Span]()
    for number in range(40):
        done_s += served_s[number % len(served_s)] + chance.uniform(0.0002, 0.002)
        spans.append(_span(number * 0.173, done_s))
    return spans


def quota_overload() -> list[Span]:
    """One spell: two periods for each, and three for every fifth."""
    chance = random.Random(7)
    period, spans = 1, list[Span]()
    for number in range(40):
        period += 3 if number % 5 == 4 else 2
        spans.append(_span(number * 0.087, period / 10 + 0.03 + chance.uniform(0, 0.005)))
    return spans


def test_a_steady_overload_keeps_step_beyond_answers_that_took_longer() -> None:
    found = quota_clock(quota_overload(), AT)
    assert found is not None
    assert (found.spells, found.longer) == (1, 8)
    assert found.kept
    assert "after 8 answers that took longer" in str(found)


def test_a_worker_with_two_kinds_of_requests_loses_the_step() -> None:
    """Whole tenths of a second and a little for each, so that it drifts; or any times, which are in no step."""
    for served_s in ([0.2, 0.2, 0.2, 0.3], [0.2, 0.2, 0.2, 0.26], [0.2, 0.2, 0.2, 0.2, 0.37]):
        found = quota_clock(overload(served_s), AT)
        assert found is None or not found.kept


def test_an_answer_that_was_missed_is_no_longer_one() -> None:
    """A worker of two tenths without any delay of its own: four tenths are two of its answers."""
    chance = random.Random(7)
    done_s = [(number, 0.3 + number * 0.2 + chance.uniform(0, 0.003)) for number in range(40) if number % 5]
    found = quota_clock([_span(number * 0.173, at_s) for number, at_s in done_s], AT)
    assert found is not None
    assert (found.longer, found.kept) == (0, False)


def test_requests_in_step_in_one_spell_get_answers_in_step() -> None:
    """A client that asks in a rhythm of tenths, with pauses, and a target that answers each after 0.35 s."""
    asked_s = [0.1 * number + 0.1 * (number // 4) for number in range(40)]
    spans = [Span(at_s, at_s + 0.35, None) for at_s in asked_s]
    found = quota_clock([Span(0.0, 9.0, 1.2), *spans], AT)
    assert found is None or not found.kept


def test_other_times_are_in_no_step() -> None:
    assert quota_clock(bursts([0.23, 0.31, 0.35]), AT) is None


def test_a_client_with_a_rhythm_gets_answers_in_step_from_anybody() -> None:
    assert quota_clock([*bursts([0.2], in_rhythm=True), LATE], AT) is None


def test_who_is_served_at_once_tells_nothing() -> None:
    """Health checks, between the periods in which the quota is used up."""
    checks = [Span(5.0 + n * 1.37, 5.0 + n * 1.37 + 0.002, None) for n in range(40)]
    found = quota_clock(sorted([*throttled(), *checks]), AT)
    assert found is not None
    assert found.answers == 65


def test_what_nobody_gave_up_is_not_looked_at() -> None:
    assert quota_clock([span for span in throttled() if span.given_up_s is None], AT) is None
