"""The plot of the article: 5xx by origin over time, as static SVG.

The picture is a Vega-Lite specification, drawn by vl-convert without a browser (0.9 s for the first picture, 0.04 s
for the next). Its colours are the page's CSS variables, so that it follows the reader's light or dark screen.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any, Final

import vl_convert
from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.model.case import Window
    from why502.model.traffic import Bucket

Spec = dict[str, Any]
"""A part of a Vega-Lite specification (https://vega.github.io/vega-lite/docs/spec.html)."""

GAP = 0.12
"""Share of a bar's time that stays empty, so that neighbours are told apart."""

FEWEST_BARS = 16
"""A single bar is a bar, not a wall."""

REQUESTS_HEIGHT_PX = 44


class Size(Struct, frozen=True):
    """Of the plotting area, without axes."""

    width_px: int
    height_px: int
    ticks: int


WIDE: Final = Size(980, 150, 10)
NARROW: Final = Size(300, 130, 4)


def svg(bars: Sequence[Bucket], length_s: float, marked: Sequence[Window], size: Size) -> str:
    """5xx above, all requests below (idle spells and bursts are seen there), the verdicts' windows shaded."""
    return str(vl_convert.vegalite_to_svg(specification(bars, length_s, marked, size)))


def specification(bars: Sequence[Bucket], length_s: float, marked: Sequence[Window], size: Size) -> Spec:
    """The picture as data; bars stand on each other by numbers, because Vega-Lite does not stack ranges."""
    margin_s = max(FEWEST_BARS - len(bars), 0) * length_s / 2
    begin_s, end_s = bars[0].at_s - margin_s, bars[-1].at_s + length_s + margin_s
    x = {"type": "temporal", "scale": {"type": "utc", "domain": [begin_s * 1000, end_s * 1000]}}
    axis = {"format": _time_format(end_s - begin_s), "tickCount": size.ticks, "labelOverlap": True, "title": None}
    shade = [{"from": max(w.from_s, begin_s) * 1000, "to": min(w.to_s, end_s) * 1000} for w in marked]
    by_proxy = [_bar(b, length_s, 0, b.by_proxy) for b in bars if b.by_proxy]
    by_target = [_bar(b, length_s, b.by_proxy, b.by_proxy + b.by_target) for b in bars if b.by_target]
    failed = _counted(max(b.by_proxy + b.by_target for b in bars), 3)
    errors = {
        "height": size.height_px,
        "layer": [
            _layer(shade, {**x, "axis": None}, None, "var(--shade)"),
            _layer(by_proxy, {**x, "axis": None}, failed, "var(--proxy)"),
            _layer(by_target, {**x, "axis": None}, failed, "var(--target)"),
        ],
    }
    served = [_bar(b, length_s, 0, b.requests) for b in bars]
    upwards = _counted(max(b.requests for b in bars), 2)
    below = {"height": REQUESTS_HEIGHT_PX, **_layer(served, {**x, "axis": axis}, upwards, "var(--requests)")}
    panels = [{**panel, "width": size.width_px} for panel in (errors, below)]
    return {"vconcat": panels, "spacing": 10, "background": "transparent", "padding": 2, "config": _LOOKS}


def _bar(bucket: Bucket, length_s: float, low: int, high: int) -> dict[str, float]:
    begin_s = bucket.at_s + length_s * GAP / 2
    return {"from": begin_s * 1000, "to": (begin_s + length_s * (1 - GAP)) * 1000, "low": low, "high": high}


def _layer(values: Sequence[dict[str, float]], x: Spec, y: Spec | None, colour: str) -> Spec:
    """Rectangles from low to high, or without `y` over the whole height."""
    encoding: Spec = {"x": {"field": "from", **x}, "x2": {"field": "to"}}
    if y:
        encoding |= {"y": {"field": "low", **y}, "y2": {"field": "high"}}
    mark = {"type": "rect", "color": colour, "aria": False}
    return {"data": {"values": list(values)}, "mark": mark, "encoding": encoding}


def _counted(most: int, ticks: int) -> Spec:
    """An axis of whole numbers: at most `ticks` steps of 1, 2 or 5 times a power of ten."""
    step = next(s * 10**power for power in count() for s in (1, 2, 5) if s * 10**power * ticks >= most)
    values = list(range(0, most + step, step))
    scale = {"domain": [0, values[-1]], "nice": False}
    return {"type": "quantitative", "title": None, "scale": scale, "axis": {"values": values}}


def _time_format(length_s: float) -> str:
    if length_s < 600:
        return "%H:%M:%S"
    return "%H:%M" if length_s < 2 * 86400 else "%b %d"


_LOOKS: Final[Spec] = {
    "font": "system-ui, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": "var(--muted)",
        "labelFontSize": 11,
        "gridColor": "var(--line)",
        "domainColor": "var(--line)",
        "tickColor": "var(--line)",
        "format": "~s",
    },
    "axisX": {"grid": False},
    "axisY": {"domain": False, "ticks": False},
}
