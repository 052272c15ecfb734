from __future__ import annotations

import pytest

from why502.sources.printed.dates import instant_s

AT_S = 1795415467.0
"""2026-11-23 06:31:07 UTC"""


@pytest.mark.parametrize(
    "line",
    [
        "Mon Nov 23 06:31:07 UTC 2026",
        "Mon Nov 23 07:31:07 CET 2026",
        "Mon Nov 23 01:31:07 AM EST 2026",
        "Mon 23 Nov 2026 06:31:07 AM UTC",
        "Mon, 23 Nov 2026 07:31:07 +0100",
        "2026-11-23T06:31:07Z",
        "2026-11-23T07:31:07+01:00",
        "2026-11-23 06:31:07",
        "1795415467",
        "zzz ***Mon Nov 23 06:31:07 UTC 2026",
    ],
)
def test_a_line_of_date_is_a_time(line: str) -> None:
    assert instant_s(line) == AT_S


@pytest.mark.parametrize(
    "line",
    [
        "Mon Nov 23 06:31:07 XYZ 2026",
        "Mon Foo 23 06:31:07 UTC 2026",
        "at 2026-11-23T06:31:07Z it failed",
        "17954154",
        "",
        "LISTEN 0 128 0.0.0.0:80 0.0.0.0:*",
    ],
)
def test_anything_else_is_none(line: str) -> None:
    """A zone that nobody knows makes no time."""
    assert instant_s(line) is None
