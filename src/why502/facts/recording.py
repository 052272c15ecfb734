"""Captures that lost packets: what they do not show proves nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from why502.model.conversations import Conversation, Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

FEWEST = 2
"""Conversations that lack packets; one may have been cut by hand."""
SHARE = 0.005
"""Of the packets of all conversations that were looked at twice. A recorder that keeps up loses none at all."""
TIMES_SENT = 2
"""What is sent again was not answered, unless its answer and the answer to its repetition both are missing."""


AT_ONCE_S = 0.5
"""A proxy that connects because it has a request to send, sends it then."""


def lossy(conversations: Sequence[Conversation]) -> bool:
    """Whether the recorder did not keep up, or somebody took packets out."""
    looked = [(c.packets, c.detail.gaps) for c in conversations if c.detail is not None and c.packets_received]
    gaps = sum(gaps for _, gaps in looked)
    return sum(gaps > 0 for _, gaps in looked) >= FEWEST and gaps >= SHARE * sum(packets for packets, _ in looked)


def doubted(conversation: Conversation) -> Conversation:
    """A conversation of such a capture: PARTIAL where one packet that is missing may have decided otherwise."""
    return structs.replace(conversation, outcome=Outcome.PARTIAL) if _doubtful(conversation) else conversation


def _doubtful(conversation: Conversation) -> bool:
    match conversation.outcome:
        case Outcome.SYN_UNANSWERED:
            # It is sent again after 1 s (RFC 6298, section 2.1); a proxy that waits for less is rare.
            return len(conversation.syn_s) < TIMES_SENT
        case Outcome.CLOSED_BEFORE_ANSWER | Outcome.RESET_BEFORE_ANSWER:
            # What was acknowledged, and what was sent for it, can belong to an exchange of which bytes are missing.
            return conversation.detail is not None and conversation.detail.gaps > 0
        case Outcome.REFUSED:
            # The answer to a SYN acknowledges it (`tcp_v4_send_reset`); a bare RST answers something later.
            return conversation.reset_bare
        case Outcome.STALE | Outcome.NEVER_ACKNOWLEDGED:
            # A FIN before the request, or one acknowledgement, makes it another outcome.
            return conversation.retransmissions_sent < TIMES_SENT
        case Outcome.RESET_UNACKNOWLEDGED:
            # Right after the handshake nothing can have gone before it.
            return not conversation.new or _since_handshake_s(conversation) > AT_ONCE_S
        case Outcome.ANSWER_CUT:
            # A reset may also meet the next request; what was announced and did not come is missing in any case.
            exchanges = conversation.detail.exchanges if conversation.detail else ()
            return not exchanges or exchanges[-1].complete is not False
        case _:
            return False


def _since_handshake_s(conversation: Conversation) -> float:
    ready_s, asked_s = conversation.established_s, conversation.request_s
    return asked_s - ready_s if asked_s is not None and ready_s is not None else 0.0
