from __future__ import annotations

import pytest

from why502.formats.envoy import FORMAT
from why502.formats.envoy_fate import Told, attempts, fate
from why502.model.evidence import Place
from why502.model.requests import Manner, Phase, Side


@pytest.mark.parametrize(
    ("status", "flags", "details", "failure", "expected"),
    [
        (503, "UF", "x{remote_connection_failure|delayed_connect_error:_Connection_refused}", None, Manner.REFUSED),
        (503, "UF,URX", None, "delayed connect error: 111", Manner.REFUSED),
        (503, "UF", "x{connection_timeout}", None, Manner.TIMEOUT),
        (
            503,
            "UF",
            None,
            "immediate connect error: Network is unreachable|remote address:1.2.3.4:5",
            Manner.UNREACHABLE,
        ),
        (503, "UF", None, "immediate connect error: Cannot assign requested address", Manner.EXHAUSTED),
        (503, "UF", None, None, Manner.UNKNOWN),
        (503, "UpstreamConnectionFailure", "x{connection_timeout}", None, Manner.TIMEOUT),
    ],
)
def test_a_failed_connect_is_told_apart_by_its_words(
    status: int, flags: str, details: str | None, failure: str | None, expected: Manner
) -> None:
    """UF is refused, timed out, unreachable or out of ports."""
    told = Told(status, flags, details, failure)
    assert fate(told) == (Side.PROXY, Phase.CONNECT, expected)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (Told(503, "UF", None, "TLS_error:|268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED"),
         (Side.PROXY, Phase.TLS, Manner.UNKNOWN)),
        (Told(503, "UC", "upstream_reset_before_response_started{connection_termination}"),
         (Side.PROXY, Phase.WAIT, Manner.CUT)),
        (Told(200, "UC", "upstream_reset_after_response_started{connection_termination}"),
         (None, Phase.BODY, Manner.CUT)),
        (Told(503, "UH", "no_healthy_upstream"), (Side.PROXY, Phase.NO_TARGET, Manner.UNKNOWN)),
        (Told(504, "UT", "upstream_response_timeout"), (Side.PROXY, Phase.WAIT, Manner.TIMEOUT)),
        (Told(502, "UPE", "x{protocol_error}"), (Side.PROXY, Phase.WAIT, Manner.MALFORMED)),
        (Told(503, "-", "via_upstream", answered=True), (Side.TARGET, Phase.DONE, Manner.ANSWERED)),
        (Told(503, "-", None, answered=True), (Side.TARGET, Phase.DONE, Manner.ANSWERED)),
        (Told(503, "-", None), (None, Phase.UNKNOWN, Manner.UNKNOWN)),
        (Told(200, "-", "via_upstream", answered=True), (Side.TARGET, Phase.DONE, None)),
        (Told(0, "DC", "downstream_remote_disconnect"), (Side.CLIENT, Phase.WAIT, Manner.GONE)),
        (Told(101, "DC", "downstream_remote_disconnect", answered=True), (Side.TARGET, Phase.DONE, None)),
        (Told(101, "SI", "stream_idle_timeout", answered=True), (Side.TARGET, Phase.DONE, None)),
        (Told(404, "NR", "route_not_found"), (Side.PROXY, Phase.UNKNOWN, None)),
        (Told(429, "RL", "request_rate_limited"), (Side.PROXY, Phase.UNKNOWN, None)),
        (Told(503, "FI", "fault_filter_abort"), (Side.PROXY, Phase.UNKNOWN, None)),
        (Told(503, "-", "direct_response"), (Side.PROXY, Phase.UNKNOWN, None)),
    ],
)  # fmt: skip
def test_flags_and_details_tell_what_became_of_it(
    told: Told, expected: tuple[Side | None, Phase, Manner | None]
) -> None:
    """Rows of the documentation and of the source."""
    assert fate(told) == expected


def test_attempts_that_failed_are_kept() -> None:
    """Three attempts, 200 in the end: two hidden failures."""
    tried = attempts(3, Told(200, "-"), "10.0.0.7:80")
    assert [attempt.manner for attempt in tried] == [Manner.UNKNOWN, Manner.UNKNOWN, None]
    assert attempts(1, Told(200, "-"), "10.0.0.7:80") == ()


def test_messages_of_envoy_and_of_istios_agent_tell_of_no_request() -> None:
    """They stand between the access lines of a container's output."""
    for line in (
        "[2026-11-22 20:35:08.228][12][info][main] [source/server/server.cc:1] starting",
        "2026-11-22T20:35:08.228Z\tinfo\txdsproxy\tconnected",
    ):
        assert FORMAT.parse(line, Place("x", 1)) is None
    assert FORMAT.fit(["2026-11-22T20:35:08.228Z\tinfo\txdsproxy\tconnected"]) == 0.0


@pytest.mark.parametrize(
    ("told", "manner"),
    [
        (Told(200, "UF", "upstream_reset_before_response_started{remote_connection_failure}"), Manner.UNKNOWN),
        (Told(200, "UH", "no_healthy_upstream"), Manner.UNKNOWN),
        (Told(200, "UT", None), Manner.TIMEOUT),
        (Told(200, None, "via_upstream", answered=True), None),
        (Told(200, "UC", "upstream_reset_after_response_started{connection_termination}", answered=True), Manner.CUT),
    ],
)
def test_a_failed_grpc_call_is_logged_as_200(told: Told, manner: Manner | None) -> None:
    """Envoy's own answer to gRPC has status 200, with the failure in `grpc-status`; in the log the flags tell it."""
    assert fate(told).manner is manner
