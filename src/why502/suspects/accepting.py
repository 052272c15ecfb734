"""Queues that nobody takes from: long although they are ample, look after look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.model.evidence import Evidence, Source

if TYPE_CHECKING:
    from why502.facts.scene import ListenerWindow

AMPLE_BACKLOG: Final = 64
"""A queue below this fills by one burst; from here on a long queue means that nobody takes from it."""
LONG_QUEUE: Final = 8
"""More than one page load's worth of connections that nobody accepts."""
LOOKS_IN_A_ROW: Final = 3
"""A queue that a program takes from is empty within microseconds (`inet_csk_accept`). Even where one look in three
finds some waiting, three in a row do so once in thirty."""


def left_standing(window: ListenerWindow, bits: float) -> Evidence | None:
    """An ample queue that was long at looks in a row. It turns connections away as well, but as a consequence."""
    looks, fewest = window.standing
    if window.listener.backlog < AMPLE_BACKLOG or looks < LOOKS_IN_A_ROW or fewest < LONG_QUEUE:
        return None
    text = f"never fewer than {fewest} waited in its accept queue at {looks} looks in a row: nobody took from it"
    return Evidence(bits, text, Source.HOST, window.at)
