"""Files that are nearly evidence: what they are, and how to get what is."""

from __future__ import annotations

import re
from typing import Final

from why502.model.expressions import expression

_WANTED: Final = "save the whole answer of Prometheus' /api/v1/query_range"

NEAR: Final = (
    (
        expression(rb"METRICDATARESULTS\t|MetricDataResults:\s|-{3,}\s*\|\s+GetMetric(?:Data|Statistics)"),
        "metrics of CloudWatch, but not as JSON: add `--output json` to the `aws` command",
    ),
    (
        expression(rb"# (?:HELP|TYPE) [A-Za-z_:]"),
        f"a page of metrics, which tells totals of one moment, not when they grew: {_WANTED}",
    ),
    (
        expression(rb'\{[^{}]{0,200}"status"\s*:\s*"error"[^{}]{0,200}"errorType"'),
        "the answer of a Prometheus that refused the query: it holds no metrics",
    ),
    (expression(rb'\{\s*"resultType"\s*:'), f"a part of an answer of Prometheus: {_WANTED}"),
    (expression(rb'\{\s*"results"\s*:\s*\{[^\[]{0,200}"frames"'), f"an answer of Grafana's own: {_WANTED}"),
    (
        expression(rb"(?:---\s+)?apiVersion: v1\r?\n(?:items:|kind: (?:Pod|List|Event)\b)"),
        "pods or events of Kubernetes as YAML: save them as JSON (kubectl ... -o json)",
    ),
    (
        expression(rb"(?:<!doctype html|<html)\b", re.IGNORECASE),
        "a web page, perhaps one that asks to log in: save the file behind it",
    ),
)


def near_miss(head: bytes) -> str | None:
    """What the beginning of a file shows it to be; None if it resembles nothing that is known."""
    begin = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    return next((why for pattern, why in NEAR if pattern.match(begin)), None)
