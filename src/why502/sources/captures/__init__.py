"""Captures: what tcpdump and Wireshark write becomes conversations with their outcome.

Bytes (`buffering`) become packets (`walking`), packets become segments (`segmenting`), segments become conversations
(`tracking`) that end with an outcome; `telling` and `counting` put them into the words of the model. The inner loops
of all that are `kernels`; `machine` runs them as plain Python for small captures and as machine code for large ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.sources.captures.magic import KIND, fit
from why502.sources.interface import Reader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.sources.interface import EvidenceFile, Reading


def read_capture(evidence: EvidenceFile) -> Reading:
    """Every TCP conversation of a capture, in the order of their first packets; some are looked at twice (`detail`).

    `Input.records` counts the packets that were understood (TCP, or recognised as something else). Of a large
    capture those that failed, were delayed or in which something odd was said are told, and samples of the others; all
    the rest is counted.
    """
    return read_captures([evidence])[0]


def read_captures(files: Sequence[EvidenceFile]) -> list[Reading]:
    """Several captures, in the order given (`reading`). What that takes is imported when there is a capture."""
    from why502.sources.captures import reading

    return reading.read_captures(files)


READER = Reader(kind=KIND, fit=fit, read=read_capture, read_together=read_captures)
