"""Requests that the target turned down before it had read them: an answer of 4xx, and then a reset.

A target may answer before it has read the request's body (413, 401, 422...; RFC 9112, section 9.6) and close. What it
has not read makes its kernel send RST instead of FIN (`tcp_close`, net/ipv4/tcp.c; RFC 2525, section 2.17). nginx has
the answer by then and passes it on, and its error log tells of the reset: `readv() failed (104: Connection reset by
peer) while reading upstream`. The client got all it was meant to get; the access log has the 4xx. HAProxy ends such a
session as `----` and Apache writes nothing (both tried: 2.6 to 3.x, 2.4).

Only a request with a body can be left unread, and only a reset is the kernel's doing: a FIN in the middle of an answer,
or a reset after a GET, broke the answer off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.model.requests import Manner, Phase

if TYPE_CHECKING:
    from why502.model.requests import Request

CLIENT_ERRORS: Final = range(400, 499)
"""499 is nginx's own word for a client that left."""

WITHOUT_BODY: Final = ("GET", "HEAD", "OPTIONS", "TRACE", "CONNECT")
"""RFC 9110, section 9.3: content in these has no meaning."""

TELLS_OF_RESETS: Final = "nginx"
"""Whose error log tells of a reset behind an answer that was passed on (`ngx_event_pipe_read_upstream`)."""


def may_be_turned_down(line: Request) -> bool:
    """Whether an access line's status and proxy are such; its method is another question."""
    return line.proxy == TELLS_OF_RESETS and not line.failed and line.status in CLIENT_ERRORS


def turned_down(line: Request) -> bool:
    """Whether an access line may be of a request that was turned down unread."""
    return may_be_turned_down(line) and line.method not in WITHOUT_BODY


def tells_of_reset(error: Request) -> bool:
    """Whether an error line may tell of the reset behind such an answer."""
    reset = error.phase is Phase.BODY and error.manner in (Manner.RESET, Manner.CUT)
    return reset and error.method not in WITHOUT_BODY
