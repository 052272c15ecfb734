"""`collect`: host record, capture and configuration of one spell of time, in one bundle."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from why502 import __version__
from why502.collecting.bundle import CAPTURE, CONFIGS, EVENTS, HOST, MANIFEST, Bundle
from why502.collecting.configs import copy_configs
from why502.collecting.targets import ports_of
from why502.errors import Why502Error
from why502.host.record import Recorder
from why502.live.capture import Capture
from why502.live.events import EventRecorder
from why502.model.host import Unseen
from why502.model.manifest import BUNDLE_SCHEMA, CaptureNote, EventsNote, Manifest

LONGEST_S: Final = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Wishes:
    """What to record. Durations in seconds."""

    duration_s: float
    targets: Sequence[str] = ()
    """'10.0.0.7:8080', ':8080' or '8080'; without any, no packets are captured."""
    netns: Sequence[Path] | None = None
    """Doors of the network namespaces to look at; None: all of them."""
    capture_netns: Path | None = None
    """Where to capture; None: our own namespace."""
    interface: str | None = None
    configs: Sequence[Path] = ()
    events: bool = True
    """Trace kernel events, machine-wide; costs every system call some 0.1 µs while it lasts."""
    payloads: bool = False
    """Whole packets instead of headers: they hold what people sent."""


def collect(
    out: Path,
    wishes: Wishes,
    *,
    stop: threading.Event | None = None,
    force: bool = False,
    lacking: Callable[[Unseen], None] = lambda _: None,
) -> Path:
    """Record until the time is over or `stop` is set; answers with the path of the bundle.

    A folder, or one file if `out` ends in '.tar.zst'. What is not allowed is left out, named in the manifest and
    told to `lacking`; what was not asked for stands in the manifest only.
    Raises Why502Error if `out` exists (unless `force`), or if nothing at all could be done.
    """
    if not 0 < wishes.duration_s <= LONGEST_S:
        raise Why502Error("cannot collect", why="the duration must be above 0 and at most 24 hours")
    ports = ports_of(wishes.targets)
    try:
        with Bundle(out, force=force) as bundle:
            collection = _Collection(bundle.folder, wishes, ports)
            collection.record(stop or threading.Event())
            for one in collection.finish():
                lacking(one)
    except OSError as error:  # what may not be seen has been noted already; this is the disk
        raise Why502Error("cannot write the bundle", where=str(out), why=error.strerror or str(error)) from error
    return out


class _Collection:
    def __init__(self, folder: Path, wishes: Wishes, ports: tuple[int, ...]) -> None:
        self._folder, self._wishes, self._ports = folder, wishes, ports
        self._recorder = Recorder(wishes.netns)
        self._capture: Capture | None = None
        self._events: EventRecorder | None = None
        self._missing: list[Unseen] = []
        self._declined: list[Unseen] = []
        self._allowed: list[str] = ["host snapshots"]
        self._start_s = time.time()

    def record(self, stop: threading.Event) -> None:
        with ExitStack() as stack:
            self._begin_capture(stack)
            self._begin_events(stack)
            stack.enter_context(self._recorder)
            stop.wait(self._wishes.duration_s)

    def finish(self) -> list[Unseen]:
        """Write everything that is not in the bundle yet, the manifest last; what could not be had, and why."""
        host = self._recorder.record
        (self._folder / HOST).write_bytes(msgspec.json.encode(host))
        self._missing += [*host.unseen, *copy_configs(self._wishes.configs, self._folder / CONFIGS)]
        manifest = self._manifest(tuple(sorted(_files(self._folder))))
        (self._folder / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
        return self._missing

    def _begin_capture(self, stack: ExitStack) -> None:
        if not self._ports:
            self._declined.append(Unseen("packets", "not asked for: no target was named"))
            return
        out = self._folder / CAPTURE
        where, interface = self._wishes.capture_netns, self._wishes.interface
        capture = Capture(where, interface, self._ports, out, headers_only=not self._wishes.payloads)
        try:
            stack.enter_context(capture)
        except Why502Error as error:
            self._missing.append(Unseen("packets", str(error)))
        else:
            self._capture = capture
            self._allowed.append("packets of the target's ports")

    def _begin_events(self, stack: ExitStack) -> None:
        if not self._wishes.events:
            self._declined.append(Unseen("kernel events", "not wanted"))
            return
        recorder = EventRecorder(self._folder / EVENTS)
        try:
            stack.enter_context(recorder)
        except OSError as error:
            self._missing.append(Unseen("kernel events", f"tracefs: {error.strerror or error} (needs root)"))
        else:
            self._events = recorder
            self._missing += recorder.unseen
            self._allowed.append("kernel events")

    def _manifest(self, files: tuple[str, ...]) -> Manifest:
        note = None
        if self._capture:
            headers_only = not self._wishes.payloads
            note = CaptureNote(self._ports, self._capture.packets, self._capture.dropped, headers_only)
        return Manifest(
            schema=BUNDLE_SCHEMA,
            made_by=f"why502 {__version__}",
            hostname=os.uname().nodename,
            kernel=os.uname().release,
            start_s=self._start_s,
            end_s=time.time(),
            targets=tuple(self._wishes.targets),
            files=files,
            allowed=tuple(self._allowed),
            not_allowed=(*self._declined, *self._missing),
            capture=note,
            events=EventsNote(self._events.events, self._events.lost) if self._events else None,
        )


def _files(folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]
