"""What every reader of evidence promises."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from msgspec import Struct

from why502.model.case import Change, Input, KernelEvent, Series, Window
from why502.model.conversations import Conversation
from why502.model.host import HostRecord
from why502.model.requests import Request
from why502.model.settings import Setting, TargetSetting
from why502.model.wire import Answered, Counted

if TYPE_CHECKING:
    from why502.engine.interface import LogStore  # noqa: TC004 - a name in an annotation that nobody evaluates

Fact = (
    Request | Conversation | HostRecord | Series | Change | KernelEvent | Counted | Answered | Setting | TargetSetting
)
"""What a reader can find."""

HEAD_BYTES = 64 * 1024
"""How much of the (inflated) content `Reader.fit` gets to see."""

FIRST_MISREAD = 3
"""How many records that were not understood are kept, with their place and reason."""


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """One file of evidence; `open` gives its content, inflated, from the start, each time it is called."""

    path: str
    """As the user would write it; inside a bundle 'case.tar.zst/host.json'."""
    open: Callable[[], BinaryIO]
    window: Window | None = None
    """Only what overlaps this is asked for; a reader that counts must heed it, the others may."""
    written_s: float | None = None
    """When the file was last written to, for dates without a year."""
    aliases: tuple[str, ...] = ()
    """Further names under which it was found: links that lead to it."""


class Reading(Struct, frozen=True):
    """All that one file gave."""

    input: Input
    facts: tuple[Fact, ...] = ()
    in_table: bool = False
    """Its requests went into the table of requests, as they are too many for `facts`."""


class TooLargeError(Exception):
    """Said by `Reader.read` if the file holds more than should become single facts; `Reader.read_large` takes it."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A kind of evidence: how it is recognised and how it is read.

    `fit` answers with 0 (not mine) to 1 (certainly mine) for the first `HEAD_BYTES`; the best wins. It never
    sees the name. `read` never raises for bad content: what it does not understand, it counts.
    """

    kind: str
    fit: Callable[[bytes], float]
    read: Callable[[EvidenceFile], Reading]
    read_large: Callable[[EvidenceFile, LogStore], Reading] | None = None
    """For any size: what it finds goes into the table."""
    read_together: Callable[[Sequence[EvidenceFile]], list[Reading]] | None = None
    """For kinds whose files may be parts of one whole: all that were named, in one call."""
    kept_bytes: int = 0
    """So much of a member of an archive is kept in memory until it is read together with others; 0: it cannot wait."""


def lines(evidence: EvidenceFile, limit_bytes: int = 1 << 20) -> Iterator[tuple[int, str]]:
    """Numbered lines (from 1), decoded as UTF-8 with replacement, without line end or byte-order mark.

    A line longer than `limit_bytes` is cut there (its rest is skipped), so that no input exhausts memory. The NUL
    bytes that a truncating log rotation leaves in front of a line do not count.
    """
    with evidence.open() as stream:
        number = 0
        while raw := stream.readline(limit_bytes):
            number += 1
            rest = raw
            while not rest.endswith(b"\n") and len(rest) == limit_bytes:
                rest = stream.readline(limit_bytes)
                raw = raw if raw.strip(b"\0") else rest
            text = raw.decode("utf-8", "replace").rstrip("\r\n")
            yield number, text.removeprefix("\ufeff") if number == 1 else text
