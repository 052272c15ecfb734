"""What became of a conversation, in a sentence for those who do not know our words (`model.conversations.Outcome`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.model.conversations import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MEANINGS: Final = {
    Outcome.REFUSED: "the target answered the SYN with a reset",
    Outcome.SYN_UNANSWERED: "the target never answered the SYN",
    Outcome.NEVER_ACKNOWLEDGED: "connected for the proxy, and the target acknowledged nothing of the request",
    Outcome.RESET_UNACKNOWLEDGED: "connected for the proxy, and the target's kernel reset what it did not know",
    Outcome.RESET_BEFORE_ANSWER: "the target took the request, then reset",
    Outcome.CLOSED_BEFORE_ANSWER: "the target took the request, then closed without a whole answer",
    Outcome.RACED: "the target closed an idle connection just as the proxy used it again",
    Outcome.STALE: "a connection that had served before met a reset or silence: its other end or the path was gone",
    Outcome.ANSWER_CUT: "the target reset in the middle of its answer",
    Outcome.MALFORMED: "what the target answered is not HTTP, and the proxy hung up",
    Outcome.TRUNCATED: "the target closed before its answer was as long as announced",
    Outcome.STALLED: "the target fell silent in the middle of its answer, and the proxy gave up waiting",
    Outcome.TLS_FAILED: "the TLS handshake broke off",
    Outcome.GONE_AWAY: "HTTP/2: the target said GOAWAY, with requests begun that it will not serve",
    Outcome.UNREACHABLE: "an ICMP error answered the SYN",
    Outcome.NOT_ANSWERED: "the target took the request, and the proxy gave up waiting",
    Outcome.ABANDONED: "the proxy left before it was connected",
    Outcome.PARTIAL: "too little of it was captured to say what became of it",
}
"""Those that do not speak for themselves."""


def meanings(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """A line for each of these that needs one, in the order of the list.

    >>> list(meanings([Outcome.ANSWERED, Outcome.REFUSED]))
    ['refused: the target answered the SYN with a reset']
    """
    present = set(outcomes)
    yield from (f"{outcome}: {meaning}" for outcome, meaning in MEANINGS.items() if outcome in present)
