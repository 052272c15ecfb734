"""A row of the table, told in the words of the model."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING

from why502.model.conversations import Conversation, Outcome
from why502.sources.captures.kernels import layout as at
from why502.sources.captures.kernels.decode import ACK
from why502.sources.captures.kernels.hearing import oddity
from why502.sources.captures.kernels.outcomes import end_of
from why502.sources.captures.machine import plain
from why502.sources.captures.packets import endpoint_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from why502.model.evidence import Place
    from why502.sources.captures.tracking import Tracker

OUTCOMES = (
    Outcome.ANSWERED,
    Outcome.REFUSED,
    Outcome.SYN_UNANSWERED,
    Outcome.NEVER_ACKNOWLEDGED,
    Outcome.RESET_UNACKNOWLEDGED,
    Outcome.RESET_BEFORE_ANSWER,
    Outcome.CLOSED_BEFORE_ANSWER,
    Outcome.RACED,
    Outcome.STALE,
    Outcome.ANSWER_CUT,
    Outcome.NOT_ANSWERED,
    Outcome.ABANDONED,
    Outcome.UNUSED,
    Outcome.OPEN,
    Outcome.PARTIAL,
)
"""In the order of the numbers in `kernels.outcomes`. The others need a look at the payload (`detail`)."""


def endpoint(raw: bytes) -> str:
    """Address and port, readable.

    >>> endpoint(bytes([10, 0, 0, 7]) + bytes([0x1F, 0x90])), endpoint(bytes(15) + bytes([1, 0, 80]))
    ('10.0.0.7:8080', '[::1]:80')
    """
    port = int.from_bytes(raw[-2:], "big")
    if len(raw) == 6:
        return f"{raw[0]}.{raw[1]}.{raw[2]}.{raw[3]}:{port}"
    return f"[{ip_address(raw[:-2])}]:{port}"


def tell(tracker: Tracker, row: int, place: Callable[[int], Place]) -> Conversation:
    """A judged conversation; `place` finds a packet's file by its running number."""
    begin = row * at.CONVERSATION_WORDS
    words = plain(tracker.table[begin : begin + at.CONVERSATION_WORDS])
    shared, flows = words[: at.C_FLOWS], (words[at.C_FLOWS :][: at.FLOW_WORDS], words[at.C_FLOWS + at.FLOW_WORDS :])
    opener, target = flows[shared[at.C_OPENER]], flows[1 - shared[at.C_OPENER]]
    ends = _endpoints(shared)
    synacks = _syns(target, tracker)
    established = opener[at.ACK_FRAME] if synacks else 0
    answered = 0 < opener[at.RUN_FRAME] < target[at.RUN_FRAME]
    own, its = end_of(opener, 0), end_of(target, 0)
    end = min(own, its) if own[0] and its[0] else max(own, its)
    syns = _syns(opener, tracker)
    return Conversation(
        opener=ends[shared[at.C_OPENER]],
        target=ends[1 - shared[at.C_OPENER]],
        outcome=OUTCOMES[shared[at.C_OUTCOME]],
        at=place(shared[at.C_FIRST]),
        decided_at=place(shared[at.C_DECIDED]),
        first_s=shared[at.C_FIRST_NS] / 1e9,
        last_s=shared[at.C_LAST_NS] / 1e9,
        packets=opener[at.PACKETS] + target[at.PACKETS],
        packets_received=target[at.PACKETS],
        wire_bytes_sent=opener[at.WIRE_BYTES],
        wire_bytes_received=target[at.WIRE_BYTES],
        opened=bool(syns),
        syn_s=tuple([at_ns / 1e9 for _, at_ns in syns]),
        synack_s=tuple([at_ns / 1e9 for _, at_ns in synacks]),
        established_s=_time(established, opener[at.ACK_NS]),
        synacks_after_ack=_beyond(established, synacks[1:]) if established else 0,
        bytes_sent=opener[at.SENT],
        bytes_acknowledged=max(0, min(opener[at.ACKED], opener[at.SENT])),
        bytes_received=target[at.SENT],
        segments_sent=opener[at.SEGMENTS],
        retransmissions_sent=opener[at.RETRANSMISSIONS],
        retransmissions_received=target[at.RETRANSMISSIONS],
        reordered=opener[at.REORDERED] + target[at.REORDERED],
        zero_windows_by_target=target[at.ZERO_WINDOWS],
        zero_windows_by_opener=opener[at.ZERO_WINDOWS],
        exchanges=target[at.TURNS],
        request_s=_time(opener[at.RUN_FRAME], opener[at.RUN_NS]),
        answer_s=_time(int(answered), target[at.RUN_NS]),
        idle_before_request_s=None if opener[at.RUN_SILENCE_NS] < 0 else opener[at.RUN_SILENCE_NS] / 1e9,
        reset_by_target=target[at.RST_FRAME] > 0,
        reset_by_opener=opener[at.RST_FRAME] > 0,
        reset_bare=target[at.RST_FRAME] > 0 and not target[at.RST_FLAGS] & ACK,
        end_s=_time(*end),
        fin_by_target_s=_time(target[at.FIN_FRAME], target[at.FIN_NS]),
        fin_by_opener_s=_time(opener[at.FIN_FRAME], opener[at.FIN_NS]),
        oddity=oddity(words, 0),
        opener_isn=(opener[at.BASE] - 1) & 0xFFFFFFFF if syns else None,
    )


def _endpoints(shared: list[int]) -> tuple[str, str]:
    version, ports = shared[at.C_PORTS] >> 32, shared[at.C_PORTS]
    a = _endpoint(version, shared[at.C_A_HIGH], shared[at.C_A_LOW], ports >> 16 & 0xFFFF)
    b = _endpoint(version, shared[at.C_B_HIGH], shared[at.C_B_LOW], ports & 0xFFFF)
    return a, b


@lru_cache(4096)
def _endpoint(version: int, high: int, low: int, port: int) -> str:
    """As `endpoint`, of words; targets come again and again."""
    if version == 4:
        return f"{low >> 24}.{low >> 16 & 0xFF}.{low >> 8 & 0xFF}.{low & 0xFF}:{port}"
    return endpoint(endpoint_bytes(version, high, low, port))


def _syns(flow: list[int], tracker: Tracker) -> list[tuple[int, int]]:
    """Frame and time of each SYN (or SYN-ACK) of a side, oldest first."""
    if not flow[at.SYNS]:
        return []
    found: list[tuple[int, int]] = []
    node = flow[at.SYN_LIST]
    while node >= 0:
        n = node * at.NODE_WORDS
        found.append((int(tracker.pool[n + at.N_FIRST]), int(tracker.pool[n + at.N_SECOND])))
        node = int(tracker.pool[n + at.N_NEXT])
    found.append((flow[at.SYN_FRAME], flow[at.SYN_NS]))
    return found[::-1]


def _beyond(frame: int, syns: list[tuple[int, int]]) -> int:
    """How many of them came after this frame."""
    return sum(later > frame for later, _ in syns) if syns else 0


def _time(frame: int, at_ns: int) -> float | None:
    return at_ns / 1e9 if frame else None
