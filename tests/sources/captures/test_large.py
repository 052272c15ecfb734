from __future__ import annotations

import io
import struct
from functools import cache
from typing import TYPE_CHECKING

import pytest

from tests.sources.captures.detail.making import RECORDED as IN_DETAIL
from tests.sources.captures.making import RECORDED, conversations
from why502.diagnosis import assemble
from why502.sources.captures.containers import frames
from why502.sources.captures.detail import look_twice
from why502.sources.captures.following import follow
from why502.sources.captures.frames import Frame
from why502.sources.captures.machine import INTERPRETED, Machine, compiled_machine
from why502.sources.interface import EvidenceFile

if TYPE_CHECKING:
    from pathlib import Path

    from why502.model.conversations import Conversation
    from why502.sources.interface import Reading

SERVED = 1500
"""Conversations around each failed one: more than are ever looked at twice."""
BEGIN_S = 1_700_000_000.0
RECORDINGS = {
    path.stem: path for folder in (RECORDED, IN_DETAIL) for path in folder.glob("*.pcap") if "both_" not in path.stem
}


class Recorded:
    """A recording whose packets can be given another time and another port of the opener's."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as stream:
            self.frames = [frame for frame in frames(stream) if isinstance(frame, Frame)]

    def at(self, begin_s: float, port: int | None = None) -> list[tuple[float, bytes, int]]:
        origin_s = self.frames[0].at_s
        own = self.frames[0].data[34:36]
        return [
            (begin_s + frame.at_s - origin_s, frame.data if port is None else _with(frame.data, own, port), frame.link)
            for frame in self.frames
        ]


def _with(data: bytes, own: bytes, port: int) -> bytes:
    """Ethernet and IPv4 without options: the ports stand at 34 and 36."""
    place = 34 if data[34:36] == own else 36
    return data[:place] + struct.pack("!H", port) + data[place + 2 :]


@cache
def background() -> tuple[tuple[float, bytes, int], ...]:
    """Many exchanges of which nothing is odd: some end with the target's FIN, some after a HEAD, some in chunks."""
    kinds = [Recorded(IN_DETAIL / f"{name}.pcap") for name in ("whole", "whole_head", "whole_chunked")]
    made: list[tuple[float, bytes, int]] = []
    for index in range(SERVED):
        made += kinds[index % len(kinds)].at(BEGIN_S + index * 0.01, 10_000 + index)
    return tuple(made)


def among_many(name: str) -> bytes:
    """The recording in the middle of the background."""
    packets = sorted([*background(), *Recorded(RECORDINGS[name]).at(BEGIN_S + SERVED * 0.005)], key=lambda it: it[0])
    parts = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1)]
    for at_s, data, link in packets:
        assert link == 1
        whole_s = int(at_s)
        parts.append(struct.pack("<IIII", whole_s, round((at_s - whole_s) * 1e9), len(data), len(data)) + data)
    return b"".join(parts)


def looked_at(content: bytes, machine: Machine) -> Reading:
    file = EvidenceFile("made.pcap", lambda: io.BytesIO(content))
    return look_twice(file, follow([file], machine)[0])


def facts(found: list[Conversation]) -> list[tuple[object, ...]]:
    """What must not depend on what else is in the capture."""
    return sorted(
        (
            c.opener, c.target, c.outcome, c.packets, c.bytes_sent, c.bytes_received, c.exchanges, c.oddity,
            c.detail and (c.detail.protocol, c.detail.reason, len(c.detail.exchanges), c.detail.tls),
        )
        for c in found if c.failed
    )  # fmt: skip


@pytest.mark.parametrize("name", sorted(RECORDINGS))
def test_a_failure_is_the_same_alone_and_among_many(name: str) -> None:
    """However many served conversations surround it, in a small and in a large capture."""
    alone = facts(conversations(looked_at(RECORDINGS[name].read_bytes(), INTERPRETED)))
    assert facts(conversations(looked_at(among_many(name), compiled_machine()))) == alone


@pytest.mark.parametrize("name", ["truncated", "malformed_header", "tls_certificate_refused", "http2_goaway"])
def test_a_failure_is_not_crowded_out_of_a_small_capture(name: str) -> None:
    """Where every conversation is told, too, only some are looked at twice: these are among them."""
    alone = facts(conversations(looked_at(RECORDINGS[name].read_bytes(), INTERPRETED)))
    assert facts(conversations(looked_at(among_many(name), INTERPRETED))) == alone
    assert alone


def test_what_is_only_counted_reaches_the_summary() -> None:
    """All conversations of a large capture are in the case, those told one by one and the others."""
    reading = looked_at(among_many("truncated"), compiled_machine())
    case = assemble([reading])
    assert case.wire is not None
    assert case.wire.conversations == SERVED + 1
    assert len(conversations(reading)) < 50, "nothing is odd in the others, so that a few samples are told"
    assert sum(target.conversations for target in case.wire.targets) == SERVED + 1
    assert sum(len(target.failed) for target in case.wire.targets) == 1
