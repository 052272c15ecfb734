from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest

from why502.formats import all_formats
from why502.formats.envelopes import content
from why502.model.evidence import Place, Source
from why502.model.requests import Manner, Request
from why502.sources.interface import EvidenceFile, Reading
from why502.sources.logs import READERS

if TYPE_CHECKING:
    from collections.abc import Callable

FORMATS = {each.kind: each for each in all_formats()}
HAPROXY = (
    "192.0.2.9:46554 [22/Nov/2026:20:35:08.242] web shop/a 0/0/0/-1/1001 504 198 - - sH-- 14/2/7/7/0 0/0 "
    '"GET / HTTP/1.1"'
)
ACCESS = '192.0.2.9 - - [22/Nov/2026:19:37:34 +0000] "GET /orders HTTP/1.1" 502 157 "-" "curl/8.5.0"'
ERROR = (
    "2026/11/22 19:37:34 [error] 42#42: *7 connect() failed (111: Connection refused) while connecting to upstream, "
    'client: 192.0.2.9, server: shop, request: "GET /orders HTTP/1.1", upstream: "http://10.0.0.7:80/orders"'
)
APACHE = FORMATS["apache-error-log"].samples[0].line

AROUND = {
    "RFC 3164 with priority": "<134>Nov 22 20:35:08 gw haproxy[4117]: {}",
    "RFC 3164 as rsyslog files it": "Nov  2 20:35:08 gw haproxy[4117]: {}",
    "rsyslog with ISO times": "2026-11-22T20:35:08.123456+01:00 gw haproxy[4117]: {}",
    "without a host": "<134>Nov 22 20:35:08 haproxy[4117]: {}",
    "RFC 5424": "<134>1 2026-11-22T20:35:08.123456Z gw haproxy 4117 - - {}",
    "RFC 5424 with data": '<134>1 2026-11-22T20:35:08Z gw haproxy 4117 - [exampleSDID@32473 iut="3"] {}',
    "CRI": "2026-11-22T20:35:08.123456789Z stdout F {}",
    "compose": "shop-proxy-1  | {}",
}


@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND)
@pytest.mark.parametrize("line", [HAPROXY, ACCESS, ERROR], ids=["haproxy", "access", "error"])
def test_what_stands_around_a_line_is_taken_off(around: str, line: str) -> None:
    """Loggers and container engines put time, host and program in front."""
    assert content(around.format(line)) == line
    assert content(line) == line


@pytest.mark.parametrize("key", ["log", "message", "MESSAGE", "textPayload"])
@pytest.mark.parametrize("line", [HAPROXY, ACCESS], ids=["haproxy", "access"])
def test_a_line_inside_a_json_record_is_read(key: str, line: str) -> None:
    """Docker's json-file, journald's export, Cloud Logging."""
    record = json.dumps({key: line + "\n", "stream": "stdout", "time": "2026-11-22T20:35:08Z"})
    kind = "haproxy-log" if line == HAPROXY else "nginx-access-log"
    read = FORMATS[kind].parse(record, Place("x", 1))
    assert isinstance(read, Request)
    assert read.client in ("192.0.2.9:46554", "192.0.2.9")
    assert FORMATS[kind].fit([record]) > 0.5


ENVOY = FORMATS["envoy-json-access-log"].samples[0].line
STORES: dict[str, Callable[[str], dict[str, object]]] = {
    "Loki, logcli -o jsonl": lambda line: {"labels": {"app": "gw"}, "line": line, "timestamp": "2026-11-22T20:35:08Z"},
    "Splunk": lambda line: {"preview": False, "offset": 0, "result": {"_raw": line, "host": "gw", "_time": "x"}},
    "CloudWatch Logs Insights": lambda line: {"@timestamp": "2026-11-22 20:35:08.123", "@message": line, "@ptr": "Cm"},
    "Elasticsearch": lambda line: {"_index": "logs", "_source": {"message": line, "host": {"name": "gw"}}},
    "Datadog": lambda line: {"id": "A", "attributes": {"message": line, "service": "gw", "tags": ["env:prod"]}},
}


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("line", [HAPROXY, ACCESS, ENVOY], ids=["haproxy", "nginx", "envoy"])
def test_what_a_log_store_exports_is_read(store: str, line: str) -> None:
    """The line stands under a key of the store's, alone or within an object."""
    record = json.dumps(STORES[store](line))
    reading = read(*[record] * 3)
    kinds = {HAPROXY: "haproxy-log", ACCESS: "nginx-access-log", ENVOY: "envoy-json-access-log"}
    assert (reading.input.kind, reading.input.records, reading.input.not_understood) == (kinds[line], 3, 0)


def test_json_lines_of_a_container_in_google_cloud_are_read() -> None:
    """Cloud Logging parses them: the object stands in `jsonPayload`, and is no entry of a load balancer."""
    entry = {
        "insertId": "a",
        "jsonPayload": json.loads(ENVOY),
        "resource": {"type": "k8s_container", "labels": {"container_name": "istio-proxy"}},
        "timestamp": "2020-11-25T21:26:18.409Z",
    }
    reading = read(*[json.dumps(entry)] * 3)
    assert (reading.input.kind, reading.input.records) == ("envoy-json-access-log", 3)
    assert {fact.target for fact in reading.facts if isinstance(fact, Request)} == {"10.44.1.27:80"}


def read(*lines: str) -> Reading:
    head = "\n".join(lines).encode()
    best = max(READERS, key=lambda reader: reader.fit(head))
    return best.read(EvidenceFile("container.log", lambda: io.BytesIO(head)))


@pytest.mark.parametrize("around", ["{}", "2026-11-22T20:35:08.123456789Z stderr F {}"])
def test_access_and_error_lines_in_one_file_are_both_read(around: str) -> None:
    """The output of an nginx container; both sources count as looked at."""
    reading = read(*(around.format(line) for line in [ACCESS] * 5 + [ERROR]))
    assert (reading.input.records, reading.input.not_understood) == (6, 0)
    assert [fact.manner for fact in reading.facts if isinstance(fact, Request)][-1] is Manner.REFUSED
    assert {reading.input.source, *reading.input.also} == {Source.ACCESS_LOG, Source.ERROR_LOG}


def test_lines_of_an_error_log_tell_whose_combined_it_is() -> None:
    """nginx and Apache write the same access line; the error lines between are Apache's."""
    reading = read(*[ACCESS] * 5, APACHE)
    assert (reading.input.kind, reading.input.not_understood) == ("apache-access-log", 0)
    assert {fact.proxy for fact in reading.facts if isinstance(fact, Request)} == {"apache"}


def test_records_within_records_end() -> None:
    """A forged line cannot nest for ever."""
    line = ACCESS
    for _ in range(12):
        line = json.dumps({"log": line})
    assert isinstance(FORMATS["nginx-access-log"].parse(line, Place("x", 1)), Request | str)
