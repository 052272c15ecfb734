"""HTTP/2 without TLS (RFC 9113): streams, GOAWAY, RST_STREAM."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from why502.model.details import End, Http2, Protocol
from why502.sources.captures.detail.records import Record, Records

if TYPE_CHECKING:
    from why502.sources.captures.detail.streams import Part

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
MAX_SERVED: Final = 64
_HEADERS, _RST_STREAM, _GOAWAY = 1, 3, 7
_ERRORS: Final = (
    "NO_ERROR",
    "PROTOCOL_ERROR",
    "INTERNAL_ERROR",
    "FLOW_CONTROL_ERROR",
    "SETTINGS_TIMEOUT",
    "STREAM_CLOSED",
    "FRAME_SIZE_ERROR",
    "REFUSED_STREAM",
    "CANCEL",
    "COMPRESSION_ERROR",
    "CONNECT_ERROR",
    "ENHANCE_YOUR_CALM",
    "INADEQUATE_SECURITY",
    "HTTP_1_1_REQUIRED",
)
"""RFC 9113, section 7, by number."""


def _measure(head: bytes) -> int | None:
    return int.from_bytes(head[:3], "big") if head[3] <= 0x20 else None


def _frames() -> Records:
    return Records(9, _measure)


def error_name(code: int) -> str:
    return _ERRORS[code] if code < len(_ERRORS) else f"error {code:#x}"


@dataclass(slots=True)
class Http2Dissector:
    """Both directions of one conversation."""

    protocol: Protocol = Protocol.HTTP2
    sides: dict[End, Records] = field(default_factory=lambda: {End.PROXY: _frames(), End.TARGET: _frames()})
    preface_left: int = len(PREFACE)
    highest: int = 0
    streams: int = 0
    goaway: str | None = None
    goaway_s: float | None = None
    goaway_packet: int | None = None
    last_stream: int | None = None
    past: int = 0
    past_served: set[int] = field(default_factory=set)
    """Streams beyond it that the target answered all the same; a few are remembered."""
    resets: int = 0
    reset_error: str | None = None

    def feed(self, part: Part) -> str:
        """Takes the next bytes; answers with what they are, for the ladder."""
        data, notes = part.data, []
        if part.piece.sender is End.PROXY and self.preface_left:
            skipped = min(self.preface_left, len(data))
            self.preface_left -= skipped
            data, notes = data[skipped:], ["HTTP/2 preface"]
        records = self.sides[part.piece.sender]
        notes += [self._frame(frame, part) for frame in records.feed(data, part.missing_bytes)]
        return ", ".join(dict.fromkeys(note for note in notes if note))

    def _frame(self, frame: Record, part: Part) -> str:
        kind, stream = frame.head[3], int.from_bytes(frame.head[5:9], "big") & 0x7FFFFFFF
        if part.piece.sender is End.PROXY:
            return self._opened(stream) if kind == _HEADERS and stream > self.highest else ""
        if kind == _GOAWAY and len(frame.body) == 8:
            return self._going(frame.body, part)
        if kind == _RST_STREAM and len(frame.body) == 4:
            self.resets += 1
            error = error_name(int.from_bytes(frame.body, "big"))
            self.reset_error = self.reset_error or error
            return f"RST_STREAM {stream} {error}"
        if kind == _HEADERS and self.last_stream is not None and stream > self.last_stream:
            self.past_served = {*self.past_served, stream} if len(self.past_served) < MAX_SERVED else self.past_served
        return f"HEADERS {stream}" if kind == _HEADERS else ""

    def _opened(self, stream: int) -> str:
        self.highest = stream
        self.streams += 1
        self.past += self.last_stream is not None and stream > self.last_stream
        return f"HEADERS {stream}"

    def _going(self, body: bytes, part: Part) -> str:
        """A shutdown comes as two GOAWAYs: 2^31-1 first, the real number later (RFC 9113, 6.8). The last one counts."""
        last, error = int.from_bytes(body[:4], "big") & 0x7FFFFFFF, error_name(int.from_bytes(body[4:], "big"))
        if self.goaway is None:
            self.goaway, self.goaway_s, self.goaway_packet = error, part.piece.at_s, part.piece.number
        self.last_stream = last
        if self.highest > last:
            self.past = max(self.past, (self.highest - last + 1) // 2)  # the opener's streams have odd numbers
        return f"GOAWAY {last} {error}"

    @property
    def told(self) -> Http2:
        return Http2(
            streams=self.streams,
            goaway=self.goaway,
            goaway_s=self.goaway_s,
            last_stream=self.last_stream,
            streams_past_goaway=max(0, self.past - len(self.past_served)),
            resets=self.resets,
            reset_error=self.reset_error,
        )
