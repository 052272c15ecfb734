from __future__ import annotations

from tests.making import case, log_input, request, served
from why502.model.case import Case, Input, Series, Window
from why502.model.evidence import Place, Source
from why502.remote import window_of, with_fetched
from why502.sources.interface import Reading

OPEN = Window(float("-inf"), float("inf"))


def test_the_failures_and_half_an_hour_around_are_asked_for() -> None:
    """Not the whole log; never the future."""
    seen = case(request(10_000.0), request(10_600.0), served(90_000.0))
    assert window_of(seen, OPEN, 1e9) == Window(8200.0, 12400.0)
    assert window_of(seen, OPEN, 11_000.0) == Window(8200.0, 11_000.0)
    assert window_of(seen, Window(9000.0, 10_700.0), 1e9) == Window(9000.0, 10_700.0)


def test_without_failures_the_evidence_decides_and_without_evidence_the_last_hour() -> None:
    """A list of changes is no evidence of when something happened."""
    assert window_of(Case(inputs=(log_input(),)), OPEN, 1e9) == Window(-1800.0, 2800.0)
    assert window_of(Case(), OPEN, 1e9) == Window(1e9 - 3600, 1e9)
    assert window_of(Case(), Window(5.0, 90.0), 1e9) == Window(5.0, 90.0)


def test_what_was_fetched_joins_the_case() -> None:
    """Its line among the inputs, its series among the metrics."""
    line = Input("there", "prometheus-metrics", Source.METRICS, 1)
    series = Series("up", Place("there"), ((1.0, 1.0),))
    found = with_fetched(case(request()), [lambda _: Reading(line, (series,))], OPEN, 1e9)
    assert (found.inputs[-1], found.metrics) == (line, (series,))
