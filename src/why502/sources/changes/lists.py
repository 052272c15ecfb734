"""Lists of changes: deployments, upgrades, restarts that somebody recorded.

CSV or JSON with a time and a text, or bare lines 'TIME TEXT' as `git log --format='%cI %s'` prints them. Many files
begin their lines with a time, so a list without column names fits so little that any log fits better.
"""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

import msgspec

from why502.formats.fields import iso_time
from why502.model.case import Change, Misread
from why502.model.evidence import Place
from why502.model.expressions import expression
from why502.sources.changes.records import changed, reading
from why502.sources.interface import HEAD_BYTES, EvidenceFile, Reader, Reading

if TYPE_CHECKING:
    from collections.abc import Iterator

KIND = "changes"

TIME_NAMES = ("time", "at", "date", "timestamp", "when", "datetime", "deployed_at", "started_at", "created_at")
TEXT_NAMES = ("text", "change", "description", "message", "title", "what", "name", "event", "deployment", "subject")
LIST_NAMES = ("changes", "deployments", "events", "releases")

MAX_BYTES = 16 << 20
MAX_CHANGES = 100_000

FIT_NAMED = 0.5
FIT_BARE = 0.2

_LINE = expression(r"(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)) +(\S.*)", re.ASCII)
LOG_WORDS = expression(
    r"(?:TRC|DBG|INF|WRN|ERR|FTL) |[\w.-]{1,64}\[[\w.-]{1,32}\]: |(?:\S{1,64} )?[\d.]{7,15}[: ]\d{1,5} |"
    r"\W{0,3}(?:trace|debug|info|notice|warn|warning|error|fatal|crit|stdout|stderr)\b",
    re.IGNORECASE,
)
_JSON_START = expression(r'\s*(?:\[|\{\s*"(?:' + "|".join(LIST_NAMES) + r')"\s*:\s*\[)\s*\{([^{}]{1,2000})')

_Read = tuple[int, "Change | str"]


def fit(head: bytes) -> float:
    """Named columns or keys fit better than bare lines; a file beyond the head is too long for a list by hand."""
    text = head.decode("utf-8", "replace").removeprefix("\ufeff")
    if found := _JSON_START.match(text):
        keys = {key.lower() for key in re.findall(r'"(\w{1,40})"\s*:', found[1])}
        return FIT_NAMED if keys & set(TIME_NAMES) and keys & set(TEXT_NAMES) else 0.0
    lines = [line for line in text.split("\n") if line.strip()]
    if not lines:
        return 0.0
    if _columns(lines[0]) is not None:
        return FIT_NAMED
    bare = [found for line in lines if (found := _LINE.match(line.strip())) and not LOG_WORDS.match(found[2])]
    return FIT_BARE * len(bare) / len(lines) if len(head) < HEAD_BYTES else 0.0


def read(evidence: EvidenceFile) -> Reading:
    """Every record as a change, or counted with the reason why not."""
    return reading(
        evidence.path,
        KIND,
        (
            Misread(Place(evidence.path, number), record) if isinstance(record, str) else (record,)
            for number, record in _records(evidence)
        ),
    )


def _records(evidence: EvidenceFile) -> Iterator[_Read]:
    with evidence.open() as stream:
        content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        yield 1, f"larger than {MAX_BYTES >> 20} MiB"
        return
    text = content.decode("utf-8", "replace").removeprefix("\ufeff")
    if _JSON_START.match(text):
        yield from _from_json(evidence.path, text)
    elif (columns := _columns(text.split("\n", 1)[0])) is not None:
        yield from _from_csv(evidence.path, text, *columns)
    else:
        yield from _from_lines(evidence.path, text)


def _from_json(path: str, text: str) -> Iterator[_Read]:
    try:
        document = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        yield 1, f"not JSON: {error}"
        return
    if isinstance(document, dict):
        document = next((document[name] for name in LIST_NAMES if isinstance(document.get(name), list)), [])
    for number, item in enumerate(document[:MAX_CHANGES], 1):
        if not isinstance(item, dict):
            yield number, "not an object"
            continue
        named = {key.lower(): value for key, value in item.items()}
        at = next((named[name] for name in TIME_NAMES if name in named), None)
        what = next((named[name] for name in TEXT_NAMES if name in named), None)
        # A number of thousands of digits is an int here, and Python refuses to print it.
        at = f"{at:.6f}" if isinstance(at, int | float) and abs(at) < 1e14 else at
        yield number, _change(at, what, Place(path, number, "#"))


def _columns(header: str) -> tuple[int, int] | None:
    """Which columns hold the time and the text, if this is a header."""
    names = [name.strip(' "\r').lower() for name in header[:2000].split(",")]
    at = next((names.index(name) for name in TIME_NAMES if name in names), None)
    what = next((names.index(name) for name in TEXT_NAMES if name in names), None)
    return None if at is None or what is None else (at, what)


def _from_csv(path: str, text: str, at: int, what: int) -> Iterator[_Read]:
    rows = csv.reader(io.StringIO(text, newline=""))
    try:
        next(rows)
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            if rows.line_num > MAX_CHANGES:
                break
            if max(at, what) < len(row):
                yield rows.line_num, _change(row[at], row[what], Place(path, rows.line_num))
            else:
                yield rows.line_num, "fewer columns than the header"
    except csv.Error as error:
        yield rows.line_num, f"not CSV: {error}"


def _from_lines(path: str, text: str) -> Iterator[_Read]:
    for number, line in enumerate(text.split("\n")[:MAX_CHANGES], 1):
        if not line.strip():
            continue
        found = _LINE.match(line.strip())
        yield number, _change(found[1], found[2], Place(path, number)) if found else "no time and text"


def _change(at: object, text: object, place: Place) -> Change | str:
    at_s = _time(at.strip()) if isinstance(at, str) else None
    if at_s is None or not isinstance(text, str):
        return "no time, or no text"
    return changed(at_s, text, place)


def _time(text: str) -> float | None:
    """ISO 8601, or seconds or milliseconds since the epoch."""
    if re.fullmatch(r"\d{9,13}(?:\.\d{1,9})?", text, re.ASCII):
        number = float(text)
        return number / 1000 if number > 1e11 else number
    return iso_time(text)


READER = Reader(KIND, fit, read)
