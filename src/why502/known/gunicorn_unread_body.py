"""gunicorn before 26 resets uploads that it does not read

A response sent before the request's body was read, then a close: the kernel answers the rest of the upload with RST,
which can overtake the response. From 26.0 on it reads on for a while.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.known.interface import KnownIssue
from why502.known.matching import software
from why502.model.verdict import Remedy
from why502.model.versions import within

if TYPE_CHECKING:
    from why502.facts.scene import ListenerWindow


def matches(window: ListenerWindow) -> str | None:
    """The version, and closes with unread data while watched."""
    found, aborts = software(window, "gunicorn"), window.grown.get("TCPAbortOnClose", 0)
    if found is None or not within(found.version, "", "26.0.0") or not aborts:
        return None
    return f"gunicorn {found.version}: {aborts} connections were closed with unread data while watched"


KNOWN = KnownIssue(
    id="gunicorn-unread-body",
    software="gunicorn",
    affected="before 26.0",
    condition="closed-without-response",
    matches=matches,
    source="https://github.com/benoitc/gunicorn/commit/c0238f8b",
    remedies=(Remedy("Read the body before answering; upgrade gunicorn."),),
    recognised_by="the installed distribution together with growth of TCPAbortOnClose",
    certainty=1,
)
