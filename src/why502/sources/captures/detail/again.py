"""Conversations that are asked for by name: read again from the files that they came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.errors import Why502Error
from why502.sources.captures.containers import frames
from why502.sources.captures.detail import look_at
from why502.sources.captures.detail.ends import raw
from why502.sources.captures.frames import Frame
from why502.sources.captures.packets import Segment, decode
from why502.sources.opening import Found, find

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from why502.model.conversations import Conversation
    from why502.sources.interface import EvidenceFile


def selected(
    paths: Sequence[str], number: int, failed: Sequence[Conversation], conversations: Sequence[Conversation]
) -> Conversation:
    """By its place in the list of failed ones (from 1), else by a packet; with its details."""
    found = failed[number - 1] if number <= len(failed) else holding(paths, conversations, number)
    if found is None:
        hint = "why502 capture lists them" if failed else "no conversation failed; name a packet of one"
        raise Why502Error("no such conversation", where=str(number), hint=hint)
    return found if found.detail else look_again(paths, found)


def look_again(paths: Sequence[str], conversation: Conversation) -> Conversation:
    """With its details; as it is if its file is gone."""
    files = (file for file in _files(paths) if file.path == conversation.at.path)
    return next((look_at(file, conversation) for file in files), conversation)


def holding(paths: Sequence[str], conversations: Sequence[Conversation], number: int) -> Conversation | None:
    """The conversation to which packet `number` (frame.number) belongs, in the first file that has one."""
    for path in dict.fromkeys(c.at.path for c in conversations):
        own = [c for c in conversations if c.at.path == path and (c.at.number or 0) <= number]
        ends = next((_ends(file, number) for file in _files(paths) if file.path == path), None)
        fits = [c for c in own if ends in ((raw(c.opener), raw(c.target)), (raw(c.target), raw(c.opener)))]
        if ends and fits:
            return max(fits, key=lambda c: c.at.number or 0)
    return None


def _files(paths: Sequence[str]) -> Iterator[EvidenceFile]:
    return (found.file for path in paths for found in find(path) if isinstance(found, Found))


def _ends(file: EvidenceFile, number: int) -> tuple[bytes, bytes] | None:
    with file.open() as stream:
        for frame in frames(stream):
            if frame.number == number:
                segment = decode(frame) if isinstance(frame, Frame) else None
                return (segment.sender, segment.receiver) if isinstance(segment, Segment) else None
    return None
