"""The JSON of `/api/v1/query_range` and `/api/v1/query` (Prometheus documentation, "HTTP API")."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Final

import msgspec
from msgspec import Struct

from why502.model.decoding import ready

KINDS: Final = ("matrix", "vector")

Points = tuple[tuple[float, float], ...]
"""(epoch seconds, value), in time order."""


class Sampled(Struct, frozen=True):
    """One series of an answer: its labels, `__name__` among them, and its finite samples."""

    labels: Mapping[str, str]
    points: Points


class _Result(Struct, frozen=True):
    metric: dict[str, str] = {}
    values: tuple[tuple[float, str], ...] = ()
    value: tuple[float, str] | None = None
    histograms: tuple[msgspec.Raw, ...] = ()
    histogram: tuple[msgspec.Raw, ...] = ()


class _Data(Struct, frozen=True, rename="camel"):
    result_type: str
    result: msgspec.Raw
    """Of the shape that `result_type` says."""


class _Answer(Struct, frozen=True, rename="camel"):
    status: str
    data: _Data | None = None
    error: str = ""


UNDECODED: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def decode(content: bytes) -> tuple[Sampled | str, ...] | str:
    """Every series, or why it is not understood; or why nothing of it is."""
    try:
        answer = msgspec.json.decode(content.removeprefix(b"\xef\xbb\xbf"), type=ready(_Answer))
        if answer.status != "success" or answer.data is None:
            return f"Prometheus answered {answer.status!r}: {answer.error[:200] or 'without a reason'}"
        if answer.data.result_type not in KINDS:
            return f"a result of type {answer.data.result_type[:20]!r}, not a matrix or a vector"
        results = msgspec.json.decode(answer.data.result, type=tuple[msgspec.Raw, ...])
    except UNDECODED as error:
        return f"not the JSON of Prometheus: {error}"
    return tuple(_sampled(raw) for raw in results)


def _sampled(raw: msgspec.Raw) -> Sampled | str:
    try:
        result = msgspec.json.decode(raw, type=ready(_Result))
        pairs = result.values if result.value is None else (result.value,)
        points = sorted((at_s, float(text)) for at_s, text in pairs)
    except (*UNDECODED, ValueError) as error:
        return f"not a series: {error}"
    if not points and (result.histograms or result.histogram):
        return "a native histogram"
    return Sampled(result.metric, tuple((at_s, value) for at_s, value in points if isfinite(value) and isfinite(at_s)))
