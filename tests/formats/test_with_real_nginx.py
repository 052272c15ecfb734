from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.formats.misbehaving import NAMES, record
from why502.facts.durations import spent_s
from why502.facts.error_log import join
from why502.facts.timers import EARLY_S, set_for
from why502.model.requests import Manner, Phase, Request, Side
from why502.model.settings import Setting, Timer
from why502.sources.gather import gather

if TYPE_CHECKING:
    from why502.sources.interface import Reading

pytestmark = pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed")

UNTOLD = (None, Phase.UNKNOWN, Manner.UNKNOWN)
NOT_FAILED = (Side.TARGET, Phase.DONE, None)
ANSWERED = (Side.TARGET, Phase.DONE, Manner.ANSWERED)
CUT = (Side.PROXY, Phase.WAIT, Manner.CUT)
NGINX_MADE_IT = (Side.PROXY, Phase.UNKNOWN, Manner.UNKNOWN)
NGINX_TIMED_OUT = (Side.PROXY, Phase.UNKNOWN, Manner.TIMEOUT)

WITH_TIMES: dict[str, tuple[Side | None, Phase, Manner | None]] = {
    "/fine": NOT_FAILED,
    "/retried": NOT_FAILED,
    "/body-cut": NOT_FAILED,
    "/answers500": ANSWERED,
    "/answers502": ANSWERED,
    "/refused": (Side.PROXY, Phase.CONNECT, Manner.UNKNOWN),
    "/full": (Side.PROXY, Phase.CONNECT, Manner.TIMEOUT),
    "/tls": (Side.PROXY, Phase.CONNECT, Manner.TIMEOUT),
    "/nobody": (Side.PROXY, Phase.NO_TARGET, Manner.UNKNOWN),
    "/closed": CUT,
    "/reset": CUT,
    "/malformed": CUT,
    "/too-large": CUT,
    "/slow": (Side.PROXY, Phase.WAIT, Manner.TIMEOUT),
    "/left": (Side.CLIENT, Phase.WAIT, Manner.GONE),
}

EXPECTED: dict[str, dict[str, tuple[Side | None, Phase, Manner | None]]] = {
    "pairs": WITH_TIMES,
    "bare": WITH_TIMES,
    "json": WITH_TIMES,
    "custom": WITH_TIMES,
    "ingress": WITH_TIMES
    | dict.fromkeys(("/refused", "/closed", "/reset", "/malformed", "/too-large"), NGINX_MADE_IT)
    | dict.fromkeys(("/full", "/tls", "/slow"), NGINX_TIMED_OUT)
    | {"/left": (Side.CLIENT, Phase.UNKNOWN, Manner.GONE)},
    "combined": dict.fromkeys(WITH_TIMES, UNTOLD)
    | dict.fromkeys(("/fine", "/retried", "/body-cut"), (None, Phase.UNKNOWN, None))
    | {"/left": (Side.CLIENT, Phase.UNKNOWN, Manner.GONE)},
    "error": {
        "/refused": (Side.PROXY, Phase.CONNECT, Manner.REFUSED),
        "/retried": (Side.PROXY, Phase.CONNECT, Manner.REFUSED),
        "/full": (Side.PROXY, Phase.CONNECT, Manner.TIMEOUT),
        "/tls": (Side.PROXY, Phase.TLS, Manner.TIMEOUT),
        "/nobody": (Side.PROXY, Phase.NO_TARGET, Manner.UNKNOWN),
        "/closed": (Side.PROXY, Phase.WAIT, Manner.CLOSED),
        "/reset": (Side.PROXY, Phase.WAIT, Manner.RESET),
        "/malformed": (Side.PROXY, Phase.WAIT, Manner.MALFORMED),
        "/too-large": (Side.PROXY, Phase.WAIT, Manner.TOO_LARGE),
        "/slow": (Side.PROXY, Phase.WAIT, Manner.TIMEOUT),
        "/body-cut": (None, Phase.BODY, Manner.CLOSED),
    },
}


@pytest.fixture(scope="module")
def readings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Reading]:
    folder = tmp_path_factory.mktemp("nginx")
    record(folder)
    logs = [str(folder / f"{name}.log") for name in (*NAMES, "error")]
    usual = gather([log for log in logs if not log.endswith("custom.log")])
    declared = gather([str(folder / "custom.log"), str(folder / "nginx.conf")])
    return {Path(reading.input.path).stem: reading for reading in (*usual, *declared)}


def requests(reading: Reading) -> dict[str, Request]:
    return {fact.path or "": fact for fact in reading.facts if isinstance(fact, Request)}


@pytest.mark.parametrize("log", EXPECTED)
def test_both_logs_of_a_real_nginx_tell_what_each_target_did(readings: dict[str, Reading], log: str) -> None:
    """A misbehaving target behind nginx: every failure is read with its side, phase and manner."""
    read = {path: (each.side, each.phase, each.manner) for path, each in requests(readings[log]).items()}
    if log == "error":
        assert read.pop("/left")[::2] == (Side.CLIENT, Manner.GONE)  # its phase depends on who was faster
    assert read == EXPECTED[log]


@pytest.mark.parametrize("log", EXPECTED)
def test_every_line_of_a_real_nginx_is_understood(readings: dict[str, Reading], log: str) -> None:
    """Nothing that nginx wrote is left over."""
    assert readings[log].input.not_understood == 0


def test_a_failure_hidden_by_a_retry_is_kept_as_an_attempt(readings: dict[str, Reading]) -> None:
    """The client got a 200; the refused first attempt stands in the list."""
    for log in ("pairs", "bare", "ingress", "json", "custom"):
        first, last = requests(readings[log])["/retried"].attempts
        assert (first.status, last.status, last.manner) == (502, 200, None)
        assert first.phase is (Phase.UNKNOWN if log == "ingress" else Phase.CONNECT)
        assert first.manner is Manner.UNKNOWN


def test_a_hidden_failure_is_one_failure_in_both_logs_together(readings: dict[str, Reading]) -> None:
    """The attempt of the access log and the line of the error log are joined: refused, once."""
    access, errors = ([fact for fact in readings[log].facts if isinstance(fact, Request)] for log in ("pairs", "error"))
    _, hidden = join(access, errors)
    retried = [each for each in hidden if each.path == "/retried"]
    assert [(each.phase, each.manner, Path(each.at.path).name) for each in retried] == [
        (Phase.CONNECT, Manner.REFUSED, "pairs.log")
    ]


def test_the_configuration_counts_its_log_formats_and_timeouts(readings: dict[str, Reading]) -> None:
    """Those that it declares; a format without $status would be counted as not understood."""
    told = readings["nginx"]
    timeouts = [fact for fact in told.facts if isinstance(fact, Setting)]
    assert (told.input.kind, told.input.records, told.input.not_understood) == (
        "nginx-configuration",
        5 + len(timeouts),
        0,
    )
    assert {(s.name, s.timers) for s in timeouts} == {
        ("proxy_connect_timeout", (Timer.CONNECT,)),
        ("proxy_read_timeout", (Timer.WAIT,)),
    }


@pytest.mark.parametrize(("path", "name"), [("/full", "proxy_connect_timeout"), ("/slow", "proxy_read_timeout")])
def test_the_configured_timers_are_those_that_ran_out(readings: dict[str, Reading], path: str, name: str) -> None:
    """What nginx logged of a full accept queue and of a silent target, held against its own configuration.

    How late a timer fires on a busy machine nobody knows; that it never fires early is sure.
    """
    timeouts = [fact for fact in readings["nginx"].facts if isinstance(fact, Setting)]
    failed = requests(readings["pairs"])[path]
    lasted_s = spent_s(failed)
    assert lasted_s is not None
    assert failed.manner is not None
    timers = list(set_for(timeouts, "nginx", failed.phase, failed.manner, failed.group))
    assert {timer.name for timer in timers} == {name}
    assert lasted_s >= min(timer.seconds or 0.0 for timer in timers) - EARLY_S
