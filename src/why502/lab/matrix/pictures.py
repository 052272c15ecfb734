"""The figures of a matrix as pictures: static SVG, drawn from Vega-Lite by vl-convert."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from why502.lab.matrix.results import Judged, Matrix, Verdict
from why502.lab.matrix.scores import answers, scores
from why502.lab.scenarios import by_name
from why502.lab.subsets import SUBSETS

if TYPE_CHECKING:
    from collections.abc import Iterator

Spec = dict[str, Any]

BY_FAULT: Final = "accuracy-by-fault.svg"
CALIBRATION: Final = "accuracy-calibration.svg"
CELL_PX: Final = 22
SQUARE_PX: Final = 260
WORTH: Final = {Verdict.RIGHT: 1.0, Verdict.WRONG: -1.0}
"""Green for what is right, red for what is wrong; all else lies between."""


def pictures(matrix: Matrix) -> dict[str, str]:
    """File name -> SVG."""
    import vl_convert

    drawn = {BY_FAULT: _by_fault(matrix), CALIBRATION: _calibration(matrix)}
    return {name: str(vl_convert.vegalite_to_svg(spec)) for name, spec in drawn.items()}


def _by_fault(matrix: Matrix) -> Spec:
    """A row a fault, a column a subset of the evidence; the letter of the colour for those who do not see it."""
    cells = list(_cells(matrix))
    colour = {
        "field": "worth",
        "type": "quantitative",
        "scale": {"domain": [-1, 0, 1], "range": ["#c0392b", "#eeeeee", "#27823b"]},
        "title": "right - wrong",
    }
    columns = {"field": "evidence", "sort": [s.name for s in SUBSETS], "title": None, "axis": {"orient": "top"}}
    place: Spec = {"x": columns, "y": {"field": "fault", "title": None}}
    return {
        "data": {"values": cells},
        "width": {"step": 3 * CELL_PX},
        "height": {"step": CELL_PX},
        "encoding": place,
        "layer": [
            {"mark": "rect", "encoding": {"color": colour}},
            {"mark": {"type": "text", "fontSize": 10}, "encoding": {"text": {"field": "said"}}},
        ],
        "background": "white",
        "config": {"axisX": {"labelAngle": -25}},
    }


def _cells(matrix: Matrix) -> Iterator[dict[str, str | float]]:
    """How much of what was seen was right or wrong; nothing for what shows no failure."""
    seen: dict[tuple[str, str], list[Judged]] = defaultdict(list)
    for run, judged in answers(matrix):
        if not run.job.healthy and run.felt and judged.verdict is not Verdict.QUIET:
            seen[run.job.scenario, judged.subset].append(judged)
    for (fault, evidence), given in seen.items():
        causes = by_name(fault).convicts
        right = sum(judged.names_first(causes) for judged in given)
        worth = sum(1.0 if one.names_first(causes) else WORTH.get(one.verdict, 0.0) for one in given) / len(given)
        yield {"fault": fault, "evidence": evidence, "worth": worth, "said": f"{right}/{len(given)}"}


def _calibration(matrix: Matrix) -> Spec:
    """Predicted against true; on the line is perfect, the size tells how many."""
    points = [{"predicted": b.mean, "true": b.true, "causes": b.named} for b in scores(matrix).calibration.bins]
    axis = {"format": "%"}
    return {
        "width": SQUARE_PX,
        "height": SQUARE_PX,
        "background": "white",
        "layer": [
            {
                "data": {"values": [{"predicted": 0.5, "true": 0.5}, {"predicted": 1, "true": 1}]},
                "mark": {"type": "line", "strokeDash": [4, 4], "color": "grey"},
                "encoding": {
                    "x": {"field": "predicted", "type": "quantitative"},
                    "y": {"field": "true", "type": "quantitative"},
                },
            },
            {
                "data": {"values": points},
                "mark": {"type": "point", "filled": True, "opacity": 1},
                "encoding": {
                    "x": {"field": "predicted", "type": "quantitative", "axis": axis, "scale": {"domain": [0.5, 1]}},
                    "y": {"field": "true", "type": "quantitative", "axis": axis, "scale": {"domain": [0, 1]}},
                    "size": {"field": "causes", "type": "quantitative", "title": "causes named"},
                },
            },
        ],
    }
