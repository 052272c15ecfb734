"""Recordings through tags and tunnels (`recording_tunnels`): the same four conversations each time."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.sources.captures.making import conversations, read
from tests.sources.captures.recording_tunnels import INSIDE, LARGE, LARGE_BYTES, REFUSED, RESET, SERVED
from tests.sources.captures.test_against_tshark import told_by_tshark, told_by_us
from tests.sources.captures.tunnels import WAYS
from why502.model.conversations import Outcome
from why502.model.wire import Answered

if TYPE_CHECKING:
    from why502.model.conversations import Conversation

RECORDED = Path(__file__).parent / "recorded_tunnels"
EXPECTED = {
    SERVED: Outcome.ANSWERED,
    LARGE: Outcome.ANSWERED,
    RESET: Outcome.RESET_BEFORE_ANSWER,
    REFUSED: Outcome.REFUSED,
}


def by_port(content: bytes) -> dict[int, Conversation]:
    return {int(c.target.rpartition(":")[2]): c for c in conversations(read(content))}


@pytest.mark.parametrize("name", WAYS)
def test_conversations_are_found_inside(name: str) -> None:
    """With their inner addresses, each byte once; what only the tunnel says is no conversation."""
    content = (RECORDED / f"{name}.pcap").read_bytes()
    found = by_port(content)
    assert {port: c.outcome for port, c in found.items()} == EXPECTED
    assert {c.opener.rpartition(":")[0] for c in found.values()} == {INSIDE[0]}
    assert (found[SERVED].exchanges, found[LARGE].exchanges) == (2, 1)
    assert found[LARGE].bytes_received > LARGE_BYTES
    answered = [fact for fact in read(content).facts if isinstance(fact, Answered)]
    assert {a.target: a.statuses for a in answered} == {
        f"{INSIDE[1]}:{SERVED}": {200: 1, 503: 1},
        f"{INSIDE[1]}:{LARGE}": {200: 1},
    }


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
@pytest.mark.parametrize("name", WAYS)
def test_they_agree_with_tshark(name: str) -> None:
    path = RECORDED / f"{name}.pcap"
    ours, theirs = told_by_us(path.read_bytes()), told_by_tshark(path)
    if name == "gre_in_fragments":
        # Wireshark puts together only what was captured whole, and finds a segment in the frame that completes it.
        assert [counts["received"] for counts in ours][1] > LARGE_BYTES
        for counts in (*ours, *theirs):
            for key in ("wire_sent", "wire_received", "received"):
                counts.pop(key)
    assert ours == theirs


@pytest.mark.kernel
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for network namespaces")
@pytest.mark.skipif(shutil.which("tcpdump") is None, reason="tcpdump is not installed")
@pytest.mark.skipif(not Path("/dev/net/tun").exists(), reason="this kernel has no TUN devices")
def test_this_kernel_records_the_same(tmp_path: Path) -> None:
    """Every way anew."""
    command = [sys.executable, "-m", "tests.sources.captures.recording_tunnels", str(tmp_path)]
    subprocess.run(command, check=True, timeout=150)
    for name in WAYS:
        assert {port: c.outcome for port, c in by_port((tmp_path / f"{name}.pcap").read_bytes()).items()} == EXPECTED
