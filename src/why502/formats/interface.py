"""What every log format promises."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from why502.model.case import KernelEvent
from why502.model.evidence import Place, Source
from why502.model.requests import Request


@dataclass(frozen=True, slots=True)
class Sample:
    """A real line and what it must become; a test reads each one back."""

    line: str
    expected: dict[str, object]
    """Fields of `Request` (others are not compared); none if the line is understood and tells of no request."""
    source: str
    """Where the line comes from: a document, a public repository, a run of the real proxy."""


@dataclass(frozen=True, slots=True)
class LogFormat:
    """One log format.

    `parse` answers with a request; with None for a line that is understood and tells of no request (a notice,
    a comment); or with the reason why the line is not understood.
    """

    kind: str
    """'alb-access-log'"""
    source: Source
    fit: Callable[[list[str]], float]
    """How well the first lines fit: 0 not at all, 1 certainly."""
    parse: Callable[[str, Place], Request | None | str]
    tell: Callable[[str, Place, float | None, float | None], KernelEvent | None] | None = None
    """What a line that is no request tells of the health of targets: the whole line with what is around it, when the
    request before it was logged, for messages without a time of their own, and when the file was last written to, for
    dates without a year."""
    samples: tuple[Sample, ...] = field(default=())
    addresses: Mapping[str, str] = field(default_factory=dict)
    """Group -> the one address behind it, as configurations among the evidence say; `parse` knows them already."""
    family: str = ""
    """Programs write several formats to one stream (a container's output): each format of a family also reads the
    lines of the others."""
    whole_line: bool = False
    """The only time of a line stands in what a logger puts around it, so the format reads the line with that."""
