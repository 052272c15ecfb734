"""Gathers evidence: whatever the user names becomes readings, and nothing that was named is lost silently."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from msgspec import structs

from why502.errors import Why502Error
from why502.facts.wanted import EVERYTHING, Wanted
from why502.model.case import Input, Misread
from why502.model.evidence import Place
from why502.sources import all_readers
from why502.sources.declared import declared
from why502.sources.duplicates import Contents
from why502.sources.interface import FIRST_MISREAD, HEAD_BYTES, Reader, Reading, TooLargeError
from why502.sources.json_records import is_document, lined
from why502.sources.meter import Meter
from why502.sources.near_misses import near_miss
from why502.sources.opening import Alias, Found, Hidden, Unusable, find
from why502.sources.together import Waiting, Waits, resolve, with_aliases

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from why502.engine.interface import LogStore
    from why502.model.case import Window

LARGE_BYTES = 16 << 20
"""When all logs together hold more than this, the next go into the table: Python reads that much in about a second,
which is what loading the engine costs."""

RECOGNISED = 0.15
"""A reader whose fit is below this did not recognise the file: a log of which six lines in seven are foreign."""

CERTAIN = 1.0
"""What `fit` answers at most."""

HINT = "name a log, a capture, a metric export, a folder of them, or a bundle written by `why502 collect`"


SHOWN_BYTES = 40
"""So much of the beginning of a file that was not recognised is shown."""

UNRECOGNISED = "unrecognised"
DUPLICATE = "duplicate"
HIDDEN_FILES = "hidden-files"
NO_EVIDENCE = frozenset({UNRECOGNISED, DUPLICATE, HIDDEN_FILES})
"""Kinds of inputs that nothing was read from."""


def _silent(_: str) -> None:
    """Progress that nobody watches."""


class Shelf:
    """Opens the table of requests when the first log needs it."""

    def __init__(
        self,
        engine: str | None = None,
        *,
        counting: bool = False,
        wanted: Wanted = EVERYTHING,
        meanwhile: Callable[[], object] = lambda: None,
    ) -> None:
        """`engine`: see `engine.interface.open_store`; one that is asked for gets everything, whatever its size.

        `counting`: ordinary requests are told as counts (`facts.counted`); `wanted`: the part that is told.
        `meanwhile` is called by a thread of its own when the table is opened: large logs are read by threads that leave
        Python idle.
        """
        self._engine, self._counting, self._wanted, self._meanwhile = engine, counting, wanted, meanwhile
        self._large_bytes = LARGE_BYTES if engine is None else 0
        self._taken_bytes = 0
        self._store: LogStore | None = None

    def is_large(self, content_bytes: int) -> bool:
        """Whether this much more is too much to become single facts."""
        if self._taken_bytes + content_bytes > self._large_bytes:
            return True
        self._taken_bytes += content_bytes
        return False

    @property
    def opened(self) -> LogStore | None:
        return self._store

    @property
    def store(self) -> LogStore:
        if self._store is None:
            from why502.engine.interface import open_store

            self._store = open_store(self._engine, counting=self._counting, wanted=self._wanted)
            Thread(target=self._meanwhile, name="meanwhile", daemon=True).start()
        return self._store


def gather(
    paths: Sequence[str],
    progress: Callable[[str], None] = _silent,
    shelf: Shelf | None = None,
    window: Window | None = None,
    log_format: str | None = None,
) -> list[Reading]:
    """Everything that the named files, directories and bundles hold, in the order of the names.

    Logs that are too large to become single facts go into the shelf's table; without a shelf all become facts.
    Of buckets only what can be of the window's time is fetched. `log_format` is the text of nginx's directive.

    What cannot be used becomes an input of kind 'unrecognised' with the reason (hidden files: 'hidden-files', a
    file named twice, or its content again in a compressed copy: 'duplicate', read once). If nothing at all can be
    used, a `Why502Error` says so.
    """
    known = declared(paths, log_format).readers()
    aliases: list[Alias] = []
    found = list(_readings(paths, progress, shelf, window, known, aliases))
    readings = resolve(
        with_aliases(found, aliases), window, _alone, lambda it, reading: _with_damage(reading, sorted(it.found.damage))
    )
    if all(reading.input.kind in NO_EVIDENCE or _damaged(reading) for reading in readings):
        unusable = [reading.input for reading in readings if reading.input.kind == UNRECOGNISED or _damaged(reading)]
        raise _nothing_usable(paths, unusable)
    return readings


def _readings(
    paths: Sequence[str],
    progress: Callable[[str], None],
    shelf: Shelf | None,
    window: Window | None,
    known: Sequence[Reader],
    aliases: list[Alias],
) -> Iterator[Reading | Waiting]:
    """`aliases` is filled on the way."""
    seen: dict[tuple[int, int], str] = {}
    meter, contents, waits = Meter(paths, progress), Contents(), Waits()
    for path in paths:
        for finding in find(path, window, meter.at):
            match finding:
                case Unusable():
                    yield _put_aside(finding.path, finding.why)
                case Hidden():
                    yield _hidden(finding)
                case Found(identity=identity, file=file) if identity in seen:
                    aliases.append(Alias(file.path, seen[identity]))
                    yield Reading(Input(file.path, DUPLICATE, None, 0))
                case Alias():
                    aliases.append(finding)
                case Found():
                    if finding.identity:
                        seen[finding.identity] = finding.file.path
                        meter.begin(finding.file.path)
                    else:
                        progress(f"{finding.file.path} ({finding.doing})" if finding.doing else finding.file.path)
                    yield _repeated(finding, contents) or _read(finding, shelf, window, known, waits)


def _repeated(found: Found, contents: Contents) -> Reading | None:
    """What is said of a file that has the content of an earlier one."""
    try:
        earlier = contents.earlier(found)
    except OSError as error:
        return _put_aside(found.file.path, (error.strerror or str(error)).lower())
    if earlier is None:
        return None
    said = Misread(Place(found.file.path), f"the same content as {earlier}: it is counted once")
    return Reading(Input(found.file.path, DUPLICATE, None, 0, first_not_understood=(said,)))


def recognise(head: bytes, known: Sequence[Reader] = ()) -> Reader | None:
    """The reader that fits best, among equals one that the evidence itself made known; None if none fits."""
    best, reader = 0.0, None
    for candidate in (*known, *all_readers()):
        if (fit := candidate.fit(head)) > best:
            best, reader = fit, candidate
        if best >= CERTAIN:
            break  # none fits better
    return reader if best >= RECOGNISED else None


def _read(
    found: Found, shelf: Shelf | None, window: Window | None, known: Sequence[Reader], waits: Waits
) -> Reading | Waiting:
    if not found.head:
        return _put_aside(found.file.path, "; ".join(("the file is empty", *sorted(found.damage))))
    reader = recognise(found.head, known)
    if reader is None and (records := _in_records(found)) is not None:
        found, reader = records
    if reader is None:
        return _put_aside(found.file.path, _unknown(found.head, shown=not _is_link(found)))
    try:
        if (waiting := waits.waiting(reader, found)) is not None:
            return waiting
        reading = _read_by(reader, replace(found, file=replace(found.file, window=window)), shelf)
    except OSError as error:
        return _put_aside(found.file.path, (error.strerror or str(error)).lower())
    return _with_damage(reading, sorted(found.damage))


def _damaged(reading: Reading) -> bool:
    """Recognised, and still nothing could be read: a capture that was cut in its header."""
    return not reading.input.records and not reading.facts and bool(reading.input.first_not_understood)


def _is_link(found: Found) -> bool:
    """A folder that came from elsewhere can hold a link to /etc/shadow, and reports are passed on."""
    return found.identity is not None and Path(found.file.path).is_symlink()


def _unknown(head: bytes, *, shown: bool) -> str:
    """Why a file was not recognised: what it is instead, or its beginning if it may be shown, as text if it is text."""
    if (near := near_miss(head)) is not None:
        return near
    if not shown:
        return "its content is nothing known (it is a link; what that leads to is not shown)"
    begin = head[:SHOWN_BYTES].split(b"\n")[0]
    if not begin.isascii() or not begin.decode("ascii").isprintable():
        return f"its content is nothing known (it begins with the bytes {head[:8].hex(' ')})"
    more = "; a log of your own format needs --log-format, or the nginx.conf beside it"
    return f'its content is nothing known (it begins with "{begin.decode("ascii")}"{more})'


def _in_records(found: Found) -> tuple[Found, Reader] | None:
    """A log that is one JSON document, as lines; None if it is none."""
    if not is_document(found.head):
        return None
    file = replace(found.file, open=lambda: lined(found.file.open()))
    try:
        with file.open() as stream:
            head = stream.read(HEAD_BYTES)
    except OSError:
        return None
    reader = recognise(head)
    return None if reader is None or reader.read_large is None else (replace(found, file=file, head=head), reader)


def _alone(waiting: Waiting) -> Reading:
    found = waiting.found
    try:
        return _with_damage(waiting.reader.read(found.file), sorted(found.damage))
    except OSError as error:
        return _put_aside(found.file.path, (error.strerror or str(error)).lower())


def _read_by(reader: Reader, found: Found, shelf: Shelf | None) -> Reading:
    """As single facts if they are few, else into the table."""
    if reader.read_large is None or shelf is None:
        return reader.read(found.file)
    if not shelf.is_large(found.content_bytes):
        try:
            return reader.read(found.file)
        except TooLargeError:
            pass  # it inflates to more than it seemed
    return reader.read_large(found.file, shelf.store)


def _with_damage(reading: Reading, damage: list[str]) -> Reading:
    """Each reason why a file ended early counts as one record that was not understood."""
    if not damage:
        return reading
    told = reading.input
    misreads = tuple(Misread(Place(told.path), f"the file ends early: {why}") for why in damage)
    return structs.replace(
        reading,
        input=structs.replace(
            told,
            not_understood=told.not_understood + len(damage),
            first_not_understood=(*misreads, *told.first_not_understood)[:FIRST_MISREAD],
        ),
    )


def _put_aside(path: str, why: str) -> Reading:
    return Reading(Input(path, UNRECOGNISED, None, 0, 1, (Misread(Place(path), why),)))


def _hidden(hidden: Hidden) -> Reading:
    first = tuple(Misread(Place(name), "hidden, not looked into") for name in islice(hidden.names, FIRST_MISREAD))
    return Reading(Input(hidden.path, HIDDEN_FILES, None, 0, len(hidden.names), first))


def _nothing_usable(paths: Sequence[str], unusable: Sequence[Input]) -> Why502Error:
    if not unusable:
        return Why502Error("no evidence was given", hint=HINT)
    first = unusable[0].first_not_understood[0]
    if len(unusable) == 1:
        return Why502Error("cannot be used as evidence", where=unusable[0].path, why=first.why, hint=HINT)
    where = ", ".join(islice(paths, 3)) + (", ..." if len(paths) > 3 else "")
    why = f"none of {len(unusable)} files was recognised, the first is {first.at}: {first.why}"
    return Why502Error("no usable evidence", where=where, why=why, hint=HINT)
