from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from why502.diagnosis import assemble
from why502.facts.logs import summarise_logs
from why502.formats import all_formats
from why502.model.requests import Request
from why502.ranking import judge_case
from why502.reports import logs as report
from why502.reports import logs_json
from why502.sources.interface import EvidenceFile, Reading
from why502.sources.logs import NOTHING, READERS

if TYPE_CHECKING:
    from why502.formats.interface import LogFormat

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


ODD = [
    *(b" ", b'"', b"-", b"-1", b"\\", b"\n", b"\r", b"\t", b"=", b"\0", b"\xff", b"\xef\xbb\xbf", b"\x1b[31m"),
    *(b"\xe2\x80\xae", b"999999999999999999", b"1e309", b"NaN", b"null", b"{}", b"\\ud800"),
    *(b"9999-12-31T23:59:59.999999Z", b"0001-01-01T00:00:00Z", b"31/Dec/9999:23:59:59 -2359"),
]
"""What parsers stumble over, and times at the calendar's ends."""


@st.composite
def logs(draw: st.DrawFn, samples: list[str]) -> bytes:
    """Lines of one format, damaged in several places, and some of anything."""
    lines = []
    for line in draw(st.lists(st.sampled_from(samples), min_size=1, max_size=5)):
        raw = bytearray(line.encode())
        for _ in range(draw(st.integers(0, 3))):
            at = draw(st.integers(0, len(raw)))
            raw[at : at + draw(st.integers(0, 9))] = draw(st.one_of(st.sampled_from(ODD), st.binary(max_size=4)))
        lines.append(bytes(raw))
    lines += draw(st.lists(st.binary(max_size=60), max_size=2))
    return draw(st.sampled_from([b"\n", b"\r\n", b"\n\n"])).join(lines)


def accounted(log_format: LogFormat, content: bytes) -> Reading:
    """understood + not understood = lines that are not empty."""
    (reader,) = (reader for reader in READERS if reader.kind == log_format.kind)
    reading = reader.read(EvidenceFile("x.log", lambda: io.BytesIO(content)))
    texts = content.decode("utf-8", "replace").removeprefix("\ufeff").split("\n")
    lines = sum(bool(text.rstrip("\r").strip(NOTHING)) for text in texts)
    assert reading.input.records + reading.input.not_understood == lines
    assert 0.0 <= reader.fit(content) <= 1.0
    return reading


@pytest.mark.parametrize("log_format", all_formats(), ids=lambda log_format: log_format.kind)
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_any_bytes_give_facts_or_counts(log_format: LogFormat, data: st.DataObject) -> None:
    """Of every format: no line is lost, whatever is in it."""
    accounted(log_format, data.draw(logs([sample.line for sample in log_format.samples])))


AT_THE_END_OF_TIME = [
    ("alb-access-log", LINE.replace('HTTP/2.0"', 'HTTP/2.0"9999-12-31T23:59:59.999999Z')),
    ("alb-access-log", 'h2 0.001 0.012 -1 502 - 87 610 "GET HTTP/2.0" "-" - - - 9999-12-31T23:59:59.999999Z'),
    ("alb-access-log", f"h2 0001-01-01T00:00:00Z {LINE[30:]}"),
    (
        "nginx-access-log",
        '- - - [22/Nov/2026:20:35:08 +0000] "GET / HTTP/1.1" 502 0 "-" "-" msec=999999999999.000 us="502"',
    ),
    (
        "trafficserver-access-log",
        "999999999999.117 1960 127.0.0.1 ERR_READ_TIMEOUT/504 475 GET http://a/ - TIMEOUT_DIRECT/b -",
    ),
    (
        "haproxy-log",
        '192.0.2.1:1 [31/Dec/9999:23:59:59.999] web shop/a 0/0/1/-1/999999999 502 209 - - SH-- 1/1/0/0/0 0/0 "G"',
    ),
]


@pytest.mark.parametrize(("kind", "line"), AT_THE_END_OF_TIME)
def test_times_beyond_the_calendar_are_shown_as_its_ends(kind: str, line: str) -> None:
    """A stranger's line from the year 9999 that lasted on into the next one: found by damaging samples."""
    log_format = next(each for each in all_formats() if each.kind == kind)
    down = "Nov 22 20:35:06 gw haproxy[41]: Server shop/a is DOWN, reason: Layer4 timeout"
    case = assemble([accounted(log_format, f"{line}\n{line}\n{down}\n".encode())])
    summary = summarise_logs(case)
    diagnosis = judge_case(case, 1795341600.0)
    assert diagnosis.defects == ()
    if summary is not None:
        assert json.loads(logs_json.render(summary, diagnosis))["failures"]["total"] >= 0
        assert report.render(summary, diagnosis, width=80, color=False)
