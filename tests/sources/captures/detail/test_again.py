from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.captures import generate
from tests.sources.captures.making import ACK, PSH, RST, Talk, pcap
from why502.errors import Why502Error
from why502.model.conversations import Outcome
from why502.sources.captures.detail import between
from why502.sources.captures.detail.again import selected
from why502.sources.captures.machine import INTERPRETED, compiled_machine

if TYPE_CHECKING:
    from pathlib import Path

CONVERSATIONS = 300


@pytest.mark.parametrize("is_compiled", [False, True])
def test_a_conversation_that_was_only_counted_is_found_by_any_of_its_packets(
    is_compiled: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first look told none, as of a large capture; the ladder shows the packets of this one."""
    machine = compiled_machine() if is_compiled else INTERPRETED
    monkeypatch.setattr(between, "machine_for", lambda _: machine)
    path = tmp_path / "generated.pcap"
    packets = generate(path, CONVERSATIONS)
    for number in (1, packets // 2, packets):
        found = selected([str(path)], number, [], [])
        assert found.detail is not None
        assert number in {packet.number for packet in found.detail.packets}
        assert found.packets == len(found.detail.packets) == 10


def test_ports_that_are_used_again_are_told_apart_by_the_packet(tmp_path: Path) -> None:
    """Packet 8 belongs to the second of two conversations with the same ends."""
    first, second = Talk(isn=1000).handshake(0.0), Talk(isn=90_000).handshake(2.0)
    for talk, at_s in ((first, 0.5), (second, 2.5)):
        talk.send(at_s, True, PSH | ACK, 100)
        talk.send(at_s + 0.1, False, RST | ACK)
    path = tmp_path / "reused.pcap"
    path.write_bytes(pcap([*first.packets, *second.packets]))
    found = [selected([str(path)], number, [], []) for number in (3, 8)]
    assert [c.at.number for c in found] == [1, 6]
    assert {c.outcome for c in found} == {Outcome.RESET_BEFORE_ANSWER}


def test_a_packet_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    """It says what there is."""
    path = tmp_path / "talk.pcap"
    path.write_bytes(pcap(Talk().handshake().packets))
    with pytest.raises(Why502Error, match="no such conversation") as raised:
        selected([str(path)], 4, [], [])
    assert "no packet 4" in str(raised.value)
