"""What proxies log: requests, in one schema for all of them."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from why502.model.evidence import Place


class Side(StrEnum):
    """Who produced the status that the client got."""

    PROXY = "proxy"
    TARGET = "target"
    CLIENT = "client"


class Phase(StrEnum):
    """How far the exchange with the target had come when it ended."""

    NO_TARGET = "no-target"
    """No target could be chosen (none registered, none healthy, name not resolved)."""
    CONNECT = "connect"
    TLS = "tls"
    SEND = "send"
    WAIT = "wait"
    """The request was sent and no byte of a usable answer came."""
    BODY = "body"
    """The header came, the body did not (fully)."""
    DONE = "done"
    """A complete answer came."""
    UNKNOWN = "unknown"


class Manner(StrEnum):
    """In which manner the exchange failed, as far as the evidence tells."""

    REFUSED = "refused"
    """RST to the SYN."""
    UNREACHABLE = "unreachable"
    """ICMP error, no route."""
    TIMEOUT = "timeout"
    """Nothing came until somebody's timer fired."""
    CUT = "cut"
    """The target ended the connection; whether by FIN or RST is not told."""
    RESET = "reset"
    CLOSED = "closed"
    """FIN before a (complete) answer."""
    UNRESOLVED = "unresolved"
    """The target's name did not resolve."""
    MALFORMED = "malformed"
    TOO_LARGE = "too-large"
    EXHAUSTED = "exhausted"
    """The proxy itself ran out of descriptors, ports or connections."""
    RACED = "raced"
    """The target closed an idle connection just as it was used again, and the proxy says so itself."""
    QUEUE_FULL = "queue-full"
    """The proxy's kernel said that the target's accept queue is full: only a unix socket's is told (EAGAIN)."""
    FORBIDDEN = "forbidden"
    """The proxy's own kernel did not allow the connect (EACCES, EPERM)."""
    ANSWERED = "answered"
    """The target answered, with an error status of its own."""
    GONE = "gone"
    """The client left."""
    UNKNOWN = "unknown"


class Attempt(Struct, frozen=True):
    """One try at one target, as a proxy with retries logs it (nginx joins attempts with ', ')."""

    target: str | None
    status: int | None
    connect_s: float | None = None
    header_s: float | None = None
    response_s: float | None = None
    phase: Phase = Phase.UNKNOWN
    """How far it had come when it failed."""
    manner: Manner | None = None
    """None: it did not fail, or it is the last one, of which `Request` tells."""


class Request(Struct, frozen=True):
    """One line of an access log (or one failure of an error log that no access line tells of).

    Durations are seconds from the previous stage, times are seconds since the epoch.
    """

    proxy: str
    """Kind of the proxy that wrote it: 'alb', 'nginx'..."""
    at: Place
    start_s: float | None
    """When the proxy received the request."""
    end_s: float | None
    """When the proxy finished or logged it."""
    status: int | None
    """What the client got."""
    side: Side | None
    """Who produced that status; None: not told."""
    phase: Phase
    manner: Manner | None = None
    """None: nothing failed."""
    client: str | None = None
    target: str | None = None
    """'address:port' of the (last) target, or the unix socket's path."""
    group: str | None = None
    """Target group, upstream or backend name."""
    node: str | None = None
    """Which part of the proxy: an edge location (CloudFront, Cloudflare), a node or instance of a load balancer."""
    method: str | None = None
    path: str | None = None
    """Without the query string."""
    request_bytes: int | None = None
    target_status: int | None = None
    """Only what the target itself answered."""
    connect_s: float | None = None
    """Until the request could be sent: waiting for a connection, TCP and TLS included."""
    wait_s: float | None = None
    """From sent to the first byte of the answer, or to the failure."""
    total_s: float | None = None
    attempts: tuple[Attempt, ...] = ()
    reason: str | None = None
    """The proxy's own words (error-log message, reason code, termination state)."""
    reason_at: Place | None = None
    """Where these words stand; None: in the line itself."""
    thread: str | None = None
    """Who in the proxy wrote it ('pid:tid'): Apache tells one failure in several lines of one thread."""

    @property
    def failed(self) -> bool:
        return self.manner is not None

    @property
    def told_at(self) -> Place:
        """Where the proxy's words stand: often another log than the one with the request."""
        return self.reason_at or self.at
