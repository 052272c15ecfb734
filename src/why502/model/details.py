"""What a second look at the packets of one conversation tells: protocols, ICMP errors, losses.

Nothing here holds secrets: no headers, no bodies, paths without their query.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from why502.model.evidence import Place


class Protocol(StrEnum):
    """What the opener speaks, by its first bytes."""

    HTTP1 = "http/1"
    HTTP2 = "http/2"
    TLS = "tls"
    UNKNOWN = "unknown"
    """Another protocol, or no payload was captured."""


class End(StrEnum):
    """One end of a conversation."""

    PROXY = "proxy"
    TARGET = "target"


class Packet(Struct, frozen=True):
    """One rung of a ladder diagram."""

    number: int
    """frame.number"""
    at_s: float
    sender: End
    flags: str
    """'SYN', 'SYN, ACK', 'PSH, ACK', 'RST'...; an ICMP error's name."""
    payload_bytes: int = 0
    note: str = ""
    """What it carries ('GET /api HTTP/1.1', 'ClientHello'), or that it was sent again."""
    seq: int = 0
    """As on the wire; tells the same packet in two captures."""
    arrived: bool | None = None
    """Whether a capture at the other end has it; None: there is none."""


class Exchange(Struct, frozen=True):
    """A request and its answer, plain HTTP/1."""

    request: str | None
    """'GET /api HTTP/1.1'; None: its beginning was not captured."""
    request_s: float | None = None
    status: int | None = None
    answer: str | None = None
    """'HTTP/1.1 200 OK'; None: no answer, or one that is not HTTP."""
    answer_s: float | None = None
    answer_head_bytes: int | None = None
    """Status line and headers, as far as they came; None: the capture holds only a part of them."""
    expected_bytes: int | None = None
    """Content-Length of the answer."""
    received_bytes: int = 0
    """Of the answer's body."""
    chunked: bool = False
    complete: bool | None = None
    """Whether the answer came whole; None: it ends with the connection, or not enough was captured."""

    @property
    def first_byte_s(self) -> float | None:
        """From the request's first to the answer's first byte."""
        return self.answer_s - self.request_s if self.answer_s is not None and self.request_s is not None else None


class Tls(Struct, frozen=True):
    """How far a TLS handshake came."""

    server_hello: bool = False
    established: bool | None = False
    """The handshake was completed; None: not enough was captured to tell."""
    alert: str | None = None
    """Name of a fatal alert (RFC 8446 6.2) as 'unknown-ca'; 'encrypted' if only its length gives it away."""
    alert_by: End | None = None
    plain_answer: bool = False
    """The ClientHello was answered by something that is not TLS."""


class Http2(Struct, frozen=True):
    """HTTP/2 without TLS (prior knowledge, h2c)."""

    streams: int = 0
    """That the opener began."""
    goaway: str | None = None
    """Error code of the target's first GOAWAY: 'NO_ERROR'..."""
    goaway_s: float | None = None
    last_stream: int | None = None
    """The last one that the target promises to have seen."""
    streams_past_goaway: int = 0
    """Begun beyond `last_stream` and never answered: they crossed the GOAWAY, or ignored it."""
    resets: int = 0
    """RST_STREAM by the target."""
    reset_error: str | None = None
    """Error code of its first."""


class IcmpError(Struct, frozen=True):
    """An ICMP error that quotes a packet of this conversation."""

    at: Place
    at_s: float
    name: str
    """'host unreachable', 'fragmentation needed', 'administratively prohibited'..."""
    sender: str
    """The router or host that complains."""
    about: End
    """Whose packet it complains of."""
    mtu_bytes: int | None = None
    """Largest packet that would have fitted, as the router says."""


class PathMtu(Struct, frozen=True):
    """Large segments were lost again and again while small ones passed: the signature of a path MTU black hole."""

    sender: End
    smallest_lost_bytes: int
    """Payload of the smallest segment that was repeated and never acknowledged."""
    largest_passed_bytes: int
    """Payload of the largest one that was acknowledged (0: only empty ones were)."""
    repeats: int


class ConversationDetail(Struct, frozen=True):
    """All that a second look found; every list is bounded."""

    protocol: Protocol = Protocol.UNKNOWN
    reason: str | None = None
    """What decided the outcome, in words: 'the answer ended after 12 of 100 bytes'."""
    exchanges: tuple[Exchange, ...] = ()
    """The last few, and before them those with 5xx."""
    tls: Tls | None = None
    http2: Http2 | None = None
    icmp: tuple[IcmpError, ...] = ()
    path_mtu: PathMtu | None = None
    out_of_order: int = 0
    """Data segments that came after later ones, both directions."""
    zero_windows_by_target: int = 0
    """How often the target's receive buffer was full: it did not read."""
    zero_windows_by_proxy: int = 0
    packets: tuple[Packet, ...] = ()
    """The first and the last ones."""
    packets_left_out: int = 0
    """In between."""
    left_out_after: int = 0
    """Index into `packets` after which they are missing."""
    silent_midway_s: float | None = None
    """How long the target had sent nothing when the proxy left an answer that was not whole; None: it did not."""
    gaps: int = 0
    """How often bytes that were acknowledged are not in the capture: it lost packets."""

    @property
    def notable(self) -> bool:
        """Something is worth a look although the conversation went well."""
        going = self.http2 is not None and self.http2.goaway is not None
        return bool(self.icmp or self.path_mtu or self.zero_windows_by_target or going)
