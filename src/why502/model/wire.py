"""Captures, summed up: the failed and delayed conversations one by one, everything else as numbers."""

from __future__ import annotations

from msgspec import Struct, field

from why502.model.conversations import Conversation, Outcome
from why502.model.details import End
from why502.model.evidence import Place

STEPS_PER_DOUBLING = 32
"""Durations that are only counted are counted in steps of 2.2 %."""


class Counted(Struct, frozen=True):
    """Conversations of one capture with one target that are not told one by one, because there are too many."""

    target: str
    outcomes: dict[Outcome, int]
    first_s: float
    """The first packet of any counted conversation of this capture."""
    last_s: float
    delayed: int = 0
    connects: dict[int, int] = field(default_factory=dict)
    """How many connects took 2 ** (step / `STEPS_PER_DOUBLING`) ns."""
    answers: dict[int, int] = field(default_factory=dict)
    """The same from request to first byte."""
    capture: str = ""
    """Path of the (first) file."""

    @property
    def conversations(self) -> int:
        return sum(self.outcomes.values())


class StatusLine(Struct, frozen=True):
    """An answer that a target began, plain HTTP/1."""

    at: Place
    """The packet that begins it."""
    at_s: float
    opener: str
    """'address:port' of the side that it went to."""
    status: int
    page_of: str | None = None
    """The gateway that made it, if it is a known error page of one, or a 502 or 504 of software that is one; '' if it
    is none; None: not captured."""


class Answered(Struct, frozen=True):
    """The answers of one server in one capture: every one whose status line was captured, whatever else is told of its
    conversation; what was captured twice or sent again counts once.
    """

    target: str
    statuses: dict[int, int]
    """How many had which status; 1xx but 101 are no answers yet."""
    errors: tuple[StatusLine, ...] = ()
    """Those with 5xx, in the order of the capture; at most `traffic.MAX_EXAMPLES`."""
    capture: str = ""
    """Path of the file."""


class FullAt(Struct, frozen=True):
    """SYNs were lost at one depth of the queue, and none was taken there."""

    depth: int
    """Connections that waited: backlog + 1."""
    lost: int
    """Unanswered SYNs at that depth, retransmissions included."""
    lost_in_all: int
    taken: int
    """Answered SYNs, all of them while fewer waited."""
    times: int
    """How often the queue filled anew."""


class TargetWire(Struct, frozen=True):
    """All conversations with one target."""

    target: str
    conversations: int
    outcomes: dict[Outcome, int]
    """Every outcome that occurred, with its count."""
    failed: tuple[Conversation, ...] = ()
    """Oldest first; at most `traffic.MAX_EXAMPLES`."""
    delayed: tuple[Conversation, ...] = ()
    """Not failed, but a SYN had to be sent again, or the target dropped the final ACK; oldest first."""
    delayed_total: int = 0
    ended: tuple[Conversation, ...] = ()
    """Answered, and seen to end: also where the opener hung up on an answer that it did not like. Oldest first; at
    most `traffic.MAX_EXAMPLES`."""
    noted: tuple[Conversation, ...] = ()
    """Not failed, but the second look saw something: ICMP errors, GOAWAY, a full receive buffer, losses on the way."""
    odd: tuple[Conversation, ...] = ()
    """Answered at TCP's and HTTP's level, and still odd in what was said (`Conversation.oddity`): what a stricter proxy
    may have refused, so that its client got a 502. `detail.exchanges[-1]` has `status`, `answer_head_bytes`,
    `received_bytes` and `expected_bytes`. Oldest first; at most `traffic.MAX_EXAMPLES`."""
    syns_lost: int = 0
    """SYNs that no SYN-ACK answered, retransmissions included."""
    syns_lost_alone: int | None = None
    """Of these, sent while no connection in the capture waited to be accepted; None: some conversations are only
    counted, so that this cannot be told."""
    syns_lost_beside_left: int = 0
    """Of these, sent while a connection stood whose request was never answered and that the target never closed."""
    full_at: FullAt | None = None
    """The SYNs were lost whenever one number of connections waited to be accepted, and only then."""
    told_answered: int = 0
    """Of the answered, those that are told one by one..."""
    sent_again: int = 0
    """...and those of them in which data of either side had to be sent again, although the target had accepted them."""
    sent_again_first: Place | None = None
    taken_late: int = 0
    """...and those new ones whose first request the target's kernel took only when it was sent again, with nothing
    else of them lost."""
    taken_late_first: Place | None = None
    statuses: dict[int, int] = field(default_factory=dict)
    """How many answers of plain HTTP/1 had which status (`Answered`)."""
    errors: tuple[StatusLine, ...] = ()
    """Those with 5xx, oldest first; at most `traffic.MAX_EXAMPLES`."""
    connect_median_s: float | None = None
    answer_median_s: float | None = None
    """From request to first byte, of the answered."""


class Pairing(Struct, frozen=True):
    """Two captures of the same traffic, one at each end: each conversation counts once, as the proxy saw it."""

    proxy_side: str
    target_side: str
    """Paths."""
    conversations: int
    """Seen in both."""
    target_clock_ahead_s: float | None = None
    """How far the target's clock is ahead of the proxy's, half a round trip at most wrong; None: it cannot be told."""


class Wire(Struct, frozen=True):
    """Everything that judgement needs from all captures together."""

    conversations: int
    targets: tuple[TargetWire, ...]
    first_s: float | None = None
    last_s: float | None = None
    pairings: tuple[Pairing, ...] = ()
    lossy: bool = False
    """Packets are missing in the capture that both ends had: what it does not show may have been all the same."""
    one_sided: dict[str, End] = field(default_factory=dict)
    """Addresses of targets -> the end of which no packet at all was captured, though it did send."""

    def target(self, name: str | None) -> TargetWire | None:
        return next((t for t in self.targets if t.target == name), None)
