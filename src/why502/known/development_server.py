"""A development server is in production

Python's `http.server` and `wsgiref`, cheroot and Django's `runserver` listen with 5 or 10: a single page overflows
them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.known.interface import KnownIssue
from why502.known.matching import called, server
from why502.model.verdict import Remedy

if TYPE_CHECKING:
    from why502.facts.scene import ListenerWindow

SERVERS: Final = ("Python http.server", "Python wsgiref", "cheroot", "Django runserver")
LARGEST: Final = 10


def matches(window: ListenerWindow) -> str | None:
    """Only while the number is still the default."""
    found = server(window, *SERVERS)
    if found is None or window.listener.backlog > LARGEST:
        return None
    return f"{called(found)} is made for development and listens with {window.listener.backlog}"


KNOWN = KnownIssue(
    id="development-server",
    software="http.server, wsgiref, cheroot, Django runserver",
    affected="all, by default",
    condition="backlog-too-small",
    matches=matches,
    source="https://docs.python.org/3/library/socketserver.html",
    remedies=(Remedy("Serve with gunicorn, uvicorn or waitress instead (cheroot: request_queue_size=1024)."),),
    recognised_by="the command line, and a backlog of 5 or 10",
    certainty=1,
    proven=True,
)
