"""One direction of plain HTTP/1, message by message.

httptools (Node's llhttp) parses; it is told to be lenient, so that what it refuses no proxy accepts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import httptools

from why502.model.expressions import expression

if TYPE_CHECKING:
    from why502.sources.captures.detail.streams import Part

_REQUEST = expression(rb"[A-Z][A-Z_-]{1,19} [^\s]")
"""How a request line begins."""
MAX_HEAD_BYTES: Final = 1 << 20
"""No server sends, and no proxy takes, more headers; a stranger's capture might."""
MAX_TARGET_BYTES: Final = 2048
"""Of a request target that is kept."""
MAX_REASON_BYTES: Final = 80
MAX_SKIPPED_BYTES: Final = 1 << 30
"""Of a body that was not captured; beyond that nobody counts on."""
_LEAST_HEAD_BYTES: Final = len("HTTP/1.1 200 \r\n\r\n")
_ZEROS: Final = bytes(1 << 16)
_LENIENT: Final = dict.fromkeys(
    (
        "lenient_headers",
        "lenient_chunked_length",
        "lenient_keep_alive",
        "lenient_transfer_encoding",
        "lenient_version",
        "lenient_data_after_close",
        "lenient_optional_lf_after_cr",
        "lenient_optional_cr_before_lf",
        "lenient_optional_crlf_after_chunk",
        "lenient_spaces_after_chunk_size",
    ),
    True,
)


def speaks_http1(begin: bytes) -> bool:
    """Whether these are the first bytes of a request."""
    return _REQUEST.match(begin) is not None


def shown_path(target: bytes) -> str:
    """The path alone: no query, no fragment, no session parameter, no password of an absolute address.

    >>> shown_path(b"/api;jsessionid=1?token=2"), shown_path(b"http://me:secret@host/path#x")
    ('/api', '/path')
    """
    path = re.split(rb"[?#;]", target, maxsplit=1)[0]
    if b"://" in path:
        path = b"/" + path.split(b"://", 1)[1].partition(b"/")[2]
    return path.decode("utf-8", "replace")


@dataclass(slots=True)
class Message:
    """A request or an answer as far as it has come."""

    at_s: float
    line: str = ""
    """Method and path, or version, status and reason."""
    target: bytes = b""
    status: int | None = None
    head_bytes: int = _LEAST_HEAD_BYTES
    fed_bytes: int = 0
    """Before its headers were complete."""
    headed: bool = False
    expected_bytes: int | None = None
    chunked: bool = False
    body_bytes: int = 0
    complete: bool = False


@dataclass(slots=True)
class Direction:
    """What one end sends. The parser calls the methods `on_...` (`httptools.HTTPProtocol`)."""

    begun: list[Message] = field(default_factory=list)
    """Messages that began since they were last taken away."""
    message: Message | None = None
    lost: bool = False
    """Something is missing, and where the next message begins is not known."""
    broken: str | None = None
    """What the parser says: from here on it is not HTTP."""
    at_s: float = 0.0

    def __post_init__(self) -> None:
        self.restart()

    @property
    def parser(self) -> httptools.HttpRequestParser | httptools.HttpResponseParser:
        raise NotImplementedError

    def restart(self) -> None:
        """Expect a message to begin."""
        raise NotImplementedError

    def begins(self, data: bytes) -> bool:
        """Whether a message seems to begin here."""
        raise NotImplementedError

    def feed(self, part: Part) -> None:
        """The next bytes. A direction that was lost is found again where a message begins."""
        if self.broken:
            return
        self.at_s = part.piece.at_s
        if self.lost and self.begins(part.data):
            self.lost, self.message = False, None
            self.restart()
        if not self.lost:
            self._parse(part.data)
        if part.missing_bytes and not self.lost:
            self._miss(part.missing_bytes)

    def _parse(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.lost = True
        except httptools.HttpParserError as error:
            self.broken = str(error)
        message = self.message
        if message and not message.headed:
            message.fed_bytes += len(data)
            self.lost |= message.fed_bytes > MAX_HEAD_BYTES

    def _miss(self, missing_bytes: int) -> None:
        """Bytes of a body that were not captured are as good as zeros; where anything else is missing, all is lost."""
        message = self.message
        if message is None or not message.headed or message.complete or message.chunked:
            self.lost = True
            return
        left = missing_bytes
        if message.expected_bytes is not None:
            left = min(left, message.expected_bytes - message.body_bytes)
        self.lost = left < missing_bytes or left > MAX_SKIPPED_BYTES
        if left > MAX_SKIPPED_BYTES:
            return
        for _ in range(left // len(_ZEROS)):
            self._parse(_ZEROS)
        self._parse(_ZEROS[: left % len(_ZEROS)])

    def on_message_begin(self) -> None:
        self.message = Message(self.at_s)
        self.begun.append(self.message)

    def on_header(self, name: bytes, value: bytes) -> None:
        message = self.message
        if message is None:
            return
        message.head_bytes += len(name) + len(value) + 4
        if name.lower() == b"content-length" and value.isdigit() and len(value) < 19:
            message.expected_bytes = int(value)
        elif name.lower() == b"transfer-encoding" and b"chunked" in value.lower():
            message.chunked = True

    def on_body(self, body: bytes) -> None:
        if self.message:
            self.message.body_bytes += len(body)

    def on_message_complete(self) -> None:
        if self.message:
            self.message.complete = True


class Requests(Direction):
    """From the proxy."""

    _parser: httptools.HttpRequestParser

    @property
    def parser(self) -> httptools.HttpRequestParser:
        return self._parser

    def restart(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._parser.set_dangerous_leniencies(**_LENIENT)

    def begins(self, data: bytes) -> bool:
        return speaks_http1(data)

    def on_url(self, part: bytes) -> None:
        if message := self.message:
            message.target += part[: MAX_TARGET_BYTES - len(message.target)]
            message.line = f"{self._parser.get_method().decode('ascii', 'replace')} {shown_path(message.target)}"

    def on_headers_complete(self) -> None:
        if message := self.message:
            message.headed = True
            message.line += f" HTTP/{self._parser.get_http_version()}"


class Answers(Direction):
    """From the target."""

    _parser: httptools.HttpResponseParser
    to_head: bool = False
    """The next answer belongs to a HEAD: it has no body, whatever its headers say."""

    @property
    def parser(self) -> httptools.HttpResponseParser:
        return self._parser

    def restart(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._parser.set_dangerous_leniencies(**_LENIENT)

    def begins(self, data: bytes) -> bool:
        return data.startswith(b"HTTP/")

    def on_status(self, reason: bytes) -> None:
        if message := self.message:
            message.status = self._parser.get_status_code()
            message.head_bytes += len(reason)
            said = reason[:MAX_REASON_BYTES].decode("ascii", "replace")
            message.line = f"HTTP/{self._parser.get_http_version()} {message.status} {said}"

    def on_headers_complete(self) -> None:
        if message := self.message:
            message.headed = True
            message.status = self._parser.get_status_code()
            message.line = message.line or f"HTTP/{self._parser.get_http_version()} {message.status}"
            message.complete = self.to_head

    def feed(self, part: Part) -> None:
        super().feed(part)
        if self.to_head and self.message and self.message.complete and not self.broken:
            self.lost, self.message = False, None
            self.restart()
