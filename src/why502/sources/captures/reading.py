"""Captures, each by one pass and a second look at some of its conversations."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from math import inf
from typing import TYPE_CHECKING

from why502.engine.handing_over import handed_over_soon
from why502.sources.captures.containers import frames
from why502.sources.captures.detail import look_twice
from why502.sources.captures.detail.twins import rings
from why502.sources.captures.following import Followed, followed
from why502.sources.captures.frames import Frame

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.sources.interface import EvidenceFile, Reading


def read_captures(files: Sequence[EvidenceFile]) -> list[Reading]:
    """Several captures, in the order given. Those of one ring are one capture: conversations may span its files.

    Rings are read at the same time, one for each processor.
    """
    with handed_over_soon():
        return _read(files)


def _read(files: Sequence[EvidenceFile]) -> list[Reading]:
    in_time = sorted(range(len(files)), key=lambda index: _first_s(files[index])) if len(files) > 1 else [0]
    groups = rings([files[index] for index in in_time]) if len(files) > 1 else [[0]]
    members = [[in_time[place] for place in ring] for ring in groups]
    by_index: dict[int, Followed] = {}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        readings = pool.map(lambda ring: followed([files[index] for index in ring]), members)
        for ring, found in zip(members, readings, strict=True):
            by_index.update(zip(ring, found, strict=True))
    return [look_twice(file, by_index[index].reading, by_index[index].others) for index, file in enumerate(files)]


def _first_s(file: EvidenceFile) -> float:
    with file.open() as stream:
        return next((frame.at_s for frame in frames(stream) if isinstance(frame, Frame)), inf)
