from __future__ import annotations

import pytest

from tests.making import request, served
from why502.facts.error_log import join
from why502.model.evidence import Place
from why502.model.requests import Manner, Phase, Request, Side

ERROR = {
    "at": Place("error.log", 7),
    "status": None,
    "client": "10.0.0.9",
    "method": "GET",
    "path": "/a",
    "phase": Phase.CONNECT,
    "manner": Manner.REFUSED,
    "reason": "connect() failed (111: Connection refused)",
}
LINE = {"client": "10.0.0.9", "method": "GET", "path": "/a", "phase": Phase.UNKNOWN, "manner": Manner.UNKNOWN}


def test_a_vague_access_line_learns_from_the_error_log() -> None:
    """Phase, manner and words come from the error log, with the place of these; status and line stay."""
    joined, rest = join([request(100.0, **LINE)], [request(100.4, **ERROR | {"at": Place("error.log", 7)})])
    assert rest == []
    assert (str(joined[0].at), str(joined[0].told_at)) == ("access.log:1", "error.log:7")
    assert (joined[0].status, joined[0].phase, joined[0].manner) == (502, Phase.CONNECT, Manner.REFUSED)
    assert joined[0].reason == ERROR["reason"]


def test_local_time_is_moved_to_utc() -> None:
    """An error log two hours ahead still joins: most pairs agree on the offset."""
    access = [request(100.0 + 10 * n, **LINE) for n in range(3)]
    errors = [request(100.0 + 10 * n + 7200, **ERROR) for n in range(3)]
    joined, rest = join(access, errors)
    assert rest == []
    assert [r.reason for r in joined] == [ERROR["reason"]] * 3


def test_an_error_that_a_retry_hid_stays_a_failure_of_its_own() -> None:
    """The client got 200; the failed attempt is a hidden failure."""
    joined, rest = join([served(100.0, client="10.0.0.9", method="GET", path="/a")], [request(100.2, **ERROR)])
    assert not joined[0].failed
    assert [r.manner for r in rest] == [Manner.REFUSED]


def test_another_clients_error_is_not_joined() -> None:
    """Same second, same path, other client."""
    joined, rest = join([request(100.0, **LINE)], [request(100.0, **{**ERROR, "client": "10.0.0.10"})])
    assert len(rest) == 1
    assert joined[0].reason is None


def test_a_precise_line_keeps_its_own_phase() -> None:
    """The access log told that a connect timed out; a vaguer error does not overrule it."""
    line = {**LINE, "phase": Phase.CONNECT, "manner": Manner.TIMEOUT, "side": Side.PROXY}
    (only,), _ = join([request(100.0, **line)], [request(100.0, **ERROR)])
    assert isinstance(only, Request)
    assert only.manner is Manner.TIMEOUT


def test_ports_of_clients_matter_only_where_both_logs_have_them() -> None:
    """Apache's error log has the client's port, its access log has not; HAProxy and Caddy log both."""
    error = {**ERROR, "client": "10.0.0.9:4711", "path": None, "method": None}
    assert join([request(100.0, **LINE)], [request(100.0, **error)])[1] == []
    other = {**LINE, "client": "10.0.0.9:4712"}
    assert len(join([request(100.0, **other)], [request(100.0, **error)])[1]) == 1


def test_an_access_line_that_tells_only_the_start_waits_for_its_error() -> None:
    """Apache's `%t` is the start: the error comes when the timeout has passed, and tells the end."""
    line = {**LINE, "proxy": "apache", "start_s": 100.0, "total_s": None}
    (only,), rest = join([request(100.0, **line)], [request(160.2, **{**ERROR, "proxy": "apache"})])
    assert rest == []
    assert (only.end_s, only.manner) == (160.2, Manner.REFUSED)


def test_combined_is_apaches_if_its_error_log_tells_of_it() -> None:
    """The line alone cannot say whose it is."""
    line = {**LINE, "proxy": "nginx", "start_s": None, "total_s": None}
    (only,), _ = join([request(100.0, **line)], [request(101.0, **{**ERROR, "proxy": "apache"})])
    assert only.proxy == "apache"


def test_an_error_without_a_client_speaks_of_its_own_proxy_only() -> None:
    """Traefik's lines name no request: the nearest failure of Traefik's own, and never somebody else's."""
    error = {**ERROR, "proxy": "traefik", "client": None, "method": None, "path": None}
    assert join([request(100.0, **{**LINE, "proxy": "traefik"})], [request(100.3, **error)])[1] == []
    assert len(join([request(100.0, **LINE)], [request(100.3, **error)])[1]) == 1


def test_a_body_that_broke_off_is_not_why_the_proxy_answered_502() -> None:
    """The status had been passed on before."""
    error = {**ERROR, "phase": Phase.BODY, "manner": Manner.CLOSED}
    assert len(join([request(100.0, **LINE)], [request(100.0, **error)])[1]) == 1


LIMIT = ERROR | {"phase": Phase.UNKNOWN, "manner": None, "reason": "limiting requests, excess: 5.1 by zone"}


def test_a_limit_of_the_proxys_own_is_no_failure() -> None:
    """The 503 that it explains was meant; without a line of its own, a limit is no failure either."""
    untried = request(100.0, **LINE, target=None, side=None, status=503)
    joined, rest = join([untried], [request(100.4, **LIMIT), request(300.0, **LIMIT)])
    assert (joined[0].failed, joined[0].side, joined[0].reason) == (False, Side.PROXY, LIMIT["reason"])
    assert rest == []


def test_a_limit_explains_no_request_that_reached_a_target() -> None:
    """The same client failed at a target in that second: that is another request."""
    joined, _ = join([request(100.0, **LINE)], [request(100.4, **LIMIT)])
    assert joined[0].failed


TURNED_DOWN = {"proxy": "nginx", "client": "10.0.0.9", "method": "POST", "path": "/a", "status": 413}
RESET_BEHIND = ERROR | {"proxy": "nginx", "method": "POST", "phase": Phase.BODY, "manner": Manner.RESET, "side": None}


def test_a_reset_behind_an_answer_that_turned_the_request_down_is_no_failure() -> None:
    """The client has its 413; each such line takes one error with it, in another zone as well."""
    access = [served(100.0 + n, **TURNED_DOWN) for n in range(3)]
    for zone_s in (0.0, 7200.0):
        errors = [request(100.0 + n + zone_s, **RESET_BEHIND) for n in range(3)]
        joined, rest = join(access, errors)
        assert rest == []
        assert joined == access
    assert len(join(access[:1], [request(100.0, **RESET_BEHIND)] * 2)[1]) == 1


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ({"status": 200}, {}),
        ({"status": 499}, {}),
        ({"path": "/b"}, {}),
        ({"client": "10.0.0.8"}, {}),
        ({"method": "GET"}, {"method": "GET"}),
        ({}, {"manner": Manner.CLOSED}),
        ({}, {"phase": Phase.WAIT}),
        ({}, {"phase": Phase.CONNECT, "manner": Manner.REFUSED}),
        ({}, {"end_s": 110.0}),
    ],
)
def test_other_errors_beside_a_client_error_stay_failures(line: dict[str, object], error: dict[str, object]) -> None:
    """An answer that broke off, another request, a failed attempt before the one that answered."""
    _, rest = join([served(100.0, **TURNED_DOWN | line)], [request(100.0, **RESET_BEHIND | error)])
    assert len(rest) == 1


def test_a_log_without_clients_is_joined_by_what_it_tells() -> None:
    """Formats that leave addresses out: one failure is not two. Another path is another request."""
    line = {**LINE, "client": None, "proxy": "nginx"}
    error = {**ERROR, "proxy": "nginx"}
    joined, rest = join([request(100.0, **line)], [request(100.4, **error), request(100.4, **{**error, "path": "/b"})])
    assert [r.path for r in rest] == ["/b"]
    assert [r.reason for r in joined] == [ERROR["reason"]]


def test_a_log_without_clients_tells_the_zone_as_well() -> None:
    line = {**LINE, "client": None, "proxy": "nginx"}
    access = [request(100.0 + 10 * n, **line) for n in range(3)]
    errors = [request(100.0 + 10 * n + 7200, **{**ERROR, "proxy": "nginx"}) for n in range(3)]
    assert join(access, errors)[1] == []


def test_a_log_without_clients_of_another_proxy_is_not_joined() -> None:
    line = {**LINE, "client": None, "proxy": "haproxy"}
    assert len(join([request(100.0, **line)], [request(100.4, **{**ERROR, "proxy": "nginx"})])[1]) == 1
