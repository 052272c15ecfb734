"""`git log` in the formats that people use: the built-in ones, and one line a commit with any order of fields.

A commit's time is that of the committer where it is told (when it landed), else the author's. A commit without a time
of day (`--oneline`, `--date=short`) is counted as not understood: an invented time would be worse than none.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Final

import msgspec

from why502.model.case import Change, Misread
from why502.model.evidence import Place
from why502.model.expressions import expression
from why502.sources.changes.git_dates import Dated, find_date
from why502.sources.changes.lists import LOG_WORDS
from why502.sources.changes.records import changed, reading
from why502.sources.interface import HEAD_BYTES, EvidenceFile, Reader, Reading, lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

KIND: Final = "git-log"
HINT: Final = "git log --format='%cI %s' tells it"

MAX_LINES: Final = 1_000_000
MAX_LINE: Final = 4096

FIT_BLOCKS: Final = 0.9
FIT_HASHES: Final = 0.25
"""Above a list of bare lines (`lists.FIT_BARE`), below every log."""
FIT_DATES: Final = 0.19
"""Lines that begin with a time may be anybody's."""

_COLOURS = expression(r"\x1b\[[0-9;]{0,16}m")
_GRAPH = expression(r"(?:[*|\\/_] ?){1,64}")
_WORD = expression(r"[^\W\d_]{2,}")
_COMMIT = expression(r"commit ([0-9a-f]{7,64})\b", re.ASCII)
_MAIL = expression(r"From [0-9a-f]{40,64} Mon Sep 17 00:00:00 2001$", re.ASCII)
_HEADER = expression(r"(CommitDate|AuthorDate|Date|committer|author|Subject):? +(.*)", re.ASCII)
_HASH = expression(r"[\"']?([0-9a-f]{7,40})\b(?!-)", re.ASCII)
_LETTERED = expression(r"[\"']?[0-9]{0,39}[a-f]", re.ASCII)
_AROUND = " \t|,;:\"'()<>[]-"
_JSON_TIMES = ("date", "committer_date", "committed_at", "author_date", "time", "timestamp", "at")
_JSON_TEXTS = ("subject", "message", "title", "body", "text")
_JSON_HASHES = ("commit", "hash", "sha", "id", "abbreviated_commit")
_LATER: Final = ("committer", "CommitDate")
"""Headers that win over the author's."""


def fit(head: bytes) -> float:
    """Blocks that begin with `commit HASH` are git's; single lines are, if each has a hash (and nearly all a time)."""
    told = _COLOURS.sub("", head.decode("utf-8", "replace")).removeprefix("\ufeff").split("\n")[:400]
    some = [line[:MAX_LINE] for line in told if line.strip()]
    first = next((_bare(line) for line in some), "")
    if _COMMIT.match(first) or _MAIL.match(first):
        return FIT_BLOCKS
    own = [line for line in map(_bare, some) if line and not line.startswith(" ")]
    if not own or len(head) >= HEAD_BYTES:
        return 0.0
    if all(_json(line) or _HASH.match(line) for line in own):
        lettered = sum(bool(_json(line) or _LETTERED.match(line)) for line in own)
        if 2 * lettered > len(own):  # else they are numbers of any kind
            return FIT_HASHES
    return FIT_DATES if all(map(_dated_first, own)) and 2 * sum(map(_worded, own)) > len(own) else 0.0


def _worded(line: str) -> bool:
    """Subjects are sentences."""
    found = find_date(line)
    return isinstance(found, Dated) and len(_WORD.findall(_without(line, found))) > 1


def _dated_first(line: str) -> bool:
    """A time that hardly a log begins with, or any time and then a hash; and no word of logs behind it."""
    found = find_date(line)
    if not isinstance(found, Dated) or found.begin > 1:
        return False
    rest = line[found.end :].lstrip(_AROUND)
    return (line[0] in '"1SMTWF' or _HASH.match(rest) is not None) and not LOG_WORDS.match(rest)


def _bare(line: str) -> str:
    """Without what `--graph` draws in front."""
    graph = _GRAPH.match(line) if line[:1] in "*|" else None
    return line[graph.end() :] if graph else line


def read(evidence: EvidenceFile) -> Reading:
    """Every commit as a change, or counted with the reason why not."""
    numbered = islice(lines(evidence), MAX_LINES)
    told = ((number, _bare(_COLOURS.sub("", line[:MAX_LINE]).rstrip())) for number, line in numbered)
    return reading(evidence.path, KIND, _records(told, evidence.path))


def _records(told: Iterable[tuple[int, str]], path: str) -> Iterator[tuple[Change, ...] | Misread]:
    block: tuple[int, list[str]] | None = None
    for number, line in told:
        if _COMMIT.match(line) or _MAIL.match(line):
            if block:
                yield _from_block(block[1], Place(path, block[0]))
            block = number, []
        elif block is not None:
            if len(block[1]) < 40:
                block[1].append(line)
        elif line and not line.startswith(" "):
            yield _from_line(line, Place(path, number))
    if block:
        yield _from_block(block[1], Place(path, block[0]))


def _from_block(block: list[str], at: Place) -> tuple[Change, ...] | Misread:
    headers: dict[str, str] = {}
    for line in block:
        if found := _HEADER.match(line):
            headers.setdefault(found[1], found[2])
    dated = next((headers[name] for name in (*_LATER, "AuthorDate", "Date", "author") if name in headers), "")
    when = find_date(dated)
    if not isinstance(when, Dated):
        return Misread(at, f"a commit with {when}: {HINT}")
    body = (line.strip() for line in block if line.startswith("    ") and line.strip())
    subject = headers.get("Subject", "").removeprefix("[PATCH] ") or next(body, "")
    return (changed(when.at_s, subject or "a commit without a subject", at),)


def _from_line(line: str, at: Place) -> tuple[Change, ...] | Misread:
    if (values := _json(line)) is not None:
        text, dated = values
        when = find_date(dated)
    else:
        when = find_date(line)
        text = _without(line, when) if isinstance(when, Dated) else ""
    if not isinstance(when, Dated):
        return Misread(at, f"a commit with {when}: {HINT}")
    return (changed(when.at_s, text.strip(_AROUND) or "a commit without a subject", at),)


def _without(line: str, when: Dated) -> str:
    """What a line says besides its time and its hash."""
    text = " ".join(part.strip(_AROUND) for part in (line[: when.begin], line[when.end :])).strip()
    hashed = _HASH.match(text)
    return " ".join((text[hashed.end() :] if hashed else text).split())


def _json(line: str) -> tuple[str, str] | None:
    """Text and time of a commit as an object."""
    if not line.startswith("{"):
        return None
    try:
        values = msgspec.json.decode(line.rstrip(","), type=dict[str, object])
    except (msgspec.DecodeError, RecursionError):
        return None
    if not any(name in values for name in _JSON_HASHES):
        return None
    text = next((str(values[name])[:MAX_LINE] for name in _JSON_TEXTS if values.get(name)), "")
    dated = next((str(values[name])[:64] for name in _JSON_TIMES if isinstance(values.get(name), (str, int))), None)
    return None if dated is None else (text, dated)


READER = Reader(KIND, fit, read)
