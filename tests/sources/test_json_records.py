from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from why502.formats import all_formats
from why502.model.requests import Request
from why502.sources import json_records
from why502.sources.gather import gather
from why502.sources.json_records import is_document, lined

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RECORDS = [{"a": 1, "text": 'br{ace "quoted\\" }'}, {"a": {"b": [{"c": 2}]}}, {"a": None, "text": "line\nfeed"}]
SHAPES: dict[str, Callable[[object], str]] = {
    "array": lambda records: json.dumps(records, indent=2),
    "array on one line": json.dumps,
    "under a key": lambda records: json.dumps({"records": records}, indent=4),
    "one after the other": lambda records: "\n".join(
        json.dumps(record, indent=1) for record in cast("list[object]", records)
    ),
    "with a byte-order mark": lambda records: "\ufeff" + json.dumps(records, indent=2),
}


def read(content: bytes) -> list[tuple[int, bytes]]:
    """Lines with something in them, with their numbers."""
    lines = lined(io.BytesIO(content)).read().split(b"\n")
    return [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("piece", [7, 1 << 18])
def test_each_record_becomes_a_line(shape: str, piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the document's shape, and wherever a piece of it ends."""
    content = SHAPES[shape](RECORDS).encode()
    assert is_document(content)
    monkeypatch.setattr(json_records, "PIECE_BYTES", max(piece, 32 if shape == "under a key" else 8))
    assert [json.loads(line) for _, line in read(content)] == RECORDS


def test_a_record_stands_where_it_began() -> None:
    """So that places name lines of the file."""
    content = json.dumps(RECORDS, indent=2)
    begins = [n for n, line in enumerate(content.split("\n"), start=1) if line == "  {"]
    assert [number for number, _ in read(content.encode())] == begins


def test_what_is_no_record_is_a_line_of_its_own() -> None:
    """It must be counted as not understood, as must a record that is cut."""
    assert [line.strip() for _, line in read(b'[{"a": 1}, 17, {"b": 2}, {"c": "cut')][1:] == [
        b", 17,", b'{"b": 2}', b'{"c": "cut'
    ]  # fmt: skip


def test_a_document_without_end_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded: what is longer than a record can be comes as it is."""
    monkeypatch.setattr(json_records, "MAX_RECORD_BYTES", 100)
    monkeypatch.setattr(json_records, "PIECE_BYTES", 64)
    content = b'[{"a": "' + b"x" * 1000
    assert lined(io.BytesIO(content)).read().rstrip(b"\n").endswith(b"x" * 500)


@settings(deadline=None)
@given(st.binary(max_size=400).map(lambda tail: b'[{"a": 1},\n' + tail))
def test_any_bytes_are_read_to_the_end(content: bytes) -> None:
    """No crash, no hang; the first record is always there."""
    assert read(content)[0] == (1, b'{"a": 1}')


@pytest.mark.parametrize("kind", ["gcp-load-balancer-log", "azure-application-gateway-log"])
@pytest.mark.parametrize("shape", ["array", "under a key"])
def test_exports_of_clouds_are_read(tmp_path: Path, kind: str, shape: str) -> None:
    """The samples of the format, as the cloud's tools export them: the same requests as from lines."""
    (log_format,) = (f for f in all_formats() if f.kind == kind)
    lines = [sample.line for sample in log_format.samples]
    (tmp_path / "lines.log").write_text("\n".join(lines))
    (tmp_path / "export.json").write_text(SHAPES[shape]([json.loads(line) for line in lines]))
    one, other = (gather([str(tmp_path / name)])[0] for name in ("lines.log", "export.json"))
    assert other.input.kind == kind
    assert (other.input.records, other.input.not_understood) == (len(lines), 0)
    paths = [[(f.path, f.status, f.target) for f in r.facts if isinstance(f, Request)] for r in (one, other)]
    assert paths[0] == paths[1]
