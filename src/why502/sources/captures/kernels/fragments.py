"""Fragments of IP packets: the first one carries the TCP header, the later ones more of its payload.

Only the last few first fragments are remembered, by the hash of what makes fragments belong together (RFC 791,
section 3.2; RFC 8200, section 4.5). A later one that comes before its first one is not understood.
"""

from __future__ import annotations

from typing import Final

from why502.sources.captures.kernels.layout import (
    F_ACK,
    F_FLAGS,
    F_FROM_HIGH,
    F_FROM_LOW,
    F_HEADER,
    F_ID,
    F_PORTS,
    F_SEQ,
    F_TO_HIGH,
    F_TO_LOW,
    FRAGMENT_WORDS,
    S_ACK,
    S_CONTINUES,
    S_DATA_AT,
    S_FLAGS,
    S_FROM_HIGH,
    S_FROM_LOW,
    S_IP_ID,
    S_PAYLOAD,
    S_PORTS,
    S_SEQ,
    S_TO_HIGH,
    S_TO_LOW,
    S_WINDOW,
)
from why502.sources.captures.kernels.reasons import FRAGMENT_REST, SEGMENT
from why502.sources.captures.kernels.words import Words, mix

REMEMBERED: Final = 256
_SYN, _RST, _FIN = 0x02, 0x04, 0x01


def place_of(out: Words, o: int, fragments: Words) -> int:
    """Where the first fragment of this packet is remembered, if it is."""
    tag = mix(mix(mix(0, out[o + S_FROM_LOW]), out[o + S_TO_LOW]), out[o + S_IP_ID])
    return tag % (len(fragments) // FRAGMENT_WORDS) * FRAGMENT_WORDS


def remember(out: Words, o: int, fragments: Words, header: int) -> None:
    """A first fragment, with `header` bytes of TCP header."""
    f = place_of(out, o, fragments)
    fragments[f + F_FROM_HIGH], fragments[f + F_FROM_LOW] = out[o + S_FROM_HIGH], out[o + S_FROM_LOW]
    fragments[f + F_TO_HIGH], fragments[f + F_TO_LOW] = out[o + S_TO_HIGH], out[o + S_TO_LOW]
    fragments[f + F_ID], fragments[f + F_PORTS] = out[o + S_IP_ID], out[o + S_PORTS]
    fragments[f + F_SEQ], fragments[f + F_ACK] = out[o + S_SEQ], out[o + S_ACK]
    fragments[f + F_FLAGS], fragments[f + F_HEADER] = out[o + S_FLAGS], header


def continue_segment(out: Words, o: int, fragments: Words, payload: int) -> int:
    """A later fragment, as more payload of its segment; the FIN belongs to the last one."""
    if len(fragments) == 0:
        return FRAGMENT_REST
    f, more, offset = place_of(out, o, fragments), out[o + S_CONTINUES] & 1, out[o + S_CONTINUES] >> 1
    known = (
        fragments[f + F_HEADER] > 0
        and fragments[f + F_FROM_HIGH] == out[o + S_FROM_HIGH]
        and fragments[f + F_FROM_LOW] == out[o + S_FROM_LOW]
        and fragments[f + F_TO_HIGH] == out[o + S_TO_HIGH]
        and fragments[f + F_TO_LOW] == out[o + S_TO_LOW]
        and fragments[f + F_ID] == out[o + S_IP_ID]
    )
    if not known or offset < fragments[f + F_HEADER] or payload < 0:
        return FRAGMENT_REST
    flags = fragments[f + F_FLAGS]
    begun = fragments[f + F_SEQ] + int(flags & _SYN != 0)
    out[o + S_PORTS], out[o + S_ACK] = fragments[f + F_PORTS], fragments[f + F_ACK]
    out[o + S_SEQ] = begun + offset - fragments[f + F_HEADER] & 0xFFFFFFFF
    out[o + S_FLAGS] = flags & ~(_SYN | _RST | _FIN) if more else flags & ~(_SYN | _RST)
    out[o + S_PAYLOAD], out[o + S_WINDOW], out[o + S_DATA_AT], out[o + S_CONTINUES] = payload, -1, 0, 1
    return SEGMENT
