"""uWSGI listens with 100

`listen` is 100 by default. A Unix socket answers EAGAIN at once when it is full, which nginx turns into 502.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.known.interface import KnownIssue
from why502.known.matching import called, server
from why502.model.verdict import Remedy

if TYPE_CHECKING:
    from why502.facts.scene import ListenerWindow

DEFAULT: Final = 100


def matches(window: ListenerWindow) -> str | None:
    """The default, or less."""
    found = server(window, "uWSGI")
    if found is None or window.listener.backlog > DEFAULT:
        return None
    return f"{called(found)} listens with {window.listener.backlog}"


KNOWN = KnownIssue(
    id="uwsgi-1647",
    software="uWSGI",
    affected="all, by default",
    condition="backlog-too-small",
    matches=matches,
    source="https://github.com/unbit/uwsgi/issues/1647",
    remedies=(Remedy("Set listen = 1024 (uWSGI refuses to start if net.core.somaxconn is less)."),),
    recognised_by="the binary and its backlog",
    certainty=1,
)
