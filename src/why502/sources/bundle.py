"""What `collect` leaves beside the capture: `host.json`, `events.jsonl`, `manifest.json`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from why502.model.case import Input, KernelEvent, Misread, Window
from why502.model.decoding import ready
from why502.model.evidence import Place, Source
from why502.model.host import HOST_SCHEMA, HostRecord, Snapshot
from why502.model.manifest import BUNDLE_SCHEMA, EVENTS_SCHEMA, EventLine, EventsHead, Manifest
from why502.sources.interface import FIRST_MISREAD, EvidenceFile, Reader, Reading, lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MAX_DOCUMENT_BYTES: Final = 256 << 20
"""An hour with 1,000 listeners takes half of it."""
MAX_EVENTS: Final = 200_000
"""Events kept; more are counted, not kept."""
LAST_S: Final = 4_102_444_800.0
"""The year 2100: what claims to be later, or before 1970, is no time."""

T = TypeVar("T")


def fits(schema: str) -> Callable[[bytes], float]:
    """Recognises a document by the schema that it names near its beginning."""
    named = re.compile(rb'\A\s*\{\s*"schema"\s*:\s*"' + re.escape(schema.encode()) + rb'"')
    anywhere = re.compile(rb'"schema"\s*:\s*"' + re.escape(schema.encode()) + rb'"')

    def fit(head: bytes) -> float:
        if named.match(head):
            return 1.0
        return 0.9 if head.lstrip()[:1] == b"{" and anywhere.search(head) else 0.0

    return fit


def read_host(file: EvidenceFile) -> Reading:
    """The snapshots of a host, oldest first; those at impossible times are counted as not understood.

    What the host would not show stands beside them, uncounted: it was never there to be understood.
    """
    record = _document(file, HostRecord)
    if isinstance(record, str):
        return Reading(_not_understood(file, "host", Source.HOST, record))
    good = sorted((one for one in record.snapshots if _possible(one.at_s)), key=_at_s)
    bad = len(record.snapshots) - len(good)
    why = [Misread(Place(file.path), f"{bad} snapshots at impossible times")] if bad else []
    why += unseen(record, file.path)
    line = Input(
        path=file.path,
        kind="host",
        source=Source.HOST,
        records=len(good),
        not_understood=bad,
        first_not_understood=tuple(why[:FIRST_MISREAD]),
        window=_window(map(_at_s, good)),
    )
    return Reading(line, (msgspec.structs.replace(record, snapshots=tuple(good)),) if good else ())


def unseen(record: HostRecord, path: str) -> list[Misread]:
    """What could not be looked at on a host, and why: what is missing there was not cleared."""
    return [Misread(Place(path), f"could not be seen: {one.what}: {one.why}") for one in record.unseen]


def read_manifest(file: EvidenceFile) -> Reading:
    """Nothing to judge by, but it belongs to the inputs."""
    manifest = _document(file, Manifest)
    if isinstance(manifest, str):
        return Reading(_not_understood(file, "manifest", None, manifest))
    window = _window(at_s for at_s in (manifest.start_s, manifest.end_s) if _possible(at_s))
    return Reading(Input(path=file.path, kind="manifest", source=None, records=1, window=window))


def read_events(file: EvidenceFile) -> Reading:
    """Kernel events. The head counts as a record: "looked, and nothing happened" is not "did not look"."""
    events: list[KernelEvent] = []
    misread: list[Misread] = []
    records = not_understood = 0
    for number, text in lines(file):
        at = Place(file.path, number)
        event = _event(text, at, first=number == 1)
        if isinstance(event, str):
            misread.append(Misread(at, event))
            del misread[FIRST_MISREAD:]
            not_understood += 1
            continue
        records += 1
        if event is not None and len(events) < MAX_EVENTS:
            events.append(event)
    line = Input(
        path=file.path,
        kind="events",
        source=Source.EVENTS,
        records=records,
        not_understood=not_understood,
        first_not_understood=tuple(misread),
        window=_window(event.at_s for event in events),
    )
    return Reading(line, tuple(events))


def _event(line: str, at: Place, *, first: bool) -> KernelEvent | None | str:
    """The event; None for the head; or why the line is not understood."""
    try:
        if first and msgspec.json.decode(line, type=ready(EventsHead)).schema == EVENTS_SCHEMA:
            return None
        event = msgspec.json.decode(line, type=ready(EventLine))
    except (msgspec.MsgspecError, RecursionError) as error:
        return str(error)
    if not _possible(event.at_s):
        return "an event at an impossible time"
    return KernelEvent(at_s=event.at_s, kind=event.kind, at=at, pid=event.pid, process=event.process, text=event.text)


def _document(file: EvidenceFile, kind: type[T]) -> T | str:
    """The document, or why it is not understood."""
    with file.open() as stream:
        content = stream.read(MAX_DOCUMENT_BYTES + 1)
    if len(content) > MAX_DOCUMENT_BYTES:
        return f"longer than {MAX_DOCUMENT_BYTES >> 20} MiB"
    try:
        return msgspec.json.decode(content, type=ready(kind))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return str(error)


def _not_understood(file: EvidenceFile, kind: str, source: Source | None, why: str) -> Input:
    misread = (Misread(Place(file.path), why),)
    return Input(file.path, kind, source, records=0, not_understood=1, first_not_understood=misread)


def _possible(at_s: float) -> bool:
    return 0 < at_s < LAST_S


def _at_s(snapshot: Snapshot) -> float:
    return snapshot.at_s


def _window(times: Iterable[float]) -> Window | None:
    known = list(times)
    return Window(min(known), max(known)) if known else None


READERS: Final = (
    Reader("host", fits(HOST_SCHEMA), read_host),
    Reader("events", fits(EVENTS_SCHEMA), read_events),
    Reader("manifest", fits(BUNDLE_SCHEMA), read_manifest),
)
