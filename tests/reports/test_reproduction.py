from __future__ import annotations

import msgspec

from tests.reports.approval import approved
from why502.model.probe import REPRODUCTION_SCHEMA, Attempt, BacklogEstimate, Burst, Fate, Reproduction
from why502.reports.reproduction import ROWS_SHOWN, render, render_json

ANSWERED = Attempt(Fate.ANSWERED, 0.0, 0.001, 0.05, rtt_s=0.0008, status=200)
LATE = Attempt(Fate.LATE, 0.001, 1.02, 1.05, syn_retransmits=1, rtt_s=0.001, status=200)
CUT = Attempt(Fate.RESET_UNKNOWN, 0.001, 0.002, error="ECONNRESET")
DONE = Reproduction(
    schema=REPRODUCTION_SCHEMA,
    url="http://api.example:8080/health",
    address="10.0.0.7:8080",
    concurrency=5,
    connection_test_only=False,
    alone=Burst(0.0, (ANSWERED,) * 3),
    bursts=(Burst(1.0, (ANSWERED, ANSWERED, LATE, CUT, LATE)),),
    sweep=(Burst(2.0, (ANSWERED, ANSWERED)), Burst(3.0, (ANSWERED, ANSWERED, LATE))),
    estimate=BacklogEstimate(
        "2 connections at once get through, the third waits 1 s: backlog 1", 0, 1, ("an acceptor can hide it",)
    ),
    summary="3 of 5 connections were turned away although one alone gets through.",
    shows="accept-queue-overflow",
)


def test_bursts_connections_and_what_follows() -> None:
    """As a person reads it."""
    assert render(DONE) == approved("reproduce.txt", render(DONE))


def test_a_large_burst_is_cut_and_shows_what_failed() -> None:
    """The connections that failed come before those that did not."""
    burst = Burst(1.0, (*[ANSWERED] * 40, CUT))
    text = render(msgspec.structs.replace(DONE, bursts=(burst,)))
    assert "reset-unknown (ECONNRESET)" in text
    assert f"{41 - ROWS_SHOWN} more" in text


def test_json_reads_back_as_the_same() -> None:
    """Every connection with its evidence."""
    assert msgspec.json.decode(render_json(DONE), type=Reproduction) == DONE


def test_an_early_end_is_said() -> None:
    """With the reason."""
    assert render(msgspec.structs.replace(DONE, ended_early="interrupted")).endswith("ended early: interrupted\n")
