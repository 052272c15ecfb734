from __future__ import annotations

import shutil
import struct
import subprocess
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from tests.sources.captures.making import RECORDED, conversations, read
from why502.sources.captures.duplicates import WITHIN_S

if TYPE_CHECKING:
    from pathlib import Path

FIELDS = (
    "frame.number",
    "frame.time_epoch",
    "tcp.stream",
    "tcp.srcport",
    "tcp.len",
    "tcp.flags.syn",
    "tcp.flags.ack",
    "tcp.flags.reset",
    "tcp.flags.fin",
    "tcp.analysis.retransmission",
)

Counts = dict[str, int]

COUNTED = (
    "first",
    "packets",
    "syns",
    "synacks",
    "sent",
    "received",
    "retransmissions",
    "resets_by_target",
    "fins_by_target",
    "fins_by_opener",
)


def all_recordings() -> bytes:
    """The packets of all recordings in one file."""
    files = [path.read_bytes() for path in sorted(RECORDED.glob("*.pcap"))]
    return files[0][:24] + b"".join(file[24:] for file in files)


def told_by_tshark(path: Path) -> list[Counts]:
    command = ["tshark", "-n", "-r", str(path), "-Y", "tcp", "-T", "fields", "-E", "separator=,"]
    output = subprocess.run(
        [*command, *(part for field in FIELDS for part in ("-e", field))], capture_output=True, text=True, check=True
    ).stdout
    streams: dict[str, Counts] = defaultdict(lambda: dict.fromkeys(COUNTED, 0))
    synack_s: dict[str, float] = {}
    for line in output.splitlines():
        number, at_s, stream, port, length, syn, ack, reset, fin, again = line.split(",")
        counts, sent = streams[stream], int(port) >= 10_000
        yes = {"1", "True"}
        counts["first"] = counts["first"] or int(number)
        counts["packets"] += 1
        counts["syns"] += syn in yes and ack not in yes
        if syn in yes and ack in yes:
            # One that an expired timer and a repeated SYN both called for goes out twice: the same packet for us.
            counts["synacks"] += float(at_s) - synack_s.get(stream, 0.0) > WITHIN_S
            synack_s[stream] = float(at_s)
        counts["sent" if sent else "received"] += 0 if again else int(length)
        counts["retransmissions"] += bool(again) and sent and int(length) > 0
        counts["resets_by_target"] |= reset in yes and not sent
        counts["fins_by_target"] |= fin in yes and not sent
        counts["fins_by_opener"] |= fin in yes and sent
    return list(streams.values())


def told_by_us(content: bytes) -> list[Counts]:
    return [
        {
            "first": c.at.number or 0,
            "packets": c.packets,
            "syns": len(c.syn_s),
            "synacks": len(c.synack_s),
            "sent": c.bytes_sent,
            "received": c.bytes_received,
            "retransmissions": c.retransmissions_sent,
            "resets_by_target": c.reset_by_target,
            "fins_by_target": c.fin_by_target_s is not None,
            "fins_by_opener": c.fin_by_opener_s is not None,
        }
        for c in conversations(read(content))
    ]


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_every_conversation_agrees_with_tshark(tmp_path: Path) -> None:
    """Packets, bytes, SYNs, resets, FINs and retransmissions of each conversation, as Wireshark counts them."""
    content = all_recordings()
    (tmp_path / "all.pcap").write_bytes(content)
    assert struct.unpack_from("<I", content, 20) == (1,)
    assert told_by_us(content) == told_by_tshark(tmp_path / "all.pcap")
