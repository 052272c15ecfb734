from __future__ import annotations

from tests.making import request
from why502.facts.error_lines import folded
from why502.model.evidence import Place
from why502.model.requests import Manner, Phase, Request

SOCKET = {"phase": Phase.CONNECT, "manner": Manner.REFUSED, "client": None, "target": "10.0.0.7:80", "reason": "(111)"}
REQUEST = {"phase": Phase.CONNECT, "manner": Manner.UNKNOWN, "client": "192.0.2.9:1", "target": None, "path": "/a"}


def line(at_s: float, thread: str | None = "1:2", **fields: object) -> Request:
    return request(at_s, at=Place("error.log", 1), status=None, thread=thread, **fields)


def test_lines_of_one_thread_at_one_time_are_one_failure() -> None:
    """Each tells what the other leaves out; the precise manner and its words stay."""
    (only,) = folded([line(1.0, **SOCKET), line(1.001, **REQUEST)])
    assert (only.manner, only.target, only.client, only.path, only.reason) == (
        Manner.REFUSED, "10.0.0.7:80", "192.0.2.9:1", "/a", "(111)"
    )  # fmt: skip


def test_tls_is_the_phase_if_one_of_the_lines_says_so() -> None:
    """mod_proxy says first that it could not send, and then why."""
    lines = [line(1.0, phase=phase, manner=Manner.UNKNOWN) for phase in (Phase.SEND, Phase.TLS, Phase.SEND)]
    assert [each.phase for each in folded(lines)] == [Phase.TLS]


def test_other_threads_times_and_clients_are_other_failures() -> None:
    """A thread serves one request after the other."""
    first = line(1.0, **REQUEST)
    later, elsewhere = line(3.0, **REQUEST), line(1.0, "1:3", **REQUEST)
    client = line(1.0, **{**REQUEST, "client": "192.0.2.10:1"})
    assert len(folded([first, later, elsewhere, client])) == 4


def test_two_precise_lines_of_nobody_are_two_attempts() -> None:
    """A balancer tried two members; both refused."""
    assert len(folded([line(1.0, **SOCKET), line(1.0, **SOCKET), line(1.0, **REQUEST)])) == 2


def test_lines_without_a_thread_stand_for_themselves() -> None:
    """nginx writes one line for each failure."""
    assert len(folded([line(1.0, None, **REQUEST)] * 3)) == 3
