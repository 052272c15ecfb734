from __future__ import annotations

import doctest
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from why502.formats import (
    alb,
    all_formats,
    arr_query,
    envelopes,
    fate,
    fields,
    fitting,
    go_errors,
    iis_fate,
    nginx_access,
    nginx_error,
)
from why502.model.evidence import Place
from why502.model.requests import Request

if TYPE_CHECKING:
    from types import ModuleType

    from why502.formats.interface import LogFormat, Sample

SAMPLES = [
    pytest.param(each, sample, id=f"{each.kind}-{i}") for each in all_formats() for i, sample in enumerate(each.samples)
]
FORMATS = [pytest.param(each, id=each.kind) for each in all_formats()]
AT = Place("access.log", 1)

COMBINED = {"apache-access-log", "nginx-access-log", "varnish-access-log"}
"""Formats of which a line may be another one's too: they begin with, or are, the Common Log Format."""


def test_every_format_is_found_by_walking_the_package() -> None:
    """A new format needs no edit elsewhere."""
    kinds = [each.kind for each in all_formats()]
    assert {"alb-access-log", "haproxy-log", "nginx-access-log", "nginx-error-log"} <= set(kinds)
    assert len(kinds) == len(set(kinds))


@pytest.mark.parametrize(("log_format", "sample"), SAMPLES)
def test_a_sample_becomes_what_it_promises(log_format: LogFormat, sample: Sample) -> None:
    """Every format reads its own sample lines back, field by field, and names where they come from."""
    read = log_format.parse(sample.line, AT)
    if not sample.expected:
        assert (read, bool(sample.source)) == (None, True)
        return
    assert isinstance(read, Request), read
    assert sample.expected == {name: getattr(read, name) for name in sample.expected}
    assert (read.at, bool(sample.source)) == (AT, True)


@pytest.mark.parametrize(("log_format", "sample"), SAMPLES)
def test_a_sample_fits_its_own_format_best(log_format: LogFormat, sample: Sample) -> None:
    """No format claims another one's line; `combined` with something in front or behind is the better known one's."""
    fits = {each.kind: each.fit([sample.line]) for each in all_formats()}
    own = fits.pop(log_format.kind)
    assert own > max(fits.values())
    assert {kind for kind, fit in fits.items() if fit} <= COMBINED


@pytest.mark.parametrize("log_format", FORMATS)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_text_is_read_or_refused(log_format: LogFormat, data: st.DataObject) -> None:
    """Whatever stands in a line, the answer is a request, None, or a reason."""
    line = data.draw(st.one_of(st.text(), _damaged_samples(log_format)))
    assert isinstance(log_format.parse(line, AT), Request | str | None)
    assert 0.0 <= log_format.fit([line]) <= 1.0


def _damaged_samples(log_format: LogFormat) -> st.SearchStrategy[str]:
    return st.sampled_from([sample.line for sample in log_format.samples]).flatmap(_damaged)


def _damaged(line: str) -> st.SearchStrategy[str]:
    """The line with one stretch replaced by something else."""
    places = st.integers(0, len(line))
    return st.tuples(places, places, st.text(max_size=20)).map(
        lambda cut: line[: min(cut[:2])] + cut[2] + line[max(cut[:2]) :]
    )


@pytest.mark.parametrize("log_format", FORMATS)
@pytest.mark.parametrize(
    "piece",
    [
        " ",
        '"',
        ", ",
        "a",
        "1",
        "-",
        "=",
        'a="',
        ", client: ",
        ', request: "',
        "http ",
        "connect() ",
        "2026-11-22T",
        " : ",
        "x ",
        "/1",
        "{",
        '{"log":"',
        "[",
        "] ",
        "<1>",
        "| ",
    ],
)
def test_no_line_is_slow_to_refuse(log_format: LogFormat, piece: str) -> None:
    """The same piece 200 kB long, behind a true beginning: a pattern that backtracks would hang here for hours."""
    line = log_format.samples[0].line
    for cut in (0, len(line) // 2, max(0, line.rfind(" ")), len(line)):
        assert isinstance(log_format.parse(line[:cut] + piece * (200_000 // len(piece)), AT), Request | str | None)


@pytest.mark.parametrize(
    "module", [fields, fate, fitting, go_errors, envelopes, arr_query, iis_fate], ids=lambda module: module.__name__
)
def test_examples_in_the_documentation_are_true(module: ModuleType) -> None:
    """What a docstring shows is what happens."""
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("module", [alb, nginx_access, nginx_error], ids=lambda module: module.__name__)
def test_no_lines_fit_nothing(module: ModuleType) -> None:
    """A file without lines is nobody's."""
    assert module.fit([]) == 0.0
