from __future__ import annotations

import shutil
import struct
import subprocess
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from bench.captures import generate
from tests.sources.captures.framings import FRAMINGS, all_framings
from tests.sources.captures.making import RECORDED, conversations, read
from tests.sources.captures.odd import odd_captures
from why502.sources.captures.kernels.recent import WITHIN_NS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FIELDS = (
    "frame.number",
    "frame.time_epoch",
    "tcp.stream",
    "tcp.srcport",
    "tcp.len",
    "frame.len",
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
    "packets_received",
    "wire_sent",
    "wire_received",
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
        number, at_s, stream, port, length, wire, syn, ack, reset, fin, again = line.split(",")
        counts, sent = streams[stream], int(port) >= 10_000
        yes = {"1", "True"}
        counts["first"] = counts["first"] or int(number)
        counts["packets"] += 1
        counts["packets_received"] += not sent
        counts["wire_sent" if sent else "wire_received"] += int(wire)
        counts["syns"] += syn in yes and ack not in yes
        if syn in yes and ack in yes:
            # One that an expired timer and a repeated SYN both called for goes out twice: the same packet for us.
            counts["synacks"] += abs(float(at_s) - synack_s.get(stream, -1.0)) > WITHIN_NS / 1e9
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
            "packets_received": c.packets_received,
            "wire_sent": c.wire_bytes_sent,
            "wire_received": c.wire_bytes_received,
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


def records(content: bytes) -> list[bytes]:
    """The packets of a little-endian file, their heads included."""
    found, at = [], 24
    while at < len(content):
        end = at + 16 + struct.unpack_from("<I", content, at + 8)[0]
        found.append(content[at:end])
        at = end
    return found


def from_opener(record: bytes) -> bool:
    """Ethernet without tags, IPv4 or IPv6 without options; targets have the lower port."""
    sender, receiver = struct.unpack_from("!HH", record, 16 + (54 if record[28:30] == b"\x86\xdd" else 34))
    return bool(sender > receiver)


def later(record: bytes, by_s: int) -> bytes:
    return struct.pack("<I", struct.unpack_from("<I", record)[0] + by_s) + record[4:]


DERIVED: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "begins in the middle": lambda found: found[len(found) // 2 :],
    "begins with the second packet": lambda found: found[1:],
    "ends in the middle": lambda found: found[: len(found) // 2],
    "one direction": lambda found: list(filter(from_opener, found)),
    "the other direction": lambda found: [record for record in found if not from_opener(record)],
    "the clock steps forth": lambda found: [later(r, 3600 * (2 * i > len(found))) for i, r in enumerate(found)],
    "the clock steps back": lambda found: [later(r, -3600 * (2 * i > len(found))) for i, r in enumerate(found)],
    "the clock drifts": lambda found: [later(r, i // 10) for i, r in enumerate(found)],
}
SUMMED = ("packets", "syns", "synacks")


def undirected(told: list[Counts]) -> list[dict[str, object]]:
    """Who opened a conversation without a SYN is a guess."""
    return [
        {
            **{key: counts[key] for key in ("first", *SUMMED)},
            "bytes": counts["wire_sent"] + counts["wire_received"],
            "fins": counts["fins_by_target"] + counts["fins_by_opener"],
        }
        for counts in told
    ]


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
@pytest.mark.parametrize("name", DERIVED)
def test_recordings_that_lack_packets_or_whose_clock_steps_agree_with_tshark(name: str, tmp_path: Path) -> None:
    """Of each recording half, one direction, or all with a clock that NTP turns."""
    files = [path.read_bytes() for path in sorted(RECORDED.glob("*.pcap"))]
    made = files[0][:24] + b"".join(record for file in files for record in DERIVED[name](records(file)))
    (tmp_path / "made.pcap").write_bytes(made)
    assert undirected(told_by_us(made)) == undirected(told_by_tshark(tmp_path / "made.pcap"))


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
@pytest.mark.parametrize("name", sorted(set(odd_captures()) - {"in_fragments", "over_ipv6"}))
def test_wrapped_conversations_agree_with_tshark(name: str, tmp_path: Path) -> None:
    """Tunnels and tags: tshark finds the same conversation inside."""
    content = odd_captures()[name]
    (tmp_path / "odd.pcap").write_bytes(content)
    assert told_by_us(content) == told_by_tshark(tmp_path / "odd.pcap")


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_every_framing_agrees_with_tshark(tmp_path: Path) -> None:
    """Link types, tags, tunnels and headers of all kinds, on nine interfaces of one capture."""
    content = all_framings()
    (tmp_path / "framings.pcapng").write_bytes(content)
    told = told_by_us(content)
    assert told == told_by_tshark(tmp_path / "framings.pcapng")
    assert [counts["packets"] for counts in told] == [9] * len(FRAMINGS)


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_a_thousand_interleaved_conversations_agree_with_tshark(tmp_path: Path) -> None:
    """The capture of the benchmark, small."""
    path = tmp_path / "generated.pcap"
    generate(path, 1000)
    told = {counts["first"]: counts for counts in told_by_us(path.read_bytes())}
    assert told == {counts["first"]: counts for counts in told_by_tshark(path)}
    assert len(told) == 1000


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_fragments_are_reassembled_as_tshark_does(tmp_path: Path) -> None:
    """The same packets and payload; on which frame of a packet its bytes are counted is a matter of taste."""
    for name in ("in_fragments", "over_ipv6"):
        content = odd_captures()[name]
        (tmp_path / "odd.pcap").write_bytes(content)
        for ours, theirs in zip(told_by_us(content), told_by_tshark(tmp_path / "odd.pcap"), strict=True):
            assert {k: ours[k] for k in ("packets", "sent", "received")} == {
                k: theirs[k] for k in ("packets", "sent", "received")
            }
