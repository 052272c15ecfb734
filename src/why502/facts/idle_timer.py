"""The target's own idle timeout, read off the idle connections that it closed while nobody asked anything on them.

A server's keep-alive timer is set when an answer is out and closes the connection when it fires, whether or not a
request is just arriving (RFC 9112, section 9.6: "a close can occur at any time"). Of the connections of a pool most are
idle when it fires: each of these shows the timer to within a round trip. A connection that is ended after that same
silence was ended by the timer, even if the kernel had just taken a request; a handler that fails knows nothing of how
long its connection had been silent.
"""

from __future__ import annotations

from math import log2
from statistics import median
from typing import TYPE_CHECKING

from msgspec import Struct

from why502.facts.idleness import CONSTANT, ENDED_BY_TARGET, MIN_CONSTANT_S
from why502.model.evidence import Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from why502.model.conversations import Conversation
    from why502.model.wire import TargetWire

FEWEST_CLOSES = 2
"""Two silences that agree within `CONSTANT` are a timer unless others contradict them; one is any close."""
SLACK_S = 0.002
"""A timer fires late by a tick of its event loop, and a close travels: measured, within 2 ms of the other closes."""
SLACK = 0.003
"""...and the clocks of two ends differ by less than this share of the timeout."""
APART = 2.0
"""A process that dies ends all its connections at one instant, however long each had been silent: then the instants lie
closer together than the silences. With a timer they lie as far apart as the answers, and the silences agree."""
OUTLIVED = 0.1
"""A connection that is served after a longer silence was not watched by that timer: of these, hardly any."""
MOST_BITS = 7.0
"""Whatever the chance: the load may keep to a rhythm of its own that was not seen."""


class IdleTimer(Struct, frozen=True):
    """Silences after which the target closed idle connections, and after which it served."""

    closes: int
    idle_s: float
    """Median silence at these closes, from the last answer on."""
    low_s: float
    high_s: float
    """Within these all of them lie."""
    served_s: tuple[float, ...]
    """Silences before the last request of connections on which it was answered, shortest first."""
    at: Place
    """The first of the connections closed."""

    @property
    def slack_s(self) -> float:
        return max(SLACK_S, SLACK * self.idle_s)

    def about(self, conversation: Conversation) -> bool:
        """Whether it was ended after about this silence (within `CONSTANT`)."""
        silence_s = silence_at_close_s(conversation)
        return silence_s is not None and abs(silence_s - self.idle_s) <= CONSTANT * self.idle_s

    def fits(self, conversation: Conversation) -> bool:
        """Whether it was ended after the very silence after which idle ones are."""
        silence_s = silence_at_close_s(conversation)
        return silence_s is not None and self.low_s - self.slack_s <= silence_s <= self.high_s + self.slack_s

    def bits(self, conversations: Iterable[Conversation]) -> float:
        """How much likelier the timer makes the moments of these ends than chance does, as log2 (`MOST_BITS` at most).

        By chance means: a request that fails, comes after any of the silences after which others were served, and its
        connection is ended as long after it as it was. With a load that returns just when the timer fires this is no
        small chance; it is counted, not guessed.
        """
        return min(MOST_BITS, sum(-log2(self._chance(c)) for c in conversations if self.fits(c)))

    def fitting(self, conversations: Sequence[Conversation]) -> str:
        """How many of these were ended after the very silence, in words.

        An end that does not fit leaves open what ended it.
        """
        return f"{sum(map(self.fits, conversations))} of {len(conversations)}"

    def _chance(self, conversation: Conversation) -> float:
        """Share of served requests in whose place this end would have fitted as well (Laplace's rule)."""
        after_s = max(0.0, (_ended_s(conversation) or 0.0) - (conversation.request_s or 0.0))
        low_s, high_s = self.low_s - self.slack_s - after_s, self.high_s + self.slack_s - after_s
        alike = sum(low_s <= idle_s <= high_s for idle_s in self.served_s)
        return (alike + 0.5) / (len(self.served_s) + 1)

    def __str__(self) -> str:
        return f"it closed {self.closes} idle ones after {self.low_s:.2f} to {self.high_s:.2f} s of silence"


def idle_timer(wire: TargetWire | None) -> IdleTimer | None:
    """None if its closes of idle connections keep to no single silence, or if connections outlive it."""
    if wire is None:
        return None
    found = [(s, when_closed_s(c) or 0.0, c.at) for c in wire.ended if (s := idle_close_s(c)) is not None]
    closed = sorted(found, key=lambda close: close[:2])
    silences_s = [silence_s for silence_s, _, _ in closed]
    begin, end = _fullest(silences_s)
    inside, closes_s = silences_s[begin:end], [closed_s for _, closed_s, _ in closed[begin:end]]
    served_s = sorted(c.idle_before_request_s for c in wire.ended if c.idle_before_request_s is not None)
    if len(inside) < FEWEST_CLOSES or 2 * len(inside) <= len(silences_s):
        return None
    if APART * (inside[-1] - inside[0]) > max(closes_s) - min(closes_s):
        return None
    if sum(idle_s > inside[-1] * (1 + CONSTANT) for idle_s in served_s) > OUTLIVED * len(inside):
        return None
    first = min(closed[begin:end], key=lambda close: close[1])[2]
    return IdleTimer(len(inside), median(inside), inside[0], inside[-1], tuple(served_s), first)


def silence_at_close_s(conversation: Conversation) -> float | None:
    """How long after the last answer the target ended a connection on which a request was under way; None: it was the
    first request, or the target did not end it.
    """
    idle_s, ended_s = conversation.idle_before_request_s, _ended_s(conversation)
    if conversation.outcome not in ENDED_BY_TARGET or idle_s is None or ended_s is None:
        return None
    return idle_s + ended_s - (conversation.request_s or ended_s)


def _ended_s(conversation: Conversation) -> float | None:
    return conversation.fin_by_target_s or conversation.end_s


def idle_close_s(conversation: Conversation) -> float | None:
    """How long an answered connection had been silent when the target closed it; None: the other side did, or at once.

    Of a long answer only the beginning is known, so that the silence appears longer by its duration.
    """
    closed_s, left_s, answer_s = when_closed_s(conversation), conversation.fin_by_opener_s, conversation.answer_s
    if closed_s is None or answer_s is None or (left_s is not None and left_s < closed_s):
        return None
    return closed_s - answer_s if closed_s - answer_s >= MIN_CONSTANT_S else None


def when_closed_s(conversation: Conversation) -> float | None:
    """When the target closed it; None: it did not, as far as can be seen."""
    if conversation.fin_by_target_s is not None:
        return conversation.fin_by_target_s
    return conversation.end_s if conversation.reset_by_target and not conversation.reset_by_opener else None


def _fullest(silences_s: Sequence[float]) -> tuple[int, int]:
    """Where the most of these sorted silences lie within `CONSTANT` of each other, as a slice.

    >>> _fullest([1.0, 5.0, 5.01, 5.2, 9.0])
    (1, 4)
    """
    best, begin = (0, 0), 0
    for end, silence_s in enumerate(silences_s, 1):
        while silence_s > silences_s[begin] * (1 + CONSTANT):
            begin += 1
        if end - begin > best[1] - best[0]:
            best = begin, end
    return best
