from __future__ import annotations

import io

from hypothesis import given, settings
from hypothesis import strategies as st

from why502.formats import all_formats
from why502.model.requests import Request
from why502.sources.interface import EvidenceFile, Reading
from why502.sources.logs import NOTHING, READERS

ALB = next(reader for reader in READERS if reader.kind == "alb-access-log")
LINE = all_formats()[0].samples[0].line


def read(content: bytes) -> Reading:
    return ALB.read(EvidenceFile("alb.log", lambda: io.BytesIO(content)))


def test_there_is_a_reader_for_every_format() -> None:
    """A new format needs no edit here."""
    assert [reader.kind for reader in READERS] == [each.kind for each in all_formats()]


def test_every_line_counts_as_understood_or_not() -> None:
    """Empty lines are no lines of the log; the first misreads keep their place and reason."""
    told = read(f"{LINE}\n\n  \nnonsense\n{LINE}\r\n".encode() + b"x\n" * 7).input
    assert (told.records, told.not_understood) == (2, 8)
    assert [str(misread.at) for misread in told.first_not_understood] == ["alb.log:4", "alb.log:6", "alb.log:7"]
    assert all(misread.why for misread in told.first_not_understood)


def test_the_window_spans_from_the_first_start_to_the_last_end() -> None:
    """The article's line: received at .353, answered at .366947."""
    window = read(LINE.encode()).input.window
    assert window is not None
    assert (window.from_s, window.to_s) == (1535487443.353, 1535487443.366947)


def test_a_record_cut_in_the_middle_is_counted() -> None:
    """A log that was copied while it was written ends in half a line."""
    told = read((LINE + "\n" + LINE[:90]).encode()).input
    assert (told.records, told.not_understood) == (1, 1)


def test_a_line_without_end_is_one_record() -> None:
    """Ten megabytes without a newline, then a log: bounded, counted once, and the rest is read."""
    told = read(b"x" * (10 << 20) + b"\n" + LINE.encode() + b"\n").input
    assert (told.records, told.not_understood) == (1, 1)


def test_nuls_of_a_truncated_log_are_nothing() -> None:
    """Rotation by truncation leaves a hole of NUL bytes before the next line."""
    told = read(b"\0" * 3_000_000 + LINE.encode() + b"\n").input
    assert told.records == 1
    assert ALB.fit(b"\0" * 5000 + LINE.encode() + b"\n") == 1.0


def test_the_place_is_the_line() -> None:
    """Evidence can be found again."""
    request = read(f"\n{LINE}\n".encode()).facts[0]
    assert isinstance(request, Request)
    assert str(request.at) == "alb.log:2"


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(st.just(LINE.encode()), st.binary(max_size=60)), max_size=12).map(b"\n".join))
def test_any_bytes_give_facts_or_counts(content: bytes) -> None:
    """understood + not understood = lines that are not empty."""
    told = read(content).input
    texts = content.decode("utf-8", "replace").removeprefix("\ufeff").split("\n")
    assert told.records + told.not_understood == sum(bool(text.rstrip("\r").strip(NOTHING)) for text in texts)
    assert 0.0 <= ALB.fit(content) <= 1.0
