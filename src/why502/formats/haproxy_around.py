"""What stands in front of HAProxy's lines, in steps: syslog of both kinds, and what Kubernetes' nodes write.

Each part that a step takes more freely than `formats.envelopes` would is held against an expression afterwards.
"""

from __future__ import annotations

import re

from why502.formats.columns import Step, Take
from why502.model.expressions import expression

_CLOCK = r"\d\d:\d\d(\.\d{1,9})?"
_TRADITIONAL = expression(rf"(?:<\d{{1,3}}>)?[A-Z][a-z]{{2}} [ \d]\d (?:\d{{4}} )?\d\d:{_CLOCK} .*: ", re.ASCII)
_MODERN = expression(rf"(?:<\d{{1,3}}>(1 )?)?\d{{4}}-\d\d-\d\dT\d\d:{_CLOCK}(Z|[+-]\d\d:\d\d) (.*)", re.ASCII)

SURELY = {
    "hour": expression(r"(?:<\d{1,3}>)?(?:[A-Z][a-z]{2} [ \d]\d (?:\d{4} )?\d\d|\d{4}-\d\d-\d\dT\d\d)", re.ASCII),
    "hour5424": expression(r"<\d{1,3}>1 \d{4}-\d\d-\d\dT\d\d", re.ASCII),
    "sender": expression(r' (?:[^\s\[\]"{}]{1,255} )?[^\s:\[\]"{}]{1,64}(?:\[\d{1,10}\])?', re.ASCII),
    "zone": expression(r"[+-]\d\d", re.ASCII),
    "stream": expression(r"stdout|stderr", re.ASCII),
}
"""Column -> what the envelope's expressions ask of it."""


def around(prefix: str) -> tuple[Step, ...] | None:
    """The steps for what stands in front; None if it is of another kind."""
    if not prefix:
        return ()
    if told := _TRADITIONAL.fullmatch(prefix):
        return (*_clock("hour", told[1]), *_SENDER)
    told = _MODERN.fullmatch(prefix)
    if told is None:
        return None
    version, fraction, zone, rest = told.groups()
    steps = (*_clock("hour5424" if version else "hour", fraction), *(_ZULU if zone == "Z" else _ZONED))
    if version:
        return (*steps, *_RFC_5424) if rest.endswith(" - ") else None
    if rest in ("stdout F ", "stderr F "):
        return (*steps, *_CRI)
    return (*steps, *_SENDER) if rest.endswith(": ") else None


def _clock(hour: str, fraction: str | None) -> tuple[Step, ...]:
    """Up to the seconds, and as much behind their point as there is."""
    behind = (_literal("."), Step(Take.NUMBER, until="", most=9)) if fraction else ()
    return (
        Step(Take.TEXT, hour, until=":", least=9, most=22),
        Step(Take.NUMBER, until=":", least=2, most=2),
        Step(Take.NUMBER, until="", least=2, most=2),
        *behind,
    )


def _literal(text: str) -> Step:
    return Step(Take.LITERAL, text=text, until="")


_ZULU = (_literal("Z"),)
_ZONED = (
    Step(Take.TEXT, "zone", until=":", least=3, most=3),
    Step(Take.NUMBER, until="", least=2, most=2),
)
_SENDER = (Step(Take.TEXT, "sender", until=":", most=340), _literal(" "))
_CRI = (_literal(" "), Step(Take.WORD, "stream", most=6), _literal("F "))
_RFC_5424 = (
    _literal(" "),
    Step(Take.WORD, most=255),
    Step(Take.WORD, most=48),
    Step(Take.WORD, most=128),
    Step(Take.WORD, most=32),
    _literal("- "),
)
