"""What a bundle says about itself (`manifest.json`)."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from why502.model.host import Unseen

BUNDLE_SCHEMA: Final = "why502-bundle/1"
EVENTS_SCHEMA: Final = "why502-events/1"
"""Of the first line of `events.jsonl`."""


class CaptureNote(Struct, frozen=True):
    """How the capture went."""

    ports: tuple[int, ...]
    packets: int
    dropped: int
    """Packets that the kernel had no room for; conversations with such gaps can mislead."""
    headers_only: bool


class EventsNote(Struct, frozen=True):
    """How the tracing of kernel events went."""

    events: int
    lost: int
    """Overwritten in the kernel before they were read, or beyond the size of the file."""


class Manifest(Struct, frozen=True):
    """Where and when a bundle was made, and what was and was not allowed."""

    schema: str
    made_by: str
    """'why502 0.1.0'"""
    hostname: str
    kernel: str
    start_s: float
    end_s: float
    targets: tuple[str, ...]
    files: tuple[str, ...]
    allowed: tuple[str, ...]
    """Kinds of evidence that could be recorded, in words."""
    not_allowed: tuple[Unseen, ...]
    """What could not be, or was not asked for, and why."""
    capture: CaptureNote | None = None
    events: EventsNote | None = None


class EventLine(Struct, frozen=True):
    """One line of `events.jsonl`: a kernel event without the place that reading gives it."""

    at_s: float
    kind: str
    pid: int | None = None
    process: str | None = None
    text: str = ""


class EventsHead(Struct, frozen=True):
    """The first line of `events.jsonl`: there is one even when nothing happened."""

    schema: str
