from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.making import conversation
from tests.sources.captures.making import ACK, PSH, RST, Talk, pcap, read
from why502.diagnosis import assemble
from why502.facts.wire import summarise
from why502.model.conversations import Conversation, Outcome

if TYPE_CHECKING:
    from why502.model.wire import Wire


def outcomes(wire: Wire | None) -> dict[Outcome, int]:
    assert wire is not None
    return wire.targets[0].outcomes


def refused_late(handshake: bool, asked_s: float) -> bytes:
    """A request that meets a bare reset, among packets of another connection that begin at 0; the same packets with and
    without the handshake that came before them.
    """
    talk, other = Talk().handshake(asked_s - 0.01), Talk(isn=77000).handshake(0.0)
    before = len(talk.packets)
    talk.send(asked_s, True, PSH | ACK, 100)
    talk.send(asked_s + 0.001, False, RST)
    kept = talk.packets if handshake else talk.packets[before:]
    others = [(at_s, frame.replace(b"\x9c\x40", b"\x9c\x41", 1)) for at_s, frame in other.packets]  # port 40001
    return pcap(sorted([*kept, *others]))


@pytest.mark.parametrize(
    ("handshake", "asked_s", "outcome"),
    [
        (True, 0.02, Outcome.RESET_UNACKNOWLEDGED),
        (False, 0.02, Outcome.PARTIAL),
        (False, 2.0, Outcome.STALE),
    ],
)
def test_a_request_right_after_a_capture_began_may_be_the_first_of_its_connection(
    handshake: bool, asked_s: float, outcome: Outcome
) -> None:
    """A full accept queue and a forgotten connection end alike; only the handshake, or silence, tells them apart."""
    assert outcomes(assemble([read(refused_late(handshake, asked_s))]).wire).get(outcome) == 1


def early(**fields: object) -> Conversation:
    made = {"opened": False, "syn_s": (), **fields}
    return conversation(100.0, **{"outcome": Outcome.STALE, **made})  # type: ignore[arg-type]


def test_what_had_served_within_the_capture_is_old() -> None:
    assert outcomes(summarise([early(exchanges=1)])) == {Outcome.STALE: 1}
    assert outcomes(summarise([early()])) == {Outcome.PARTIAL: 1}


def test_other_ends_keep_their_name() -> None:
    """They are the same on new connections and on old ones."""
    assert outcomes(summarise([early(outcome=Outcome.CLOSED_BEFORE_ANSWER)])) == {Outcome.CLOSED_BEFORE_ANSWER: 1}
    assert outcomes(summarise([early(outcome=Outcome.RACED)])) == {Outcome.PARTIAL: 1}
