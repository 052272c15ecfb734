"""uWSGI resets requests whose header is larger than 4 KiB

`buffer-size` is 4096 for the whole request header, cookies included. Beyond, it logs `invalid request block size` and
resets; nginx answers 502.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.known.interface import KnownIssue
from why502.known.matching import called, server
from why502.model.verdict import Remedy

if TYPE_CHECKING:
    from why502.facts.scene import ListenerWindow

OPTIONS: Final = ("--buffer-size", " -b ")


def matches(window: ListenerWindow) -> str | None:
    """Unless the command line sets it."""
    found = server(window, "uWSGI")
    if found is None or window.process is None or any(option in window.process.command for option in OPTIONS):
        return None
    return f"{called(found)} resets requests with more than 4 KiB of header, unless buffer-size is set in its ini file"


KNOWN = KnownIssue(
    id="uwsgi-buffer-size",
    software="uWSGI",
    affected="all, by default",
    condition="closed-without-response",
    matches=matches,
    source="https://github.com/unbit/uwsgi/issues/682",
    remedies=(Remedy("Set buffer-size = 32768."),),
    recognised_by="the binary and its command line; a setting in an ini file is not seen",
    certainty=1,
)
