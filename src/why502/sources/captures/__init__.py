"""Captures: what tcpdump and Wireshark write becomes conversations with their outcome.

Bytes (`buffering`) become packets (`walking`), packets become segments (`segmenting`), segments become conversations
(`tracking`) that end with an outcome; `telling` and `counting` put them into the words of the model. The inner loops
of all that are `kernels`; `machine` runs them as plain Python for small captures and as machine code for large ones.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from why502.sources.captures.containers import fit, frames
from why502.sources.captures.detail import look_twice
from why502.sources.captures.detail.twins import rings
from why502.sources.captures.following import KIND, Followed, followed
from why502.sources.captures.frames import Frame
from why502.sources.interface import Reader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.sources.interface import EvidenceFile, Reading


def read_capture(evidence: EvidenceFile) -> Reading:
    """Every TCP conversation of a capture, in the order of their first packets; some are looked at twice (`detail`).

    `Input.records` counts the packets that were understood (TCP, or recognised as something else). Of a large
    capture only failed and delayed conversations are told, the others are counted.
    """
    return read_captures([evidence])[0]


def read_captures(files: Sequence[EvidenceFile]) -> list[Reading]:
    """Several captures, in the order given. Those of one ring are one capture: conversations may span its files."""
    in_time = sorted(range(len(files)), key=lambda index: _first_s(files[index])) if len(files) > 1 else [0]
    by_index: dict[int, Followed] = {}
    for ring in rings([files[index] for index in in_time]) if len(files) > 1 else [[0]]:
        members = [in_time[place] for place in ring]
        by_index.update(zip(members, followed([files[index] for index in members]), strict=True))
    return [look_twice(file, by_index[index].reading, by_index[index].others) for index, file in enumerate(files)]


def _first_s(file: EvidenceFile) -> float:
    with file.open() as stream:
        return next((frame.at_s for frame in frames(stream) if isinstance(frame, Frame)), inf)


READER = Reader(kind=KIND, fit=fit, read=read_capture, read_together=read_captures)
