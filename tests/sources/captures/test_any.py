from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
import zstandard

from tests.sources.captures.making import conversations, read
from why502.model.conversations import Outcome

if TYPE_CHECKING:
    from why502.model.conversations import Conversation

RECORDED = Path(__file__).parent / "recorded_any" / "router.pcap"
"""By `tcpdump -i any` (LINUX_SLL2) on a router between proxy and target, see `recording_any`."""


def by_port() -> dict[str, Conversation]:
    return {c.target.rpartition(":")[2]: c for c in conversations(read(RECORDED.read_bytes()))}


def test_a_router_sees_every_packet_twice_and_tells_it_once() -> None:
    """No retransmission, no repeated SYN or SYN-ACK, each byte once; packets are counted as Wireshark counts them."""
    found = by_port()
    assert {port: c.outcome for port, c in found.items()} == {
        "8301": Outcome.ANSWERED,
        "8302": Outcome.RESET_BEFORE_ANSWER,
        "8303": Outcome.ANSWERED,
    }
    for conversation in found.values():
        assert conversation.packets % 2 == 0
        assert (conversation.retransmissions_sent, conversation.retransmissions_received) == (0, 0)
        assert len(conversation.synack_s) == 1
        assert conversation.detail is not None
        assert conversation.detail.packets_left_out == 0
        assert len(conversation.detail.packets) * 2 == conversation.packets, "a ladder has each packet once"


def test_a_lost_syn_is_no_copy() -> None:
    """It comes again after a second, twice as well."""
    conversation = by_port()["8303"]
    assert len(conversation.syn_s) == 2
    assert conversation.connect_s is not None
    assert 0.9 < conversation.connect_s < 3


@pytest.mark.parametrize("is_packed", [False, True])
def test_tcpdump_may_pipe_into_the_command(is_packed: bool) -> None:
    """`tcpdump -w - | why502 capture -`, compressed or not."""
    content = RECORDED.read_bytes()
    command = [sys.executable, "-m", "why502", "capture", "-", "--json"]
    given = zstandard.compress(content) if is_packed else content
    done = subprocess.run(command, input=given, capture_output=True, check=False)
    assert done.returncode in (1, 3), done.stderr
    told = msgspec.json.decode(done.stdout)
    assert [c["outcome"] for c in told["failed"]] == ["reset-before-answer"]
