"""What a run leaves behind: a bundle as `collect` writes it, with the proxy's logs and metrics."""

from __future__ import annotations

import contextlib
import csv
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

import msgspec
from msgspec import structs

from why502 import __version__
from why502.errors import Why502Error
from why502.host.record import Recorder
from why502.lab.cloudwatch import metric_data
from why502.lab.hosts import INTERFACE
from why502.lab.namespaces import PREFIX
from why502.live.capture import Capture
from why502.model.manifest import BUNDLE_SCHEMA, CaptureNote, Manifest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from why502.lab.hosts import Wire
    from why502.lab.proxies import Proxy, Setup
    from why502.model.host import HostRecord, Process, Snapshot

HOSTNAME = "target"
CAPTURE = "capture.pcapng"


class Recording:
    """Records the wire at the proxy's end and the host of the target, from enter to `write`."""

    def __init__(self, ends: Wire, proxy: Proxy, setup: Setup, *, both_hosts: bool = False) -> None:
        self._proxy, self._setup = proxy, setup
        self._port = int(setup.target.rpartition(":")[2])
        self._packets = Path(setup.folder) / CAPTURE
        self._recorder = Recorder([ends.target.door, ends.proxy.door] if both_hosts else [ends.target.door])
        self._capture = Capture(ends.proxy.door, INTERFACE, [self._port], self._packets)
        self._stack = contextlib.ExitStack()
        self._changes: list[tuple[datetime, str]] = []
        self._start_s = time.time()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            stack.enter_context(self._recorder)
            stack.enter_context(self._capture)
            self._stack = stack.pop_all()
        self._start_s = time.time()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def note_change(self, text: str) -> None:
        """Something was done to the service now: a line of the list of changes."""
        self._changes.append((datetime.now(UTC), text))

    def stop(self) -> None:
        """End recording; what follows is not part of the case."""
        self._stack.close()

    def write(self, bundle: Path) -> None:
        """Write the bundle's files into a new folder, the manifest last."""
        self.stop()
        end_s = time.time()
        host = _anonymous(self._recorder.record)
        prepare(bundle)
        with whole(bundle):
            (bundle / "host.json").write_bytes(msgspec.json.encode(host))
            for name, path in {CAPTURE: self._packets, **self._proxy.evidence(self._setup)}.items():
                shutil.copyfile(path, bundle / name)
            self._write_metrics(bundle, host)
            self._write_changes(bundle)
            manifest = self._manifest(host, end_s, tuple(sorted(path.name for path in bundle.iterdir())))
            (bundle / "manifest.json").write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))

    def _write_metrics(self, bundle: Path, host: HostRecord) -> None:
        if self._proxy.metrics is None:
            return
        counts = self._proxy.metrics.counts(self._setup)
        period_s = self._proxy.metrics.period_s * self._setup.time_scale
        data = metric_data(counts, host, period_s)
        (bundle / "metrics.json").write_bytes(msgspec.json.format(msgspec.json.encode(data), indent=1))

    def _write_changes(self, bundle: Path) -> None:
        with (bundle / "changes.csv").open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(("time", "change"))
            rows.writerows((at.isoformat(timespec="seconds"), text) for at, text in self._changes)

    def _manifest(self, host: HostRecord, end_s: float, files: tuple[str, ...]) -> Manifest:
        return Manifest(
            schema=BUNDLE_SCHEMA,
            made_by=f"why502 {__version__}, lab",
            hostname=host.hostname,
            kernel=host.kernel,
            start_s=self._start_s,
            end_s=end_s,
            targets=(self._setup.target,),
            files=files,
            allowed=("host snapshots", "packets of the target's ports", "the proxy's logs"),
            not_allowed=host.unseen,
            capture=CaptureNote((self._port,), self._capture.packets, self._capture.dropped, headers_only=True),
        )


def prepare(folder: Path, what: str = "the recording") -> None:
    """The folder, new or empty."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        occupied = any(folder.iterdir())
    except OSError as error:
        raise Why502Error(f"cannot write {what}", where=str(folder), why=error.strerror or "") from error
    if occupied:
        raise Why502Error(f"will not write {what}", where=str(folder), why="the folder is not empty")


@contextlib.contextmanager
def whole(bundle: Path) -> Iterator[None]:
    """Half a bundle is none: what was written is removed if the rest cannot be, as on a full disk."""
    try:
        yield
    except OSError:
        shutil.rmtree(bundle, ignore_errors=True)
        raise


def _anonymous(record: HostRecord) -> HostRecord:
    """Without the names of the machine on which the lab happened to run."""
    return structs.replace(
        record,
        hostname=HOSTNAME,
        kernel=record.kernel.partition("-")[0],
        snapshots=tuple(_renamed(snapshot) for snapshot in record.snapshots),
    )


def _renamed(snapshot: Snapshot) -> Snapshot:
    """The lab's namespaces carry a process number and a random part in their names, and their role at the end."""
    named = tuple(
        structs.replace(namespace, name=(namespace.name or HOSTNAME).rpartition("-")[2])
        for namespace in snapshot.namespaces
    )
    processes = tuple(_moved(process) for process in snapshot.processes)
    return structs.replace(snapshot, namespaces=named, processes=processes)


def _moved(process: Process) -> Process:
    """Into the root of all groups, where the lab made none of its own: the machine's have names that tell of it."""
    group = process.cgroup
    if group is None or group.path.strip("/").startswith(PREFIX):
        return process
    return structs.replace(process, cgroup=structs.replace(group, path="/"))
