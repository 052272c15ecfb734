"""From records to a reading: what every format of changes does alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from why502.formats.fields import iso_time
from why502.model.case import Change, Input, KernelEvent, Misread, Window
from why502.model.decoding import ready
from why502.model.evidence import Place, Source
from why502.model.settings import TargetSetting
from why502.sources.interface import FIRST_MISREAD, EvidenceFile, Reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_BYTES: Final = 64 << 20
"""A busy cluster's events of a day; a longer document is refused with a reason."""
MAX_FACTS: Final = 100_000
MAX_TEXT_CHARACTERS: Final = 500
LAST_S: Final = 4_102_444_800.0
"""The year 2100: what claims to be later, or before 1970, is no time."""

Fact = Change | KernelEvent
Told = Fact | TargetSetting
T = TypeVar("T")


def reading(
    path: str, kind: str, records: Iterable[tuple[Told, ...] | Misread], source: Source = Source.CHANGES
) -> Reading:
    """A record that was understood gives no fact, one, or several.

    `source` is what the file is there for; one that is no list of changes counts as such if it tells of one.
    """
    facts: list[Fact] = []
    settings: list[TargetSetting] = []
    misreads: list[Misread] = []
    understood = not_understood = 0
    for record in records:
        if isinstance(record, Misread):
            not_understood += 1
            misreads += [record] if len(misreads) < FIRST_MISREAD else []
        else:
            understood += 1
            room = MAX_FACTS - len(facts) - len(settings)
            facts += [fact for fact in record[:room] if not isinstance(fact, TargetSetting)]
            settings += [fact for fact in record[:room] if isinstance(fact, TargetSetting)]
    facts.sort(key=lambda fact: fact.at_s)
    line = Input(
        path=path,
        kind=kind,
        source=source,
        records=understood,
        not_understood=not_understood,
        first_not_understood=tuple(misreads),
        window=Window(facts[0].at_s, facts[-1].at_s) if facts else None,
        also=tuple(_also(source, facts, settings)),
    )
    return Reading(line, (*facts, *settings))


def _also(source: Source, facts: Iterable[Fact], settings: Iterable[TargetSetting]) -> Iterator[Source]:
    if source is not Source.CHANGES and any(isinstance(fact, Change) for fact in facts):
        yield Source.CHANGES
    if any(settings):
        yield Source.CONFIGURATION


def document(evidence: EvidenceFile, shape: type[T]) -> T | Misread:
    """The whole file as one JSON document."""
    with evidence.open() as stream:
        content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        return Misread(Place(evidence.path), f"larger than {MAX_BYTES >> 20} MiB")
    return decoded(content.removeprefix(b"\xef\xbb\xbf"), shape, Place(evidence.path))


def decoded(content: bytes | str | msgspec.Raw, shape: type[T], at: Place) -> T | Misread:
    try:
        return msgspec.json.decode(content, type=ready(shape))
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        return Misread(at, str(error))


def when(at: str | float | None) -> float | None:
    """ISO 8601, or seconds since the epoch; None for what is no time."""
    at_s = iso_time(at) if isinstance(at, str) else at
    return at_s if at_s is not None and 0 < at_s < LAST_S else None


def changed(at_s: float, text: str, at: Place) -> Change:
    return Change(at_s, text.strip()[:MAX_TEXT_CHARACTERS], at)
