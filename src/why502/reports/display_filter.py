"""Wireshark display filters (wireshark-filter(4)) for conversations."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.model.conversations import Conversation

NOTHING = "frame.number == 0"
"""Matches no packet."""
SLACK_S = 5.0
"""For ICMP errors and late resets around a conversation."""


def display_filter(conversations: Sequence[Conversation]) -> str:
    """One filter for all of them; ICMP errors that quote them match as well.

    Ports that were used again are told apart by time.
    """
    uses = Counter((c.opener, c.target) for c in conversations)
    terms = dict.fromkeys(_term(c, timed=uses[c.opener, c.target] == 1) for c in conversations)
    return " || ".join(terms) if terms else NOTHING


def _term(conversation: Conversation, *, timed: bool) -> str:
    (opener, opener_port), (target, target_port) = _split(conversation.opener), _split(conversation.target)
    field = "ipv6.addr" if ":" in opener else "ip.addr"
    parts = [f"{field} == {opener}", f"tcp.port == {opener_port}", f"{field} == {target}", f"tcp.port == {target_port}"]
    if timed:
        parts.append(f"frame.time_epoch >= {math.floor(conversation.first_s - SLACK_S)}")
        parts.append(f"frame.time_epoch <= {math.ceil(conversation.last_s + SLACK_S)}")
    return "(" + " && ".join(parts) + ")"


def _split(endpoint: str) -> tuple[str, str]:
    address, _, port = endpoint.rpartition(":")
    return address.strip("[]"), port
