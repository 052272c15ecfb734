"""What is told of all requests of a log, wanted or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from why502.engine.counting import targets
from why502.facts.counted import NO_TARGET
from why502.formats.columns import ABSENT_US
from why502.model.evidence import Source
from why502.model.traffic import micros

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.engine.planned import Planned
    from why502.facts.wanted import Wanted
    from why502.model.requests import Request


class Seen(NamedTuple):
    """Of the requests themselves, not of their failed attempts."""

    from_us: int | None = None
    """When the first of them began or ended; None: no time is told."""
    to_us: int | None = None
    kinds: frozenset[Source] = frozenset()
    """Requests with a status are an access log's, others an error log's."""
    passed_over: frozenset[str] = frozenset()
    """Targets that are not the one that is asked for."""

    @classmethod
    def of_lines(cls, lines: Planned, wanted: Wanted) -> Seen:
        rows = lines.outermost
        times_us = np.concatenate([lines.times.start_us[rows], lines.times.end_us[rows]])
        told = times_us[times_us != ABSENT_US].tolist()
        kinds = frozenset(_kind(sample) for sample in lines.samples if sample is not None)
        others = _others(lines, wanted) if wanted.target is not None else frozenset()
        return cls(min(told, default=None), max(told, default=None), kinds, others)

    @classmethod
    def of_requests(cls, requests: Sequence[Request], wanted: Wanted) -> Seen:
        times_us = [micros(at_s) for request in requests for at_s in (request.start_s, request.end_s)]
        told = [at_us for at_us in times_us if at_us is not None]
        kinds = frozenset(map(_kind, requests))
        others = frozenset(r.target for r in requests if r.target is not None and not wanted.to(r.target))
        return cls(min(told, default=None), max(told, default=None), kinds, others)


def wanted_lines(lines: Planned, wanted: Wanted) -> Planned:
    """Those that are asked for."""
    if wanted.everything:
        return lines
    end_us = lines.times.end_us
    kept = np.ones(end_us.size, np.bool_)
    if wanted.from_us is not None:
        kept &= end_us >= wanted.from_us
    if wanted.to_us is not None:
        kept &= end_us <= wanted.to_us
    kept |= end_us == ABSENT_US
    if wanted.target is not None:
        who, names = targets(lines)
        kept &= np.array([wanted.to(name) for name in names], np.bool_)[who]
    return lines.chosen(np.flatnonzero(kept))


def _kind(request: Request) -> Source:
    return Source.ERROR_LOG if request.status is None else Source.ACCESS_LOG


def _others(lines: Planned, wanted: Wanted) -> frozenset[str]:
    """Targets of these lines that are not asked for."""
    return frozenset(name for name in targets(lines)[1] if name != NO_TARGET and not wanted.to(name))
