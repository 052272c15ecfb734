from __future__ import annotations

import io
from os import utime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from why502.engine.store import RequestStore
from why502.formats import all_formats
from why502.formats.haproxy_health import tell
from why502.model.case import KernelEvent
from why502.model.evidence import Place
from why502.sources.gather import Shelf, gather
from why502.sources.interface import EvidenceFile, Reading
from why502.sources.logs import READERS

if TYPE_CHECKING:
    from pathlib import Path

HERE = Place("x.log", 1)
NEAR_S = 1795379708.0
"""2026-11-22 20:35:08."""
DOWN = (
    'Server app/s1 is DOWN, reason: Layer4 connection problem, info: "Connection refused", check duration: 0ms. '
    "0 active and 0 backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue."
)
REQUEST = (
    "Nov 22 20:35:08 gw haproxy[41]: 192.0.2.1:46414 [22/Nov/2026:20:35:08.000] web app/s1 0/0/1/12/13 200 209 "
    '- - ---- 1/1/0/0/0 0/0 "GET / HTTP/1.1"'
)
ALB = (
    "http 2025-10-31T12:44:59.875678Z 0.019584011 172.31.20.97:80 shop-targets {} {} {} "
    "app/shop/50dc6c495c0c9188 10.0.9.1"
)


def reading(kind: str, *lines: str, large: bool = False) -> Reading:
    (reader,) = (r for r in READERS if r.kind == kind)
    evidence = EvidenceFile("x.log", lambda: io.BytesIO("\n".join(lines).encode()))
    if not large:
        return reader.read(evidence)
    assert reader.read_large is not None
    return reader.read_large(evidence, RequestStore())


@pytest.mark.parametrize(
    ("around", "near_s", "at_s"),
    [
        ("Nov 22 20:35:06 gw haproxy[41]: ", NEAR_S, NEAR_S - 2),
        ("<134>Nov 22 20:35:06 gw haproxy[41]: ", NEAR_S, NEAR_S - 2),
        ("2026-11-22T20:35:06+00:00 gw haproxy[41]: ", None, NEAR_S - 2),
        ("[WARNING]  (41) : ", NEAR_S, NEAR_S),
        ("Jan  1 00:00:01 gw haproxy[41]: ", 1798761590.0, 1798761601.0),
        ("Nov 22 2026 20:35:06 gw haproxy[41]: ", None, NEAR_S - 2),
        ("<134>1 2026-11-22T20:35:06Z gw haproxy 41 - - ", None, NEAR_S - 2),
    ],
)
def test_a_server_that_is_down_at_its_time(around: str, near_s: float | None, at_s: float) -> None:
    """By syslog with and without a year (the nearest one counts), else by the request before."""
    event = tell(around + DOWN, HERE, near_s)
    assert event is not None
    assert (event.kind, event.process, event.at_s) == ("server-down", "app/s1", at_s)
    assert event.text == 'HAProxy: server app/s1 is DOWN (Layer4 connection problem, info: "Connection refused")'


def test_without_any_time_nothing_is_told() -> None:
    """An event at an invented time would be worse than none."""
    assert tell(f"[WARNING]  (41) : {DOWN}", HERE, None) is None
    assert tell(f"Nov 22 20:35:06 gw haproxy[41]: {DOWN}", HERE, None) is None


@pytest.mark.parametrize("large", [False, True])
def test_a_file_of_messages_alone_has_the_year_in_which_it_was_written(large: bool, tmp_path: Path) -> None:
    """It is recognised, and what it tells is dated; lines without any time are not."""
    log = tmp_path / "haproxy.log"
    log.write_text(f"Nov 22 20:35:06 gw haproxy[41]: {DOWN}\n[WARNING]  (41) : {DOWN}\n")
    utime(log, (NEAR_S, NEAR_S + 3600))
    (reading,) = gather([str(log)], shelf=Shelf("duckdb") if large else None)
    assert (reading.input.kind, reading.input.records, reading.input.not_understood) == ("haproxy-log", 2, 0)
    assert [(e.kind, e.at_s) for e in reading.facts if isinstance(e, KernelEvent)] == [("server-down", NEAR_S - 2)]


@pytest.mark.parametrize(
    "text", ["backend app has no server available!", "[ALERT]    (7) : backend 'app' has no server available!"]
)
def test_a_backend_without_servers(text: str) -> None:
    """In the words of 1.x to 3.x."""
    event = tell(text, HERE, NEAR_S)
    assert event is not None
    assert (event.kind, event.process) == ("backend-empty", "app")


@pytest.mark.parametrize("large", [False, True])
def test_messages_between_requests_become_events(large: bool) -> None:
    """In small logs and in the table alike; the counts stay those of the lines."""
    found = reading("haproxy-log", REQUEST, f"Nov 22 20:35:09 gw haproxy[41]: {DOWN}", large=large)
    (event,) = (fact for fact in found.facts if isinstance(fact, KernelEvent))
    assert (event.kind, event.at, event.at_s) == ("server-down", Place("x.log", 2), NEAR_S + 1)
    assert (found.input.records, found.input.not_understood) == (2, 0)


@pytest.mark.parametrize("large", [False, True])
def test_checks_of_an_alb_that_failed(large: bool) -> None:
    """With the reason; those that passed are no events."""
    lines = ALB.format("FAIL", "502", "ResponseCodeMismatch"), ALB.format("PASS", "200", "-")
    found = reading("alb-health-check-log", *lines, large=large)
    (event,) = (fact for fact in found.facts if isinstance(fact, KernelEvent))
    assert event.process == "172.31.20.97:80"
    assert event.text == (
        "ALB: 172.31.20.97:80 of shop-targets failed its health check (ResponseCodeMismatch, status 502)"
    )
    assert found.input.records == 2


@settings(deadline=None)
@given(st.text(max_size=300), st.one_of(st.none(), st.floats(0, 4e9)))
def test_any_text_tells_or_tells_not(text: str, near_s: float | None) -> None:
    """Logs are written by strangers."""
    for log_format in all_formats():
        if log_format.tell is not None:
            for line in (text, f"Feb 29 20:35:06 gw haproxy[41]: {DOWN} {text}"):
                event = log_format.tell(line, HERE, near_s, None)
                assert event is None or event.at_s is not None
