"""Captures that show the same handshakes were taken at two places: they are never files of one ring.

Their clocks can differ so that one seems to begin where the other ends.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from why502.sources.captures.containers import frames
from why502.sources.captures.frames import Frame
from why502.sources.captures.packets import ACK, SYN, Segment, decode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.sources.interface import EvidenceFile

LOOKED_AT: Final = 300
"""Packets at the beginning of each file. Long captures of the same traffic overlap in time anyway."""

Syn = tuple[bytes, bytes, int]


def rings(files: Sequence[EvidenceFile]) -> list[list[int]]:
    """Indices of the files, put together where they may be one ring; each file once, in the order given."""
    groups: list[tuple[list[int], set[Syn]]] = []
    for index, file in enumerate(files):
        syns = _syns(file)
        group = next((g for g in groups if not g[1] & syns), None)
        if group is None:
            groups.append(([index], syns))
        else:
            group[0].append(index)
            group[1].update(syns)
    return [indices for indices, _ in groups]


def _syns(file: EvidenceFile) -> set[Syn]:
    with file.open() as stream:
        segments = (decode(frame) for frame in islice(frames(stream), LOOKED_AT) if isinstance(frame, Frame))
        return {
            (s.sender, s.receiver, s.seq) for s in segments if isinstance(s, Segment) and s.flags & (SYN | ACK) == SYN
        }
