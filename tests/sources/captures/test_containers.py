from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.captures.making import (
    RECORDED,
    Talk,
    block,
    conversations,
    enhanced,
    ethernet,
    interface,
    pcap,
    read,
    section,
)
from why502.sources.captures import READER
from why502.sources.captures.frames import CUT

ARP = ethernet(bytes(28), 0x0806)
TALK = pcap(Talk().handshake().exchange(0.1).packets)
OPTION_NANOSECONDS = struct.pack("<HHB3x", 9, 1, 9)
OPTION_BINARY = struct.pack("<HHB3x", 9, 1, 0x80 | 10)
OPTION_OFFSET = struct.pack("<HHq", 14, 8, 100)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("magic", "fraction"), [(0xA1B2C3D4, 250_000), (0xA1B23C4D, 250_000_000)])
def test_pcap_of_either_byte_order_and_unit(order: str, magic: int, fraction: int) -> None:
    """The magic number tells byte order and unit of the timestamps."""
    header = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, 1)
    reading = read(header + struct.pack(order + "IIII", 7, fraction, len(ARP), len(ARP)) + ARP)
    assert reading.input.records == 1
    assert reading.input.window is not None
    assert reading.input.window.from_s == pytest.approx(7.25)


@pytest.mark.parametrize("order", ["<", ">"])
def test_pcapng_of_either_byte_order(order: str) -> None:
    """A section's magic tells its byte order; microseconds are the default unit."""
    reading = read(section(order) + interface(order=order) + enhanced(7_250_000, ARP, order=order))
    assert reading.input.records == 1
    assert reading.input.window is not None
    assert reading.input.window.from_s == 7.25


@pytest.mark.parametrize(
    ("options", "ticks", "at_s"),
    [(OPTION_NANOSECONDS, 7_250_000_000, 7.25), (OPTION_BINARY, 2048 + 512, 2.5), (OPTION_OFFSET, 500_000, 100.5)],
)
def test_pcapng_timestamps_follow_their_interface(options: bytes, ticks: int, at_s: float) -> None:
    """if_tsresol (decimal or binary) and if_tsoffset are honoured."""
    reading = read(section() + interface(options=options) + enhanced(ticks, ARP))
    assert reading.input.window is not None
    assert reading.input.window.from_s == at_s


def test_pcapng_with_sections_interfaces_and_other_blocks() -> None:
    """Each section counts its interfaces anew; blocks that hold no packet are skipped and take no number."""
    talk = Talk().handshake().exchange(0.1)
    frames = [data for _, data in talk.packets]
    content = section() + interface(link=113) + interface(link=1) + block(5, bytes(12))
    content += b"".join(enhanced(i, frame, index=1) for i, frame in enumerate(frames[:3]))
    content += section(">") + interface(order=">") + block(4, bytes(4), ">")
    content += b"".join(enhanced(9 + i, frame, order=">") for i, frame in enumerate(frames[3:]))
    reading = read(content)
    assert (reading.input.records, reading.input.not_understood) == (6, 0)
    (conversation,) = conversations(reading)
    assert (conversation.packets, conversation.exchanges, conversation.decided_at.number) == (6, 1, 5)


@pytest.mark.parametrize("kind", [0x0009, 0x0BAD, 0x40000BAD, 0x0204, 0x0216, 0x0221])
def test_blocks_that_wireshark_numbers_without_being_packets(kind: int) -> None:
    """Lines of a journal, custom blocks and system calls: as tshark 4.0 counts them (frame.number)."""
    other = block(kind, struct.pack("<I", 0x1234) + bytes(16))
    packets = Talk().handshake().exchange(0.1).packets
    content = other.join(enhanced(index, frame) for index, (_, frame) in enumerate(packets))
    (conversation,) = conversations(read(section() + interface() + content))
    assert conversation.at.number == 1
    assert conversation.decided_at.number == 9


def test_simple_and_obsolete_packet_blocks() -> None:
    """They are read like any packet; without a time of its own, a packet has that of the one before."""
    old = block(2, struct.pack("<HHIIII", 0, 0, 0, 3_000_000, len(ARP), len(ARP)) + ARP)
    simple = block(3, struct.pack("<I", len(ARP)) + ARP)
    reading = read(section() + interface() + old + simple)
    assert reading.input.records == 2
    assert reading.input.window is not None
    assert (reading.input.window.from_s, reading.input.window.to_s) == (3.0, 3.0)


@pytest.mark.parametrize("content", [TALK, section() + interface() + enhanced(0, ARP) + enhanced(1, ARP)])
def test_a_capture_cut_in_the_middle_of_a_packet(content: bytes) -> None:
    """Everything before the cut is read; the rest is one record that was not understood, with the reason."""
    whole, cut = read(content), read(content[:-10])
    assert cut.input.records == whole.input.records - 1
    assert [(m.at.number, m.why) for m in cut.input.first_not_understood] == [(whole.input.records, CUT)]


@pytest.mark.parametrize(
    "content",
    [
        TALK[:24] + struct.pack("<IIII", 0, 0, 0xFFFFFFFF, 60) + bytes(1000),
        section() + interface() + struct.pack("<II", 6, 0x7FFFFFF0) + bytes(1000),
        section() + interface() + struct.pack("<II", 6, 4) + bytes(1000),
        section() + interface() + block(6, bytes(20))[:-4] + b"\x09\0\0\0",
    ],
)
def test_lying_lengths_end_the_reading(content: bytes) -> None:
    """A length that cannot be is neither believed nor allocated; the file counts as damaged from there on."""
    reading = read(content)
    assert (reading.input.records, reading.input.not_understood) == (0, 1)
    assert "damaged from here on" in reading.input.first_not_understood[0].why


def test_a_packet_that_claims_more_than_its_block_is_counted_and_the_next_is_read() -> None:
    """Damage inside one block does not end the reading."""
    liar = block(6, struct.pack("<IIIII", 0, 0, 0, 5000, 5000) + ARP)
    stray = enhanced(0, ARP, index=3)
    dateless = enhanced(1 << 62, ARP)
    reading = read(section() + interface() + liar + stray + dateless + enhanced(0, ARP))
    assert (reading.input.records, reading.input.not_understood) == (1, 3)


@pytest.mark.parametrize(
    ("head", "fits"), [(TALK, True), (section(), True), (b"\xff\xd8\xff\xe0JFIF", False), (b"", False)]
)
def test_recognised_by_content(head: bytes, fits: bool) -> None:
    """Captures are known by their first bytes, and nothing else is taken for one."""
    assert (READER.fit(head) > 0.9) is fits


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([TALK[:24], section() + interface()]), st.binary(max_size=400))
def test_any_bytes_are_counted(start: bytes, rest: bytes) -> None:
    """Whatever follows a capture's header: no exception, and something was counted if there was anything."""
    counted = read(start + rest).input
    assert counted.records + counted.not_understood <= len(rest) // 12 + 1
    assert len(counted.first_not_understood) == min(3, counted.not_understood)


SEEDS = [path.read_bytes() for path in sorted(RECORDED.glob("*.pcap"))]


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(SEEDS), st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), min_size=1, max_size=12)
)
def test_damaged_captures_are_counted(seed: bytes, damage: list[tuple[int, int]]) -> None:
    """Bytes changed anywhere after the magic number: no exception, every conversation still has sane numbers."""
    content = bytearray(seed)
    for at, value in damage:
        content[4 + at % (len(seed) - 4)] = value
    reading = read(bytes(content))
    found = conversations(reading)
    assert sum(c.packets for c in found) <= reading.input.records
    assert all(0 <= c.bytes_acknowledged <= c.bytes_sent for c in found)
