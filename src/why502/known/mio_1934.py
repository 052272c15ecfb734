"""A dependency update made the backlog 128

tokio's `TcpListener::bind` leaves the number to mio: 1024 up to 1.0, somaxconn in 1.1, 128 from 1.2 on. A rebuild of an
unchanged program is enough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.known.interface import KnownIssue
from why502.known.matching import software
from why502.model.verdict import Remedy
from why502.model.versions import within

if TYPE_CHECKING:
    from why502.facts.scene import ListenerWindow

DEFAULT: Final = 128


def matches(window: ListenerWindow) -> str | None:
    """The version and the number."""
    found = software(window, "mio")
    if found is None or not within(found.version, "1.2.0") or window.listener.backlog != DEFAULT:
        return None
    return f"mio {found.version} listens with 128 where older ones took 1024"


KNOWN = KnownIssue(
    id="mio-1934",
    software="Tokio",
    affected="mio 1.2 and later",
    condition="backlog-too-small",
    matches=matches,
    source="https://github.com/tokio-rs/mio/pull/1934",
    remedies=(Remedy("Listen with TcpSocket::listen(1024)."),),
    recognised_by="the paths of crates in the binary, and a backlog of 128",
    certainty=1,
)
