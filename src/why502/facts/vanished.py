"""Answers that were under way, or just over, when the target's machine no longer knew of the connection.

A program that ends, and a kernel that closes its sockets, say so themselves: by FIN, or by RST with ACK
(`tcp_send_active_reset`). A RST without ACK says only that the segment it answers, be it the late acknowledgement of a
whole answer, met no socket (`tcp_v4_send_reset`): the state was taken away without a word, nobody broke off anything.
"""

from __future__ import annotations

from msgspec import structs

from why502.model.conversations import Conversation, Outcome


def as_vanished(conversation: Conversation) -> Conversation:
    """PARTIAL, where no payload shows that the answer lacks anything."""
    c = conversation
    if c.outcome is not Outcome.ANSWER_CUT or not c.reset_bare or c.fin_by_target_s is not None:
        return c
    exchanges = c.detail.exchanges if c.detail else ()
    if exchanges and exchanges[-1].complete is False:
        return c
    return structs.replace(c, outcome=Outcome.PARTIAL)
