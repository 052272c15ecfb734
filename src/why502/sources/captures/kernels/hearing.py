"""What was said in a conversation, as flags, and whether that is odd: a reason to look at it a second time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.sources.captures.kernels import said
from why502.sources.captures.kernels.flows import data_seq, relative
from why502.sources.captures.kernels.layout import (
    C_FLOWS,
    C_OPENER,
    C_SPOKEN,
    EXPECTED,
    FIN_FRAME,
    FLOW_WORDS,
    LONG_HEAD,
    RUN_FRAME,
    RUN_FROM,
    S_NUMBER,
    S_SAID,
    S_TAIL,
    S_TOTAL,
    SENT,
    SPEAKS_HTTP1,
    SPEAKS_HTTP2,
    TAIL_ENDED,
    TAIL_UNENDED,
    TURNS,
)
from why502.sources.captures.kernels.outcomes import LACKING, end_of, extent_of_answer

if TYPE_CHECKING:
    from why502.sources.captures.kernels.words import Words

SPEAKS_TLS: Final = 4
"""The opener does."""
FOREIGN: Final = 8
"""An answer is not of the opener's protocol, or breaks off: an alert, a GOAWAY."""
TO_HEAD: Final = 32
"""The latest request was a HEAD."""

TWICE: Final = 2
"""A conversation that must be looked at twice..."""
MAYBE: Final = 1
"""...one that should..."""
PLAIN: Final = 0
"""...and one like all others."""

HANDSHAKE_TURNS: Final = 2
FAREWELL_BYTES: Final = 64
"""The target's turns of a TLS handshake, and more than an alert of either version has: nothing was served."""


def hear_said(table: Words, r: int, side: int, flow: int, segments: Words, s: int) -> None:
    """Take note of a segment whose payload was captured."""
    kind, spoken, opener = segments[s + S_SAID], table[r + C_SPOKEN], table[r + C_OPENER]
    if opener == side or (opener < 0 and kind in (said.REQUEST, said.HEAD_REQUEST)):
        table[r + C_SPOKEN] = asked(spoken, kind)
    elif opener >= 0 or spoken & SPEAKS_HTTP1:
        begins = table[flow + RUN_FRAME] == segments[s + S_NUMBER]
        table[r + C_SPOKEN] = answered(spoken, kind, int(begins), segments[s + S_TAIL])
        if spoken & SPEAKS_HTTP1 and said.ANSWER <= kind <= said.LONG_ANSWER:
            total = 0 if spoken & TO_HEAD and segments[s + S_TOTAL] else segments[s + S_TOTAL]
            if total > 0:
                end = relative(table, flow, data_seq(segments, s)) + total
                table[flow + EXPECTED] = max(1, end)
            else:
                table[flow + EXPECTED] = total


def continues_request(table: Words, r: int, peer: int, follows: int, said_here: int) -> int:
    """Whether payload after an answer is the rest of the answered request's body, not the next request.

    A server may answer before the request is whole (RFC 9112, section 9.6), and the body goes on until its end. In
    HTTP/1 a request begins with its method: what follows without a gap and begins otherwise begins no request. Not
    so after 1xx, which are no answer yet (100) or end HTTP (101), nor after an answer that tells no length (a
    tunnel's), unless the target's FIN ended it. A body that goes on with what looks like a method is left to the
    second look.
    """
    if not follows or said_here != said.OTHER or not table[r + C_SPOKEN] & SPEAKS_HTTP1:
        return 0
    return int(table[peer + EXPECTED] != 0 or table[peer + FIN_FRAME] > 0)


def asked(spoken: int, kind: int) -> int:
    """The flags after the opener spoke."""
    if kind in (said.REQUEST, said.HEAD_REQUEST):
        if not spoken & (SPEAKS_HTTP2 | SPEAKS_TLS):
            spoken = spoken & ~TO_HEAD | SPEAKS_HTTP1
            if kind == said.HEAD_REQUEST:
                spoken |= TO_HEAD
    elif kind == said.PREFACE:
        spoken |= SPEAKS_HTTP2
    elif kind == said.TLS and not spoken & (SPEAKS_HTTP1 | SPEAKS_HTTP2):
        spoken |= SPEAKS_TLS
    elif kind == said.TLS_ALERT and spoken & SPEAKS_TLS:
        spoken |= FOREIGN
    return spoken


def answered(spoken: int, kind: int, begins: int, ends: int) -> int:
    """The flags after the target spoke; `begins`: it is the beginning of an answer."""
    spoken = spoken & ~(TAIL_ENDED | TAIL_UNENDED)
    if ends == said.ENDED:
        spoken |= TAIL_ENDED
    elif ends == said.UNENDED:
        spoken |= TAIL_UNENDED
    if spoken & SPEAKS_HTTP1:
        if kind == said.ODD_ANSWER or (begins and kind not in (said.ANSWER, said.LONG_ANSWER)):
            spoken |= FOREIGN
        if kind == said.LONG_ANSWER:
            spoken |= LONG_HEAD
    elif spoken & SPEAKS_TLS:
        if kind == said.TLS_ALERT or (begins and kind != said.TLS):
            spoken |= FOREIGN
    elif spoken & SPEAKS_HTTP2 and kind == said.GOAWAY:
        spoken |= FOREIGN
    return spoken


def oddity(table: Words, r: int) -> int:
    """How much a conversation that is over deserves a second look for what was said in it."""
    spoken, opener = table[r + C_SPOKEN], r + C_FLOWS + table[r + C_OPENER] * FLOW_WORDS
    target = r + C_FLOWS + (1 - table[r + C_OPENER]) * FLOW_WORDS
    if spoken & FOREIGN:
        return TWICE
    if not end_of(table, opener)[0] and not end_of(table, target)[0]:
        return PLAIN
    if spoken & SPEAKS_HTTP1:
        if extent_of_answer(table, r, target) == LACKING:
            return TWICE
        return MAYBE if spoken & LONG_HEAD or 0 < table[target + EXPECTED] < table[target + SENT] else PLAIN
    if spoken & SPEAKS_TLS and table[target + TURNS] <= HANDSHAKE_TURNS:
        served = table[target + SENT] - table[target + RUN_FROM] > FAREWELL_BYTES
        return PLAIN if served and table[target + TURNS] == HANDSHAKE_TURNS else TWICE
    return PLAIN
