from __future__ import annotations

import io

from tests.sources.captures.detail.making import RECORDED
from tests.sources.captures.making import conversations
from why502.sources.captures import read_captures
from why502.sources.captures.detail.twins import rings
from why502.sources.interface import EvidenceFile


def file(name: str, content: bytes) -> EvidenceFile:
    return EvidenceFile(name, lambda: io.BytesIO(content))


def recording(name: str) -> EvidenceFile:
    return file(name, (RECORDED / f"{name}.pcap").read_bytes())


def halves(name: str) -> list[EvidenceFile]:
    """A capture as two files of a ring: its first three packets, and the others."""
    content = (RECORDED / f"{name}.pcap").read_bytes()
    at = 24
    for _ in range(3):
        at += 16 + int.from_bytes(content[at + 8 : at + 12], "little")
    return [file("ring1", content[:at]), file("ring2", content[:24] + content[at:])]


def test_captures_of_both_ends_are_not_one_ring() -> None:
    """Although the target's clock makes its capture begin where the proxy's ended."""
    here, there = recording("both_never_arrived"), recording("both_never_arrived_at_target")
    assert rings([here, there]) == [[0], [1]]
    assert [len(conversations(reading)) for reading in read_captures([here, there])] == [3, 2]


def test_the_files_of_a_ring_stay_together() -> None:
    """The second has no handshake of the first."""
    assert rings(halves("whole")) == [[0, 1]]
    first, second = read_captures(halves("whole"))
    assert [c.packets for c in conversations(first)] == [10]
    assert conversations(second) == []


def test_two_rings_of_both_ends() -> None:
    """Each file goes to the first group that it can belong to."""
    here, there = recording("both_served"), recording("both_served_at_target")
    later = recording("whole")
    assert rings([here, there, later]) == [[0, 2], [1]]
