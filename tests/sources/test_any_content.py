"""Whatever is put before it, every line is a record or is counted as not understood."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
from typing import TYPE_CHECKING

import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from why502.errors import Why502Error
from why502.formats import all_formats
from why502.sources.gather import Shelf, gather

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from why502.model.case import Input

KINDS = frozenset(each.kind for each in all_formats())
SAMPLES = [sample.line for each in all_formats() for sample in each.samples]
NOTHING = b"\r\0 \t"

AROUND: dict[str, Callable[[str], str]] = {
    "nothing": lambda line: line,
    "RFC 3164": lambda line: f"<134>Nov 22 20:35:08 gw proxy[41]: {line}",
    "RFC 5424": lambda line: f"<134>1 2026-11-22T20:35:08.123456Z gw proxy 41 - - {line}",
    "CRI": lambda line: f"2026-11-22T20:35:08.123456789+01:00 stdout F {line}",
    "compose": lambda line: f"proxy-1  | {line}",
    "json-file": lambda line: json.dumps({"log": f"{line}\n", "stream": "stdout", "time": "2026-11-22T20:35:08Z"}),
    "Loki": lambda line: json.dumps({"labels": {}, "line": line, "timestamp": "2026-11-22T20:35:08Z"}),
    "Splunk": lambda line: json.dumps({"result": {"_raw": line}}),
    "Elasticsearch": lambda line: json.dumps({"_index": "logs", "_source": {"message": line}}),
    "Datadog": lambda line: json.dumps({"id": "a", "content": {"message": line, "tags": []}}),
    "Insights": lambda line: json.dumps({"@timestamp": "2026-11-22 20:35:08.000", "@message": line}),
    "journald": lambda line: json.dumps({"__REALTIME_TIMESTAMP": "1795379743000000", "MESSAGE": line}),
    "Cloud Logging": lambda line: json.dumps({"insertId": "a", "textPayload": line}),
}
COMPRESSED: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "gzip members": lambda content: gzip.compress(content[:100]) + gzip.compress(content[100:]),
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstandard.compress,
}


@st.composite
def contents(draw: st.DrawFn) -> bytes:
    """Lines of one format, mostly, among others, damaged ones and bytes that nobody wrote; any end of line."""
    usual = draw(st.sampled_from(SAMPLES))
    around = AROUND[draw(st.sampled_from(sorted(AROUND)))]
    end = draw(st.sampled_from([b"\n", b"\r\n"]))
    line = st.one_of(
        st.just(usual),
        st.just(usual),
        st.sampled_from(SAMPLES),
        st.tuples(st.integers(0, len(usual)), st.text(max_size=12)).map(lambda cut: usual[: cut[0]] + cut[1]),
    ).map(lambda text: around(text).encode("utf-8", "surrogatepass"))
    lines = draw(st.lists(st.one_of(line, line, st.binary(max_size=40)), min_size=1, max_size=25))
    mark = draw(st.sampled_from([b"", b"\xef\xbb\xbf"]))
    return mark + end.join(lines) + draw(st.sampled_from([b"", end, b"\0" * 9]))


def lines_of(content: bytes) -> int:
    """Lines with something in them."""
    whole = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").encode()
    return sum(bool(line.strip(NOTHING)) for line in whole.split(b"\n"))


def told(path: Path, shelf: Shelf | None = None) -> Input | None:
    try:
        (reading,) = gather([str(path)], shelf=shelf)
    except Why502Error:
        return None
    return reading.input


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=contents(), name=st.sampled_from(sorted(COMPRESSED)))
def test_every_line_is_accounted_for(tmp_path: Path, content: bytes, name: str) -> None:
    """Any bytes, in any envelope and compression: nobody's, or records and misreads that add up to the lines."""
    path = tmp_path / "log"
    path.write_bytes(COMPRESSED[name](content))
    found = told(path)
    if found is not None and found.kind in KINDS:
        assert found.records + found.not_understood == lines_of(content)
        assert len(found.first_not_understood) == min(3, found.not_understood)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=contents(), name=st.sampled_from(["plain", "gzip"]))
def test_a_large_log_is_accounted_for_alike(tmp_path: Path, content: bytes, name: str) -> None:
    """The way of large logs: lines that a plan cuts and those that are parsed one by one."""
    path = tmp_path / "log"
    path.write_bytes(COMPRESSED[name](content))
    small = told(path)
    if small is not None and small.kind in KINDS:
        assert told(path, Shelf("duckdb")) == small


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=contents(), name=st.sampled_from(sorted(set(COMPRESSED) - {"plain"})), cut=st.floats(0.2, 0.99))
def test_what_a_cut_file_still_holds_is_read(tmp_path: Path, content: bytes, name: str, cut: float) -> None:
    """Of a compressed file that ends early no line is made up, and that it does is one record not understood."""
    path = tmp_path / "log"
    whole = COMPRESSED[name](content)
    path.write_bytes(whole[: int(len(whole) * cut)])
    found = told(path)
    if found is not None and found.kind in KINDS:
        assert found.records + found.not_understood <= lines_of(content) + 1
