"""Failures that no client saw, and what error logs say of them: the table tells what single facts tell."""

from __future__ import annotations

import io
import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.engine.logs import haproxy_line, nginx_line
from tests.engine.unread_requests import turned_down
from why502.engine import drawing
from why502.engine.store import RequestStore
from why502.facts import joined_columns, sampling_columns, traffic, traffic_columns
from why502.facts.joined_columns import asked
from why502.model.case import Window
from why502.model.evidence import Source
from why502.model.requests import Manner, Request
from why502.sources.interface import EvidenceFile
from why502.sources.logs import READERS

if TYPE_CHECKING:
    from why502.model.traffic import Traffic

BEGIN_S = 1795341600.0
NEVER = Window(float("-inf"), float("inf"))
BY_KIND = {reader.kind: reader for reader in READERS}


def error_line(at_s: float, target: str = "10.0.0.7:8080") -> str:
    at = datetime.fromtimestamp(at_s, UTC).strftime("%Y/%m/%d %H:%M:%S")
    return (
        f"{at} [error] 41#41: *7 connect() failed (111: Connection refused) while connecting to upstream, "
        f'client: 192.0.2.9, server: shop, request: "GET /orders?id=7 HTTP/1.1", '
        f'upstream: "http://{target}/orders?id=7", host: "shop"'
    )


def logs(seed: int) -> dict[str, str]:
    """Of nginx, with attempts of which the error log tells; the last errors no access line tells of."""
    rng = random.Random(seed)
    times = [BEGIN_S + 3.0 * number for number in range(120)]
    access = [nginx_line(rng, at_s) for at_s in times]
    errors = [error_line(at_s) for at_s, line in zip(times, access, strict=True) if "502" in line]
    return {
        "nginx-access-log": "\n".join(access),
        "nginx-error-log": "\n".join([*errors, *(error_line(times[-1] + 500.0 + n) for n in range(3))]),
    }


def both(
    contents: dict[str, str], window: Window = NEVER, target: str | None = None, *, counting: bool = False
) -> tuple[Traffic, Traffic]:
    """As single facts, and by the table."""
    store, facts = RequestStore(counting=counting), []
    for kind, content in contents.items():
        evidence = EvidenceFile(kind, lambda content=content: io.BytesIO(content.encode()))  # type: ignore[misc]
        small = BY_KIND[kind].read(evidence)
        facts += [fact for fact in small.facts if isinstance(fact, Request)]
        read_large = BY_KIND[kind].read_large
        assert read_large is not None
        assert read_large(evidence, store).input == small.input
    chosen = [
        f for f in facts if window.holds(f.end_s or 0.0) and (target is None or (f.target or "").startswith(target))
    ]
    large = traffic_columns.summarise(store, asked(store, [], window, target))
    assert large is not None
    return traffic.summarise(chosen), large


@pytest.mark.parametrize("seed", range(3))
def test_hidden_failures_are_the_same(seed: int) -> None:
    """With and without the error log, in all and within a time."""
    contents = logs(seed)
    access = {"nginx-access-log": contents["nginx-access-log"]}
    for chosen in (access, contents):
        small, large = both(chosen)
        assert large == small
        hidden = [failure for failure in small.failures if failure.request.status is None]
        assert len(hidden) > 3
    small, large = both(contents, Window(BEGIN_S + 30.0, BEGIN_S + 200.0))
    assert large == small


SERVED = (
    '192.0.2.9 - - [{day}] "GET /orders?id=7 HTTP/1.1" 200 15 "-" "curl/8.5.0" rt=0.003 uct="-, 0.001" uht="-, 0.002" '
    'urt="0.000, 0.002" us="502, 200" ua="10.0.0.7:8080, 10.0.0.8:8080" msec={msec:.3f}'
)
SERVED_JSON = (
    '{{"msec":"{msec:.3f}","remote_addr":"192.0.2.9","request":"GET /orders?id=7 HTTP/1.1","status":"200",'
    '"request_time":"0.003","upstream_addr":"10.0.0.7:8080, 10.0.0.8:8080","upstream_status":"502, 200",'
    '"upstream_connect_time":"-, 0.001","upstream_header_time":"-, 0.002","upstream_response_time":"0.000, 0.002"}}'
)


@pytest.mark.parametrize(("kind", "line"), [("nginx-access-log", SERVED), ("nginx-json-access-log", SERVED_JSON)])
def test_what_the_error_log_says_reaches_the_retries_of_served_requests(
    kind: str, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table keeps the lines of served requests that were retried, be they cut by a plan or parsed one by one: their
    hidden failures get the words of the error log, and are not counted a second time. None is drawn for the sample,
    as of almost all lines of a large log, which would keep its line as well.
    """
    for module in (drawing, sampling_columns):
        monkeypatch.setattr(module, "threshold", lambda _: 0)
    times = [BEGIN_S + 30.0 * number for number in range(40)]
    days = [datetime.fromtimestamp(at_s, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000") for at_s in times]
    contents = {
        kind: "\n".join(line.format(day=day, msec=at_s) for day, at_s in zip(days, times, strict=True)),
        "nginx-error-log": "\n".join(error_line(at_s) for at_s in times),
    }
    small, large = both(contents)
    assert (large.requests, large.failures_total) == (small.requests, small.failures_total) == (40, 40)
    told = [failure.request for failure in large.failures]
    assert {(each.manner, each.target, each.at.path) for each in told} == {(Manner.REFUSED, "10.0.0.7:8080", kind)}
    assert all((each.reason or "").startswith("connect() failed") for each in told)
    assert {each.reason_at.path for each in told if each.reason_at} == {"nginx-error-log"}


def test_attempts_go_with_their_request() -> None:
    """A target that is asked for: what its requests went through elsewhere counts with them."""
    small, large = both({"nginx-access-log": logs(1)["nginx-access-log"]}, target="10.0.0.8")
    assert large == small
    assert any(failure.request.target == "10.0.0.7:8080" for failure in small.failures)


def test_retries_of_haproxy_are_the_same() -> None:
    """Which tells their number only."""
    rng = random.Random(5)
    small, large = both({"haproxy-log": "\n".join(haproxy_line(rng, BEGIN_S + n) for n in range(200))})
    assert large == small
    assert sum(failure.request.status is None for failure in small.failures) > 20


def test_nothing_is_lost_beyond_what_is_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is too much to be joined counts as it is, each once."""
    contents = logs(2)
    small, _ = both({"nginx-access-log": contents["nginx-access-log"]})
    errors = contents["nginx-error-log"].count("\n") + 1
    monkeypatch.setattr(joined_columns, "MAX_JOINED", 2)
    _, large = both(contents)
    assert large.requests == small.requests
    assert small.failures_total + errors - 4 <= large.failures_total <= small.failures_total + errors


def test_a_large_log_tells_of_lines_of_the_other_kind() -> None:
    """Lines of an error log in an access log: `Input.also`, as for small ones."""
    content = f"{logs(0)['nginx-access-log']}\n{error_line(BEGIN_S)}"
    evidence = EvidenceFile("mixed", lambda: io.BytesIO(content.encode()))
    reader = BY_KIND["nginx-access-log"]
    assert reader.read_large is not None
    told = reader.read_large(evidence, RequestStore()).input
    assert told == reader.read(evidence).input
    assert told.also == (Source.ERROR_LOG,)


@pytest.mark.parametrize("counting", [False, True])
def test_a_reset_behind_a_client_error_is_no_failure_in_a_table_either(
    counting: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor where other requests are only counted; a reset behind a 200, or behind the answer to a GET, is one."""
    for module in (drawing, sampling_columns):
        monkeypatch.setattr(module, "threshold", lambda _: 0)
    small, large = both(turned_down(), counting=counting)
    assert (large.requests, large.failures_total) == (small.requests, small.failures_total) == (60, 40)
    assert large.failures == small.failures
    assert {failure.request.method for failure in large.failures} == {"GET", "POST"}
