"""Conversations that are asked for by name: read again from the files that they came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.errors import Why502Error
from why502.model.words import count
from why502.sources.captures.detail import look_at
from why502.sources.captures.detail.between import between, segment_at
from why502.sources.captures.magic import fit
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
        verb = "is" if len(failed) == 1 else "are"
        listed = f"there {verb} {count(len(failed), 'failed conversation')}" if failed else "no conversation failed"
        hint = f"{listed}, and no packet {number} (frame.number) that carries TCP"
        raise Why502Error("no such conversation", where=str(number), hint=hint)
    return found if found.detail else look_again(paths, found)


def look_again(paths: Sequence[str], conversation: Conversation) -> Conversation:
    """With its details; as it is if its file is gone."""
    files = (file for file in _captures(paths) if file.path == conversation.at.path)
    return next((look_at(file, conversation) for file in files), conversation)


def holding(paths: Sequence[str], conversations: Sequence[Conversation], number: int) -> Conversation | None:
    """The conversation to which packet `number` (frame.number) belongs, in the first capture that has one; told by the
    first look, or only counted.
    """
    for file in _captures(paths):
        segment = segment_at(file, number)
        begun = [c for c in between(file, segment) if (c.at.number or 0) <= number] if segment else []
        if begun:
            return next((c for c in conversations if c.at == begun[-1].at), begun[-1])
    return None


def _captures(paths: Sequence[str]) -> Iterator[EvidenceFile]:
    found = (found for path in paths for found in find(path) if isinstance(found, Found))
    return (it.file for it in found if fit(it.head) > 0)
