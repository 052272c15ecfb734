"""Captures made by hand, byte by byte."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import TYPE_CHECKING

from why502.model.conversations import Conversation
from why502.sources.captures import read_capture
from why502.sources.interface import EvidenceFile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from why502.sources.interface import Reading

RECORDED = Path(__file__).parent / "recorded"
FOUND = Path(__file__).parent / "found"
"""What fuzzing (`comparing`) found."""
PROXY, TARGET = (b"\x0a\0\0\x05", 40000), (b"\x0a\0\0\x07", 8080)
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16

End = tuple[bytes, int]


def tcp(sender: End, receiver: End, seq: int, ack: int, flags: int, payload: int = 0) -> bytes:
    """A TCP header and a payload of zeros."""
    ports = struct.pack("!HH", sender[1], receiver[1])
    seq, ack = seq & 0xFFFFFFFF, ack & 0xFFFFFFFF
    return ports + struct.pack("!IIBBHHH", seq, ack, 0x50, flags, 1000, 0, 0) + bytes(payload)


def ipv4(sender: bytes, receiver: bytes, body: bytes, *, ip_id: int = 1, protocol: int = 6, fragment: int = 0) -> bytes:
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), ip_id, fragment, 64, protocol, 0)
    return head + sender + receiver + body


def ipv6(sender: bytes, receiver: bytes, body: bytes, *, kind: int = 6) -> bytes:
    return struct.pack("!IHBB", 0x60000000, len(body), kind, 64) + sender + receiver + body


def ethernet(packet: bytes, ethertype: int = 0x0800) -> bytes:
    return bytes(12) + struct.pack("!H", ethertype) + packet


def pcap(packets: Iterable[tuple[float, bytes]], *, link: int = 1, snap: int = 65535, magic: int = 0xA1B2C3D4) -> bytes:
    """A little-endian file; `snap` cuts what is captured, not what is told."""
    unit = 1e9 if magic == 0xA1B23C4D else 1e6
    parts = [struct.pack("<IHHiIII", magic, 2, 4, 0, 0, snap, link)]
    for at_s, packet in packets:
        data = packet[:snap]
        parts.append(struct.pack("<IIII", int(at_s), round(at_s % 1 * unit), len(data), len(packet)) + data)
    return b"".join(parts)


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    body += bytes(-len(body) % 4)
    length = struct.pack(order + "I", 12 + len(body))
    return struct.pack(order + "I", kind) + length + body + length


def section(order: str = "<") -> bytes:
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def interface(link: int = 1, options: bytes = b"", order: str = "<", snap: int = 0) -> bytes:
    return block(1, struct.pack(order + "HHI", link, 0, snap) + options, order)


def enhanced(ticks: int, data: bytes, index: int = 0, order: str = "<") -> bytes:
    head = struct.pack(order + "IIIII", index, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data))
    return block(6, head + data, order)


def read(content: bytes) -> Reading:
    return read_capture(EvidenceFile("made.pcap", lambda: io.BytesIO(content)))


def conversations(reading: Reading) -> list[Conversation]:
    return [fact for fact in reading.facts if isinstance(fact, Conversation)]


def packet(from_proxy: bool, seq: int, ack: int, flags: int, payload: int = 0, ip_id: int = 1) -> bytes:
    sender, receiver = (PROXY, TARGET) if from_proxy else (TARGET, PROXY)
    return ethernet(ipv4(sender[0], receiver[0], tcp(sender, receiver, seq, ack, flags, payload), ip_id=ip_id))


class Talk:
    """One conversation; sequence numbers keep themselves, times are given with each packet."""

    def __init__(self, isn: int = 1000, target_isn: int = 5000) -> None:
        self.seq = {True: isn, False: target_isn}
        self.seen = {True: 0, False: 0}
        """What each side acknowledges."""
        self.packets: list[tuple[float, bytes]] = []

    def send(self, at_s: float, from_proxy: bool, flags: int = ACK, payload: int = 0, *, arrives: bool = True) -> None:
        """`arrives`: the other side has it before it sends again."""
        ip_id = len(self.packets) % 65535 + 1
        self.packets.append(
            (at_s, packet(from_proxy, self.seq[from_proxy], self.seen[from_proxy], flags, payload, ip_id))
        )
        self.seq[from_proxy] += payload + bool(flags & SYN) + bool(flags & FIN)
        if arrives:
            self.seen[not from_proxy] = self.seq[from_proxy]

    def handshake(self, at_s: float = 0.0) -> Talk:
        self.send(at_s, True, SYN)
        self.send(at_s + 0.001, False, SYN | ACK)
        self.send(at_s + 0.002, True)
        return self

    def exchange(self, at_s: float, request: int = 100, answer: int = 200) -> Talk:
        self.send(at_s, True, PSH | ACK, request)
        self.send(at_s + 0.001, False, PSH | ACK, answer)
        self.send(at_s + 0.002, True)
        return self

    def only(self) -> Conversation:
        (conversation,) = self.all()
        return conversation

    def all(self) -> list[Conversation]:
        return conversations(read(pcap(self.packets)))
