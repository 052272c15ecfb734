"""Files that hold more than they told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.model.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from why502.model.case import Input

MUCH: Final = 0.05
"""Share of a file's records that were not understood, from which on what the others say is no all-clear."""
MOST_FILES: Final = 3


def unread(inputs: Sequence[Input]) -> Iterator[str]:
    """Logs and captures that hold more than they told."""
    files = [i for i in inputs if i.records and i.not_understood >= MUCH * (i.records + i.not_understood)]
    for each in files[:MOST_FILES]:
        text = f"{each.not_understood:,} of {count(each.records + each.not_understood, 'record')} of {each.path}"
        yield f"{text} could not be read: what they held is not known"
    if len(files) > MOST_FILES:
        yield f"and so it is with {count(len(files) - MOST_FILES, 'other file')}"
