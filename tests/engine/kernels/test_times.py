from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.kernels import padded
from why502.engine.kernels.times import iso_time, local_time, unzoned_time
from why502.engine.kernels.values import FAILED

TIMES = st.datetimes(datetime(1970, 1, 3), datetime(2099, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - naive by contract
FAR = 400
"""Bytes that follow: a time is only read where its longest form fits into the block."""


def nothing_before() -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([-1, -1], np.int64)


@settings(deadline=None)  # the first call compiles
@given(TIMES)
def test_each_time_is_that_of_the_calendar(at: datetime) -> None:
    """With their fractions, leap days included."""
    epoch_us = round(at.replace(microsecond=0).timestamp()) * 1_000_000
    iso = padded(at.strftime("%Y-%m-%dT%H:%M:%S.%fZ") + " " * FAR)
    assert iso_time(iso, 0, iso.size, nothing_before()) == (epoch_us + at.microsecond, 27)
    local = padded(at.strftime("%d/%b/%Y:%H:%M:%S +0530") + " " * FAR)
    assert local_time(local, 0, local.size, nothing_before()) == (epoch_us - 19_800_000_000, 26)
    unzoned = padded(at.strftime("%d/%b/%Y:%H:%M:%S.") + f"{at.microsecond // 1000:03}" + " " * FAR)
    whole_ms = at.microsecond // 1000 * 1000
    assert unzoned_time(unzoned, 0, unzoned.size, nothing_before()) == (epoch_us + whole_ms, 24)


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-29T10:00:00Z",
        "2026-13-01T10:00:00Z",
        "2026-11-31T10:00:00Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T10:60:00Z",
        "2026-11-22T10:00:60Z",
        "1969-11-22T10:00:00Z",
        "2100-11-22T10:00:00Z",
        "2026-11-22T10:00:00.5Z",
        "2026-11-22T10:00:00+",
        "2026-11-22 10:00:00Z",
    ],
)
def test_iso_time_leaves_what_is_not_certain_to_the_parser(text: str) -> None:
    """Dates that are none, leap seconds, zones, and years whose seconds are no exact floats."""
    data = padded(text + " " * FAR)
    assert iso_time(data, 0, data.size, nothing_before())[0] == FAILED


@pytest.mark.parametrize(
    "text", ["22/Non/2026:10:00:00 +0000", "22/Nov/2026:10:00:00 +2400", "22/Nov/2026:10:00:00 Z000"]
)
def test_local_time_leaves_what_is_not_certain_to_the_parser(text: str) -> None:
    data = padded(text + " " * FAR)
    assert local_time(data, 0, data.size, nothing_before())[0] == FAILED


def test_a_time_like_the_one_before_is_not_read_again() -> None:
    """What is remembered counts where the bytes are the same, and only there."""
    data = padded("2026-11-22T10:00:00Z 2026-11-22T10:00:00Z 2026-11-22T10:00:01Z" + " " * FAR)
    before = nothing_before()
    first, _ = iso_time(data, 0, data.size, before)
    assert before.tolist() == [0, first // 1_000_000]
    before[1] += 7  # what only somebody who remembers can know
    assert iso_time(data, 21, data.size, before)[0] == first + 7_000_000
    assert iso_time(data, 42, data.size, before)[0] == first + 1_000_000


def test_no_time_is_read_beyond_the_block() -> None:
    """The padding is never evidence."""
    data = padded("2026-11-22T10:00:00Z")
    assert iso_time(data, 0, 21, nothing_before())[0] == FAILED
