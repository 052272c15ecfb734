from __future__ import annotations

import io
from functools import partial

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from why502.model.case import KernelEvent, Window
from why502.model.evidence import Place, Source
from why502.model.host import HOST_SCHEMA, HostRecord, Listener, Snapshot
from why502.model.manifest import BUNDLE_SCHEMA, EVENTS_SCHEMA, Manifest
from why502.sources.bundle import READERS
from why502.sources.interface import EvidenceFile, Reader, Reading

HOST, EVENTS, MANIFEST = READERS
LISTENER = Listener("0.0.0.0:8080", 4026531833, 55, 1, 2, drops=7, queue_len_max=2, queue_full_s=0.5, pids=(9,))
RECORD = HostRecord(HOST_SCHEMA, "h", "6.18", 1.7e9, (Snapshot(1.7e9 + 1, (LISTENER,)), Snapshot(1.7e9 + 2)))
DEEP = b'{"schema":"why502-host/1","x":' + b"[" * 50_000


def _read(reader: Reader, content: bytes) -> Reading:
    return reader.read(EvidenceFile("case/x", partial(io.BytesIO, content)))


def test_a_host_record_is_read_as_it_was_written() -> None:
    """Each snapshot is a record."""
    reading = _read(HOST, msgspec.json.encode(RECORD))
    assert reading.facts == (RECORD,)
    assert (reading.input.source, reading.input.records) == (Source.HOST, 2)
    assert reading.input.window == Window(1.7e9 + 1, 1.7e9 + 2)


def test_snapshots_are_put_in_order_and_impossible_ones_counted() -> None:
    """A clock that jumped, or a hand that edited."""
    swapped = msgspec.structs.replace(RECORD, snapshots=(*reversed(RECORD.snapshots), Snapshot(1e300)))
    reading = _read(HOST, msgspec.json.encode(swapped))
    assert reading.facts == (RECORD,)
    assert (reading.input.records, reading.input.not_understood) == (2, 1)


def test_events_keep_their_line() -> None:
    """The head counts: nothing happened is not the same as nobody looked."""
    event = b'{"at_s":1.5,"kind":"exit","pid":7,"process":"java"}'
    content = b"\n".join((b'{"schema":"why502-events/1"}', event, b"nonsense", b'{"at_s":-1,"kind":"x"}', b""))
    reading = _read(EVENTS, content)
    assert reading.facts == (KernelEvent(1.5, "exit", Place("case/x", 2), 7, "java"),)
    assert (reading.input.records, reading.input.not_understood) == (2, 2)
    assert [one.at.number for one in reading.input.first_not_understood] == [3, 4]


def test_a_manifest_is_understood_and_no_evidence() -> None:
    """It only says what the bundle is."""
    manifest = Manifest(BUNDLE_SCHEMA, "why502 0", "h", "6", 1.0, 2.0, (), (), (), ())
    reading = _read(MANIFEST, msgspec.json.encode(manifest))
    assert (reading.facts, reading.input.source, reading.input.records) == ((), None, 1)
    assert reading.input.window == Window(1.0, 2.0)


@pytest.mark.parametrize(
    ("reader", "schema"), list(zip(READERS, (HOST_SCHEMA, EVENTS_SCHEMA, BUNDLE_SCHEMA), strict=True))
)
def test_each_is_recognised_by_its_schema_alone(reader: Reader, schema: str) -> None:
    """Also when somebody has formatted it; another one's never."""
    pretty = b'{\n  "schema" : "' + schema.encode() + b'",\n  "x": 1}'
    assert [one.fit(pretty) for one in READERS] == [1.0 if one is reader else 0.0 for one in READERS]
    assert reader.fit(b'{"a":1,"schema":"' + schema.encode() + b'"}') == 0.9
    assert reader.fit(b"[" + schema.encode()) == reader.fit(b"") == 0.0


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b'{"schema":"why502-host/1"}', DEEP, b"[]" * 9])
@pytest.mark.parametrize("reader", [HOST, MANIFEST])
def test_what_is_cut_or_garbled_is_counted(reader: Reader, content: bytes) -> None:
    """One misread with its reason, no exception."""
    reading = _read(reader, content)
    assert (reading.facts, reading.input.records, reading.input.not_understood) == ((), 0, 1)
    assert reading.input.first_not_understood[0].why


@given(st.binary(max_size=200), st.integers(0, 400))
def test_any_bytes_are_read_without_an_exception(noise: bytes, cut: int) -> None:
    """A record with noise in it, and cut."""
    whole = msgspec.json.encode(RECORD)
    for reader in READERS:
        _read(reader, whole[:cut] + noise + whole[cut + len(noise) :])
        _read(reader, noise)
