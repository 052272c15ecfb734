"""Makes text that strangers wrote fit to be shown: nothing in it can steer a terminal, reorder a line or hide.

Log lines, paths and process names reach the reports as they were found. The threat is the terminal's escape
sequences (C0 and C1 control characters), the bidirectional controls ("Trojan Source", CVE-2021-42574), characters
without a width, and lone surrogates, which Python makes of file names that are not UTF-8 and cannot print.
"""

from __future__ import annotations

import json

from why502.model.expressions import expression

LIMIT_CHARACTERS = 600
"""The most of one field that is shown: a sentence of ours has below 300, a log line of a stranger has no limit."""

_HIDDEN = "\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
_HIDDEN += "\U000e0000-\U000e007f"
_UNSAFE = expression(f"[\u0000-\u001f{_HIDDEN}]")
_UNSAFE_IN_JSON = expression(f"[{_HIDDEN}]")


def legible(text: str, limit: int = LIMIT_CHARACTERS) -> str:
    r"""One line; what cannot be shown is spelled out, what is too long is cut and says so.

    >>> legible("\x1b[2J"), legible("abcdef", limit=3)
    ('\\x1b[2J', 'abc... (3 more characters)')
    """
    cut = len(text) - limit
    shown = text if cut <= 0 else f"{text[:limit]}... ({cut:,} more characters)"
    return _UNSAFE.sub(lambda found: _spelled(found[0]), shown)


def legible_json(document: str) -> str:
    r"""The same JSON value, with the same characters written as escapes; only lone surrogates are spelled out.

    JSON has already escaped everything below U+0020.
    """
    return _UNSAFE_IN_JSON.sub(lambda found: _escaped(found[0]), document)


def _escaped(character: str) -> str:
    return json.dumps(_spelled(character) if "\ud800" <= character <= "\udfff" else character)[1:-1]


def _spelled(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
