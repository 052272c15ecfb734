from __future__ import annotations

import re

import altair as alt
import pytest

from tests.reports import example
from why502.model.case import Window
from why502.model.traffic import Bucket
from why502.reports import plot

MARKED = [Window(example.BEGIN_S + 401, example.BEGIN_S + 1632)]


@pytest.mark.parametrize("size", [plot.WIDE, plot.NARROW])
def test_the_specification_is_vega_lite(size: plot.Size) -> None:
    """It is valid by Vega-Lite's own schema (Altair carries it)."""
    alt.VConcatChart.from_dict(plot.specification(example.ARTICLE.timeline, 60.0, MARKED, size))


def test_bars_stand_on_each_other() -> None:
    """What the target sent stands on top of what the proxy made."""
    spec = plot.specification([Bucket(0.0, 10, 3, 2)], 60.0, [], plot.WIDE)
    _, by_proxy, by_target = (layer["data"]["values"] for layer in spec["vconcat"][0]["layer"])
    assert (by_proxy[0]["low"], by_proxy[0]["high"]) == (0, 3)
    assert (by_target[0]["low"], by_target[0]["high"]) == (3, 5)


def test_the_window_is_cut_to_the_picture() -> None:
    """A verdict that began before the first bar does not widen the picture."""
    bars = [Bucket(60.0 * i, 1, 1, 0) for i in range(30)]
    spec = plot.specification(bars, 60.0, [Window(-1e6, 1e6)], plot.WIDE)
    assert spec["vconcat"][0]["layer"][0]["data"]["values"] == [{"from": 0.0, "to": 1_800_000.0}]


def test_times_are_utc() -> None:
    """20:00 UTC is drawn as 20:00, wherever the reader sits."""
    drawn = plot.svg(example.ARTICLE.timeline, 60.0, MARKED, plot.WIDE)
    assert {"20:00", "20:30"} <= set(re.findall(r"<text[^>]*>([^<]*)</text>", drawn))


def test_the_axis_counts_in_whole_numbers() -> None:
    """Failures come whole, one or a million of them."""
    for most, ticks in ((1, [0, 1]), (6, [0, 2, 4, 6]), (7, [0, 5, 10]), (10**30, [0, 5 * 10**29, 10**30])):
        spec = plot.specification([Bucket(0.0, 0, most, 0)], 60.0, [], plot.WIDE)
        assert spec["vconcat"][0]["layer"][1]["encoding"]["y"]["axis"]["values"] == ticks


def test_a_picture_without_failures_is_drawn() -> None:
    """Requests alone, or nothing at all, are a picture too."""
    assert "<svg" in plot.svg([Bucket(0.0, 0, 0, 0)], 60.0, [], plot.NARROW)
