"""What the first look could not see changes the outcome: a list of questions, asked in order.

Only what ended at TCP's level in a way that fits is revised; a full accept queue or a lost packet keeps its outcome
whatever protocol was spoken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct, structs

from why502.model.conversations import Conversation, Outcome
from why502.model.details import ConversationDetail, End, IcmpError
from why502.model.evidence import Place
from why502.model.words import count
from why502.sources.captures.detail.http1 import Http1Dissector
from why502.sources.captures.detail.http2 import Http2Dissector
from why502.sources.captures.detail.icmp import FRAGMENTATION_NEEDED
from why502.sources.captures.detail.midway import silence_midway_s
from why502.sources.captures.detail.selecting import unheard
from why502.sources.captures.detail.tls import TlsDissector, speaks_tls_alert

if TYPE_CHECKING:
    from why502.sources.captures.detail.http1_messages import Message
    from why502.sources.captures.detail.watching import Watch

_ENDED: Final = {
    Outcome.ANSWERED,
    Outcome.CLOSED_BEFORE_ANSWER,
    Outcome.RESET_BEFORE_ANSWER,
    Outcome.ANSWER_CUT,
}
"""Somebody who knew the connection ended it."""
_NO_ANSWER: Final = {Outcome.CLOSED_BEFORE_ANSWER, Outcome.RESET_BEFORE_ANSWER, Outcome.NOT_ANSWERED, Outcome.RACED}
"""To what the proxy sent last, as far as the first look can tell."""
SWITCHED: Final = 101
"""Switching Protocols: what follows is no HTTP."""
SILENT_S: Final = 0.5
"""A request that arrives is acknowledged sooner (`outcomes.SILENT_S`)."""
SOON_S: Final = 1.0
"""Later than this, a reset closes an idle connection (`outcomes.IDLE_NS`)."""
_NO_HANDSHAKE: Final = {Outcome.SYN_UNANSWERED, Outcome.PARTIAL, Outcome.ABANDONED}


class Finding(Struct, frozen=True):
    """Why a conversation ended, in words; `outcome` and `packet` only where they change."""

    reason: str
    outcome: Outcome | None = None
    packet: int | None = None


_SEEN: Final = {Outcome.UNREACHABLE, Outcome.UNUSED, Outcome.OPEN, Outcome.PARTIAL, Outcome.ABANDONED}
"""Decided by packets that are there, or not decided at all."""


def revised(watch: Watch) -> Conversation:
    """The conversation with its detail, and the outcome that the second look saw."""
    conversation = watch.conversation
    path = conversation.at.path
    finding = _finding(watch)
    packet = finding.packet if finding and finding.packet else None
    return structs.replace(
        conversation,
        outcome=(finding.outcome if finding else None) or conversation.outcome,
        decided_at=Place(path, packet, mark="#") if packet else conversation.decided_at,
        detail=_detail(watch, finding.reason if finding else None),
    )


def _detail(watch: Watch, reason: str | None) -> ConversationDetail:
    dissector = watch.dissector
    proxy, target = watch.ways[End.PROXY], watch.ways[End.TARGET]
    told = ConversationDetail(
        reason=reason,
        icmp=_icmp(watch),
        path_mtu=proxy.sizes.told or target.sizes.told,
        out_of_order=proxy.stream.out_of_order + target.stream.out_of_order,
        zero_windows_by_target=target.zero_windows,
        zero_windows_by_proxy=proxy.zero_windows,
        packets=watch.packets,
        packets_left_out=watch.left_out,
        left_out_after=len(watch.beginning),
        silent_midway_s=silence_midway_s(watch),
        gaps=proxy.unseen.number + target.unseen.number,
    )
    match dissector:
        case None:
            return told
        case Http1Dissector():
            return structs.replace(told, protocol=dissector.protocol, exchanges=dissector.told)
        case Http2Dissector():
            return structs.replace(told, protocol=dissector.protocol, http2=dissector.told)
        case TlsDissector():
            return structs.replace(told, protocol=dissector.protocol, tls=dissector.told)


def _icmp(watch: Watch) -> tuple[IcmpError, ...]:
    path, opener = watch.conversation.at.path, watch.opener
    return tuple(
        IcmpError(
            at=Place(path, c.number, mark="#"),
            at_s=c.at_s,
            name=c.name,
            sender=c.complainer,
            about=End.PROXY if c.sender == opener else End.TARGET,
            mtu_bytes=c.mtu_bytes,
        )
        for c in watch.complaints
    )


def _finding(watch: Watch) -> Finding | None:
    outcome, dissector = watch.conversation.outcome, watch.dissector
    if outcome not in _SEEN and watch.lacks:
        return Finding("the capture lacks packets of it: more was acknowledged than it holds", Outcome.PARTIAL)
    if outcome is Outcome.REFUSED and watch.conversation.idle_before_request_s is not None:
        # What is refused sends nothing but SYNs: the reset answers something later.
        return Finding("data were sent on it, so that its SYN-ACK is missing in the capture", Outcome.PARTIAL)
    if outcome is Outcome.CLOSED_BEFORE_ANSWER and watch.answer_unseen:
        return Finding("the target sent something before its FIN that the capture does not hold", Outcome.PARTIAL)
    if outcome in _NO_HANDSHAKE:
        return _unreachable(watch)
    if unheard(watch.conversation):
        return None if watch.lacks else _unheard(watch.conversation)
    if isinstance(dissector, Http2Dissector):
        return _http2(dissector)
    if outcome is Outcome.STALE:
        return _ignored(watch)
    if isinstance(dissector, TlsDissector):
        return _tls(watch, dissector)
    return _http1(watch, dissector) if isinstance(dissector, Http1Dissector) else None


def _unreachable(watch: Watch) -> Finding | None:
    """An ICMP error about a SYN makes connect() fail at once (`tcp_v4_err`, state SYN_SENT)."""
    said = next((c for c in watch.complaints if c.sender == watch.opener and c.name != FRAGMENTATION_NEEDED), None)
    return Finding(f"{said.complainer} says: {said.name}", Outcome.UNREACHABLE, said.number) if said else None


def _unheard(conversation: Conversation) -> Finding:
    """The proxy may have given up long ago: nothing but its repetitions is sent before they are acknowledged."""
    again = count(conversation.retransmissions_sent, "time")
    span_s = conversation.last_s - (conversation.request_s or conversation.last_s)
    reason = f"sent again {again} in {span_s:.1f} s, until the capture ends, and never acknowledged"
    if not conversation.new:
        return Finding(reason, Outcome.STALE)
    return Finding(reason, Outcome.NOT_ANSWERED if conversation.bytes_acknowledged else Outcome.NEVER_ACKNOWLEDGED)


def _ignored(watch: Watch) -> Finding | None:
    """The target ended it without having acknowledged the request, too late to have crossed it."""
    conversation = watch.conversation
    ended_s, asked_s = conversation.end_s, conversation.request_s
    by_target = conversation.reset_by_target or conversation.fin_by_target_s is not None
    if not by_target or ended_s is None or asked_s is None or ended_s - asked_s < SILENT_S:
        return None
    again = count(conversation.retransmissions_sent, "retransmission")
    return Finding(f"nothing of the request was acknowledged in {ended_s - asked_s:.1f} s and {again}")


def _tls(watch: Watch, dissector: TlsDissector) -> Finding | None:
    conversation, told = watch.conversation, dissector.told
    if conversation.outcome in _NO_ANSWER and dissector.proxy_took_leave:
        # The first look takes any bytes for a request; and whoever hears this closes (RFC 8446, section 6.1).
        ended = Outcome.ANSWERED if conversation.exchanges else Outcome.UNUSED
        return Finding("the proxy's last words were a close_notify, and no request", ended)
    if conversation.outcome not in _ENDED:
        return None
    if told.plain_answer:
        return Finding(
            "the ClientHello was answered by something that is not TLS", Outcome.TLS_FAILED, dissector.decided
        )
    fin = watch.ways[End.TARGET].fin
    left_first = fin is not None and not told.server_hello and fin.number < (dissector.decided or 0)
    if told.alert and not left_first:
        name = "an encrypted alert" if told.alert == "encrypted" else f"alert {told.alert}"
        return Finding(f"the {told.alert_by} broke off with {name}", Outcome.TLS_FAILED, dissector.decided)
    if told.established is not False or (conversation.outcome is Outcome.ANSWERED and not left_first):
        return None
    how = "closed" if fin else "reset"
    packet = fin.number if fin else None
    return Finding(f"the target {how} the connection in the middle of the TLS handshake", Outcome.TLS_FAILED, packet)


def _http1(watch: Watch, dissector: Http1Dissector) -> Finding | None:
    conversation = watch.conversation
    if conversation.outcome in _NO_ANSWER and (early := _answered_early(watch, dissector)):
        return early
    if conversation.outcome not in _ENDED:
        return None
    left = conversation.reset_by_opener or conversation.fin_by_opener_s is not None
    if dissector.answers.broken and not dissector.requests.broken and left:
        return Finding(_malformed(dissector), Outcome.MALFORMED, dissector.broken_at)
    last = dissector.told[-1] if dissector.turns else None
    if last is None or last.answer is None:
        return None
    if last.complete and (conversation.outcome is Outcome.ANSWER_CUT or _reset_right_after(conversation)):
        return Finding("the answer was complete before the reset", Outcome.ANSWERED)
    if not last.request or last.complete is not False or not _target_left_first(watch):
        return None
    reason = (
        f"the body ended after {count(last.received_bytes, 'byte')}, without its last chunk"
        if last.chunked
        else f"the body ended after {last.received_bytes:,} of {count(last.expected_bytes or 0, 'byte')}"
    )
    fin = watch.ways[End.TARGET].fin
    if conversation.outcome is Outcome.ANSWERED and fin is not None:
        return Finding(reason, Outcome.TRUNCATED, fin.number)
    return Finding(reason)


def _reset_right_after(conversation: Conversation) -> bool:
    """The target ended it in a hurry, and nobody else did."""
    c = conversation
    if c.outcome is not Outcome.ANSWERED or not c.reset_by_target or c.end_s is None or c.answer_s is None:
        return False
    otherwise = c.reset_by_opener or c.fin_by_opener_s is not None or c.fin_by_target_s is not None
    return not otherwise and c.end_s - c.answer_s < SOON_S


def _answered_early(watch: Watch, dissector: Http1Dissector) -> Finding | None:
    """What the first look took for a request without an answer was the rest of one that had its answer already: a
    server may answer before the request is whole, and close (RFC 9112, section 9.6).

    Not so if the target resets while the proxy still sends: the proxy can lose the answer.
    """
    requests, turn = dissector.requests, dissector.turns[-1] if dissector.turns else None
    if turn is None or turn.request is None or turn.answer is None or not turn.answer.headed:
        return None
    if requests.lost or requests.broken or requests.message is not turn.request or turn.answer.status == SWITCHED:
        return None
    if dissector.answers.broken or not (turn.answer.complete or _ended_by_close(watch, turn.answer)):
        return None
    if _reset_by_target_first(watch):
        return Finding("the answer came before the request was whole, and a reset which can have destroyed it")
    return Finding("the answer came before the request was whole", Outcome.ANSWERED)


def _ended_by_close(watch: Watch, answer: Message) -> bool:
    """An answer that told no length is whole where the target's FIN is (RFC 9112, section 6.3)."""
    return not answer.chunked and answer.expected_bytes is None and watch.ways[End.TARGET].fin is not None


def _reset_by_target_first(watch: Watch) -> bool:
    """Before the proxy ended the connection, as far as its last packets are known."""
    endings = (p for p in watch.packets if "RST" in p.flags or (p.sender is End.PROXY and "FIN" in p.flags))
    ending = next(endings, None)
    return ending is not None and ending.sender is End.TARGET


def _malformed(dissector: Http1Dissector) -> str:
    if speaks_tls_alert(dissector.broken_begin):
        return "the answer is a TLS alert: the target speaks TLS on this port"
    return f"the answer is not HTTP: {dissector.answers.broken}"


def _target_left_first(watch: Watch) -> bool:
    fin, own = watch.ways[End.TARGET].fin, watch.ways[End.PROXY].fin
    if watch.conversation.outcome is Outcome.ANSWER_CUT:
        return True
    return fin is not None and (own is None or fin.number < own.number) and not _reset_before(watch, fin.number)


def _reset_before(watch: Watch, number: int) -> bool:
    return any(p.sender is End.PROXY and "RST" in p.flags and p.number < number for p in watch.packets)


def _http2(dissector: Http2Dissector) -> Finding | None:
    told = dissector.told
    if told.goaway is None:
        return Finding(f"RST_STREAM {told.reset_error}") if told.resets else None
    beyond = f", {count(told.streams_past_goaway, 'stream')} begun beyond it" if told.streams_past_goaway else ""
    reason = f"GOAWAY {told.goaway} after stream {told.last_stream}{beyond}"
    return Finding(reason, Outcome.GONE_AWAY, dissector.goaway_packet) if told.streams_past_goaway else Finding(reason)
