from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from why502.formats import all_formats
from why502.model.case import Change
from why502.sources.changes.lists import FIT_BARE, FIT_NAMED, READER
from why502.sources.gather import RECOGNISED
from why502.sources.interface import EvidenceFile, Reading

AT_S = 1535487443.0
TIME = "2018-08-28T20:17:23Z"


def read(content: str) -> Reading:
    return READER.read(EvidenceFile("changes", lambda: io.BytesIO(content.encode("utf-8", "replace"))))


@pytest.mark.parametrize(
    "content",
    [
        f"time,change\n{TIME},upgrade of the framework\n",
        f'who,Date,"Description"\r\nann,"{TIME}","upgrade of the framework"\r\n',
        f"at,text\n{AT_S:.0f},upgrade of the framework\n",
        f'[{{"time": "{TIME}", "text": "upgrade of the framework"}}]',
        f'{{"deployments": [{{"at": {AT_S * 1000:.0f}, "title": "upgrade of the framework"}}]}}',
        "2018-08-28T22:17:23+02:00 upgrade of the framework\n",
    ],
)
def test_a_list_of_changes_is_read(content: str) -> None:
    """CSV, JSON, or the lines of `git log --format='%cI %s'`."""
    (change,) = read(content).facts
    assert isinstance(change, Change)
    assert (change.at_s, change.text) == (AT_S, "upgrade of the framework")
    assert READER.fit(content.encode()) >= RECOGNISED


@pytest.mark.parametrize("line", [sample.line for each in all_formats() for sample in each.samples])
def test_a_log_is_never_taken_for_changes(line: str) -> None:
    """Not even lines that begin with a time."""
    assert READER.fit(line.encode()) == 0.0


def test_the_log_of_an_application_is_not_taken_for_changes() -> None:
    """It begins its lines with a time too, but says how severe they are; and it is long."""
    assert READER.fit(b"2018-08-28T20:17:23Z INFO started\n") == 0.0
    assert READER.fit(b"2018-08-28T20:17:23Z went on\n" * 5000) == 0.0
    assert FIT_BARE < FIT_NAMED < 0.7


def test_records_without_a_time_are_counted() -> None:
    """Counted with their place, and the rest is read."""
    told = read(f"time,text\nsoon,x\n{TIME},y\n{TIME}\n\n").input
    assert (told.records, told.not_understood) == (1, 2)
    assert str(told.first_not_understood[0].at) == "changes:2"


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["time,text\n", '[{"time":', '[{"time": 1, "text": ""},', f"{TIME} "]), st.text(max_size=80))
def test_any_text_is_read_or_counted(start: str, rest: str) -> None:
    """Whatever follows a true beginning."""
    told = read(start + rest).input
    assert told.records >= 0
    assert 0.0 <= READER.fit((start + rest).encode("utf-8", "replace")) <= FIT_NAMED


def test_numbers_beyond_reason_are_counted() -> None:
    """An integer of five thousand digits is no time."""
    told = read('[{"time": ' + "9" * 5000 + ', "text": "x"}, {"time": true, "text": "x"}]').input
    assert told.records == 0
    assert told.not_understood >= 1
