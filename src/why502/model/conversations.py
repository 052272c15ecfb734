"""What a capture tells: every TCP conversation and its fate."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from why502.model.details import ConversationDetail
from why502.model.evidence import Place


class Outcome(StrEnum):
    """How a conversation ended, seen from the side that opened it (the proxy). A closed list."""

    ANSWERED = "answered"
    """Every request got a first byte back (or none was outstanding at the end)."""
    REFUSED = "refused"
    """RST to the SYN."""
    SYN_UNANSWERED = "syn-unanswered"
    """No SYN-ACK ever came."""
    NEVER_ACKNOWLEDGED = "never-acknowledged"
    """Handshake complete for the opener, but the target never acknowledged a byte; no reset seen."""
    RESET_UNACKNOWLEDGED = "reset-unacknowledged"
    """As above, and the target answered with RST: its kernel never knew the connection."""
    RESET_BEFORE_ANSWER = "reset-before-answer"
    """The target acknowledged the request, then reset."""
    CLOSED_BEFORE_ANSWER = "closed-before-answer"
    """The target acknowledged the request, then sent FIN without an answer."""
    RACED = "raced"
    """On a connection that had already served, or that had been opened in advance: the target's FIN or RST crossed the
    next request."""
    STALE = "stale"
    """On a connection that had already served: a later request met a reset or silence, without a FIN before."""
    ANSWER_CUT = "answer-cut"
    """The answer began, then the target reset."""
    MALFORMED = "malformed"
    """The target's answer to a plain HTTP request is not HTTP, and the opener hung up."""
    TRUNCATED = "truncated"
    """The target closed before the answer had its announced length (Content-Length, or the last chunk)."""
    STALLED = "stalled"
    """The target's answer began and fell silent, and the opener left it unfinished, as a timer makes it."""
    TLS_FAILED = "tls-failed"
    """The TLS handshake broke off: an alert, an answer that is not TLS, or a close in the middle of it."""
    GONE_AWAY = "gone-away"
    """HTTP/2: the target ended the connection (GOAWAY) with streams begun that it will not serve."""
    UNREACHABLE = "unreachable"
    """An ICMP error answered the SYN."""
    NOT_ANSWERED = "not-answered"
    """The target acknowledged the request, and the opener gave up waiting for an answer."""
    ABANDONED = "abandoned"
    """The opener itself left (FIN or RST) before the handshake was complete."""
    UNUSED = "unused"
    """Connected, no request sent."""
    OPEN = "open"
    """The capture ends with a request outstanding."""
    PARTIAL = "partial"
    """Begins or ends outside the capture, so that nothing can be said."""

    @property
    def failed(self) -> bool:
        return self in FAILED_OUTCOMES


FAILED_OUTCOMES = frozenset(
    {
        Outcome.REFUSED,
        Outcome.SYN_UNANSWERED,
        Outcome.NEVER_ACKNOWLEDGED,
        Outcome.RESET_UNACKNOWLEDGED,
        Outcome.RESET_BEFORE_ANSWER,
        Outcome.CLOSED_BEFORE_ANSWER,
        Outcome.RACED,
        Outcome.STALE,
        Outcome.ANSWER_CUT,
        Outcome.MALFORMED,
        Outcome.TRUNCATED,
        Outcome.STALLED,
        Outcome.TLS_FAILED,
        Outcome.GONE_AWAY,
        Outcome.UNREACHABLE,
        Outcome.NOT_ANSWERED,
    }
)


class FarSide(Struct, frozen=True):
    """What a second capture, at the target's end, tells of a conversation that was captured at the proxy's end.

    Numbers are differences between the two captures; duplicates and retransmissions count once.
    """

    at: Place
    """Its first packet in the target's capture; if it has none, the capture as a whole."""
    syns_lost: int = 0
    """SYNs that left the proxy and never arrived."""
    request_bytes_lost: int = 0
    """Payload that left the proxy and never arrived."""
    answer_bytes_lost: int = 0
    """Payload that left the target and never arrived at the proxy."""
    synacks_lost: int = 0
    unanswered: bool = False
    """The SYN or the last request arrived whole, and the target never answered it."""

    @property
    def lost(self) -> bool:
        return bool(self.syns_lost or self.synacks_lost or self.request_bytes_lost or self.answer_bytes_lost)


class Conversation(Struct, frozen=True):
    """One TCP connection. Times: epoch seconds; durations: seconds; None: not seen."""

    opener: str
    """'address:port' of the side that sent the SYN (the proxy)."""
    target: str
    """'address:port' of the listening side."""
    outcome: Outcome
    at: Place
    """First packet."""
    decided_at: Place
    """The packet that decided the outcome: the RST, the FIN, the last retransmission..."""
    first_s: float
    last_s: float
    packets: int = 0
    """As Wireshark counts them: copies that were captured twice included."""
    packets_received: int = 0
    """Those of them that the target sent."""
    wire_bytes_sent: int = 0
    """Whole packets from the opener, as long as they were on the wire."""
    wire_bytes_received: int = 0
    opened: bool = False
    """The SYN is in the capture."""
    syn_s: tuple[float, ...] = ()
    """When each SYN was sent (the first and its retransmissions)."""
    synack_s: tuple[float, ...] = ()
    established_s: float | None = None
    """When the opener's final ACK was seen."""
    synacks_after_ack: int = 0
    """SYN-ACKs repeated although the final ACK had been sent: the target dropped that ACK."""
    bytes_sent: int = 0
    """Payload from the opener, each byte once."""
    bytes_acknowledged: int = 0
    """Payload of the opener that the target acknowledged."""
    bytes_received: int = 0
    segments_sent: int = 0
    """Data segments from the opener, without retransmissions."""
    retransmissions_sent: int = 0
    retransmissions_received: int = 0
    reordered: int = 0
    """Segments of either side that came after later ones."""
    zero_windows_by_opener: int = 0
    """Segments that asked the other side to stop sending."""
    zero_windows_by_target: int = 0
    exchanges: int = 0
    """How often the direction turned from request to answer."""
    request_s: float | None = None
    """First data segment of the last request."""
    answer_s: float | None = None
    """First data segment of the answer to it."""
    idle_before_request_s: float | None = None
    """How long the connection had been silent before the last request (None on the first, unless that came well after
    the handshake, on a connection opened in advance)."""
    reset_by_target: bool = False
    reset_by_opener: bool = False
    reset_bare: bool = False
    """The target's RST carried no ACK flag: its kernel answered a segment that belongs to no socket
    (`tcp_v4_send_reset`), whereas closing a socket sends RST with ACK (`tcp_send_active_reset`)."""
    end_s: float | None = None
    """When the first RST or FIN that ended it was seen."""
    fin_by_target_s: float | None = None
    fin_by_opener_s: float | None = None
    opener_isn: int | None = None
    """Initial sequence number of the opener's SYN: with the addresses it names the conversation in any capture."""
    oddity: int = 0
    """What the first look makes of the payload.

    2: an answer that is not of the request's protocol, that is shorter than it announced, or tells its length twice; a
    TLS handshake that served nothing; a GOAWAY. 1: an answer that is longer than it announced, or whose headers fill a
    whole segment. 0: nothing, or no payload was captured. `detail` tells what it was."""
    detail: ConversationDetail | None = None
    """What the second look found; None: it was not looked at twice."""
    far_side: FarSide | None = None
    """None: there is no capture of the target's end, or it does not cover this conversation."""

    @property
    def failed(self) -> bool:
        return self.outcome.failed

    @property
    def new(self) -> bool:
        """Its first request came right after the handshake: no timer for idle connections had run on it."""
        return self.opened and self.exchanges == 0 and self.idle_before_request_s is None

    @property
    def notable(self) -> bool:
        """It did not fail, and still something went wrong on the way."""
        seen = (self.detail is not None and self.detail.notable) or (self.far_side is not None and self.far_side.lost)
        return not self.failed and seen

    @property
    def connect_s(self) -> float | None:
        """From the first SYN to the handshake's end."""
        return self.established_s - self.syn_s[0] if self.established_s and self.syn_s else None
