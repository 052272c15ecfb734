"""What a segment's payload says at first sight: enough to know which conversations deserve a second look.

Only beginnings are read, at most `MAX_HEAD_BYTES` of them, and nothing is kept but numbers. A wrong guess costs a
second look, or misses one; it never makes a failure (`captures.detail` does, with real parsers).
"""

from __future__ import annotations

from typing import Final

from why502.sources.captures.kernels.words import Octets, u8, u16, u32

NOTHING: Final = 0
"""No payload was captured."""
REQUEST: Final = 1
HEAD_REQUEST: Final = 2
"""Its answer has no body, whatever its headers say."""
PREFACE: Final = 3
"""Of HTTP/2 (RFC 9113, section 3.4)."""
TLS: Final = 4
TLS_ALERT: Final = 5
"""A plain one that breaks off (RFC 8446, section 6)."""
ANSWER: Final = 6
ODD_ANSWER: Final = 7
"""It begins as HTTP, and a header line is none, or it tells its length twice (RFC 9112, sections 6.1 and 6.3: some
proxies refuse that)."""
LONG_ANSWER: Final = 8
"""Its headers do not end in this segment."""
GOAWAY: Final = 9
OTHER: Final = 10

CHUNKED: Final = -1
ENDED: Final = 1
UNENDED: Final = 2
"""Whether a segment ends as the last chunk of an answer does; 0: its end was not captured."""

MAX_HEAD_BYTES: Final = 16_384
MAX_FRAMES: Final = 32
_HTTP: Final = 0x48545450
"""'HTTP'."""
_LEAST_BYTES: Final = 5
_LF, _CR, _COLON, _SPACE, _TAB, _HYPHEN = 0x0A, 0x0D, 0x3A, 0x20, 0x09, 0x2D


def what(data: Octets, at: int, end: int) -> int:
    """What begins at `data[at]`."""
    if end - at < _LEAST_BYTES:
        return NOTHING
    first = u8(data, at)
    if 20 <= first <= 23 and data[at + 1] == 3 and data[at + 2] <= 4:
        is_plain = first == 21 and u16(data, at + 3) == 2 and end - at >= 7
        return TLS_ALERT if is_plain and data[at + 6] not in (0, 90) else TLS
    if u32(data, at) == _HTTP and data[at + 4] == 0x2F:
        return ANSWER
    if 0x41 <= first <= 0x5A:
        return request(data, at, end)
    return GOAWAY if first == 0 and going(data, at, end) else OTHER


def request(data: Octets, at: int, end: int) -> int:
    """By its method: capital letters (later ones can be hyphens: `M-SEARCH`), then a space."""
    letters = 0
    while at + letters < end and letters < 20 and (0x41 <= data[at + letters] <= 0x5A or data[at + letters] == _HYPHEN):
        letters += 1
    if letters < 3 or at + letters + 1 >= end or data[at + letters] != _SPACE:
        return OTHER
    if letters == 3 and data[at] == 0x50 and data[at + 1] == 0x52 and data[at + 2] == 0x49:
        return PREFACE
    is_head = letters == 4 and u32(data, at) == 0x48454144
    return HEAD_REQUEST if is_head else REQUEST


def going(data: Octets, at: int, end: int) -> int:
    """Whether these are HTTP/2 frames, and one of them a GOAWAY of stream 0."""
    for _ in range(MAX_FRAMES):
        if end - at < 9 or data[at + 3] > 16:
            return 0
        if data[at + 3] == 7 and u32(data, at + 5) == 0:
            return 1
        at += 9 + u16(data, at) * 0x100 + u8(data, at + 2)
    return 0


def answer(data: Octets, at: int, end: int) -> tuple[int, int]:
    """ANSWER, ODD_ANSWER or LONG_ANSWER; and how many bytes it has, its head included (0: not told; or CHUNKED)."""
    begin, end = at, min(end, at + MAX_HEAD_BYTES)
    status = status_of(data, at, end)
    if status < 0:
        return ODD_ANSWER, 0
    length, chunked, odd = -1, 0, 0
    at = line_end(data, at, end)
    while at < end:
        following = line_end(data, at, end)
        if following > end:
            break
        if data[at] == _LF or (data[at] == _CR and following - at == 2):
            total = announced(status, following - begin, length, chunked)
            return (ODD_ANSWER if odd else ANSWER), total
        colon = colon_in(data, at, following)
        if colon < 0:
            return ODD_ANSWER, 0
        if is_content_length(data, at, colon):
            odd |= int(length >= 0 or chunked)
            length = number(data, colon + 1, following)
        elif is_transfer_encoding(data, at, colon):
            odd |= int(length >= 0 or chunked)
            chunked = 1
        at = following
    return LONG_ANSWER, 0


def announced(status: int, head: int, length: int, chunked: int) -> int:
    """Bytes of an answer with its head (RFC 9112, section 6.3); 1xx are not the answer yet."""
    if 100 <= status < 200:
        return 0
    if status in (204, 304):
        return head
    if chunked:
        return CHUNKED
    return head + length if length >= 0 else 0


def status_of(data: Octets, at: int, end: int) -> int:
    """Of a status line `HTTP/1.1 200`; 999: it was not captured; -1: it is none."""
    if end - at < 12:
        return 999
    if data[at + 5] != 0x31 or data[at + 6] != 0x2E or data[at + 8] != _SPACE:
        return -1
    status = 0
    for place in range(at + 9, at + 12):
        if not 0x30 <= data[place] <= 0x39:
            return -1
        status = status * 10 + data[place] - 0x30
    return status


def line_end(data: Octets, at: int, end: int) -> int:
    """Where the next line begins; beyond `end`: this one does not end."""
    while at < end:
        if data[at] == _LF:
            return at + 1
        at += 1
    return end + 1


def colon_in(data: Octets, at: int, end: int) -> int:
    """Where the name of a header ends; -1: this line is no header. A line that begins with a space goes on."""
    if data[at] in (_SPACE, _TAB):
        return at
    for place in range(at, end):
        if data[place] == _COLON:
            return place if place > at else -1
        if data[place] <= _SPACE or data[place] >= 0x7F:
            return -1
    return -1


def is_content_length(data: Octets, at: int, colon: int) -> int:
    """Without regard to upper and lower case, by length and a few letters: `CoNTent-LeNGth`."""
    return int(
        colon - at == 14
        and data[at] | 0x20 == 0x63
        and data[at + 3] | 0x20 == 0x74
        and data[at + 7] == 0x2D
        and data[at + 8] | 0x20 == 0x6C
        and data[at + 13] | 0x20 == 0x68
    )


def is_transfer_encoding(data: Octets, at: int, colon: int) -> int:
    """As above: `Transfer-Encoding`."""
    return int(
        colon - at == 17
        and data[at] | 0x20 == 0x74
        and data[at + 8] == 0x2D
        and data[at + 9] | 0x20 == 0x65
        and data[at + 16] | 0x20 == 0x67
    )


def number(data: Octets, at: int, end: int) -> int:
    """A decimal number of at most 15 digits; -1: it is none."""
    value, digits = 0, 0
    for place in range(at, end):
        octet = u8(data, place)
        if 0x30 <= octet <= 0x39 and digits < 15:
            value, digits = value * 10 + octet - 0x30, digits + 1
        elif octet not in (_SPACE, _TAB, _CR, _LF):
            return -1
    return value if digits else -1


def tail(data: Octets, at: int, payload: int, end: int) -> int:
    """ENDED, UNENDED or 0, for a payload that begins at `at`; the last chunk is empty, and so is the line after it."""
    if at + payload > end or payload < 2:
        return 0
    last = at + payload
    if payload < 4:  # a piece of the end, or of anything
        return 0
    return ENDED if u32(data, last - 4) == 0x0D0A0D0A else UNENDED
