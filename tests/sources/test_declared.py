from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from why502.diagnosis import read
from why502.errors import Why502Error
from why502.formats.cloudfront_fields import USUAL, by_fields
from why502.formats.iis_fields import by_fields as iis_by_fields
from why502.model.requests import Request
from why502.sources import haproxy_conf, nginx_conf
from why502.sources.gather import Shelf, gather
from why502.sources.haproxy_conf import servers
from why502.sources.interface import EvidenceFile
from why502.sources.nginx_conf import log_formats

if TYPE_CHECKING:
    from pathlib import Path

NGINX = """
# log_format commented '$status';
worker_processes 1;
http {
  log_format  mine  escape=json '$msec|$status' "|$upstream_addr"
                    '|$upstream_status|$upstream_connect_time|{$request}';  # ours
  log_format quoted "\\"$request\\" $status";
  log_format useless '$remote_addr';
  server { listen 80; access_log /x mine; location / { proxy_pass http://10.0.0.7:8080; } }
}
"""

HAPROXY = """
global
  maxconn 100
backend shop # ours
  balance roundrobin
  server a 10.0.0.7:8080 check
  server b [fd00::8]:8080 backup
listen other
  server a unix@/run/a.sock
"""

LINE = "1795376254.731|502|10.0.0.7:8080|502|-|{GET /orders HTTP/1.1}"
HAPROXY_LINE = (
    "192.0.2.9:46554 [22/Nov/2026:20:35:08.242] web shop/a 0/0/0/-1/1001 504 198 - - sH-- 14/2/7/7/0 0/0 "
    '"GET /orders HTTP/1.1"'
)


def test_strings_of_a_log_format_are_put_together() -> None:
    """Comments, `escape=` and quotes of both kinds as nginx reads them."""
    assert dict(log_formats(NGINX)) == {
        "mine": "$msec|$status|$upstream_addr|$upstream_status|$upstream_connect_time|{$request}",
        "quoted": '"$request" $status',
        "useless": "$remote_addr",
    }


def test_servers_are_known_by_their_section() -> None:
    """Only addresses with a port; a comment is no name."""
    assert dict(servers(HAPROXY)) == {"shop/a": "10.0.0.7:8080", "shop/b": "[fd00::8]:8080"}


def test_an_nginx_conf_among_the_evidence_says_how_to_read_the_log(tmp_path: Path) -> None:
    """Wherever it stands in the order of names; its own line in the inputs says what it gave."""
    (tmp_path / "access.log").write_text(f"{LINE}\n" * 3)
    (tmp_path / "z.conf").write_text(NGINX)
    log, configuration = gather([str(tmp_path)])
    (request, *_) = log.facts
    assert isinstance(request, Request)
    assert (log.input.records, log.input.not_understood, request.target) == (3, 0, "10.0.0.7:8080")
    told = configuration.input
    assert (told.kind, told.records, told.not_understood) == ("nginx-configuration", 2, 1)
    assert str(told.first_not_understood[0].at).endswith("z.conf:log_format useless")


def test_a_haproxy_cfg_among_the_evidence_gives_names_their_addresses(tmp_path: Path) -> None:
    """HAProxy logs 'shop/a'; captures and hosts know only 10.0.0.7:8080."""
    (tmp_path / "haproxy.log").write_text(f"{HAPROXY_LINE}\n")
    (tmp_path / "haproxy.cfg").write_text(HAPROXY)
    readings = {reading.input.kind: reading for reading in gather([str(tmp_path)])}
    (request,) = readings["haproxy-log"].facts
    assert isinstance(request, Request)
    assert (request.target, request.group) == ("10.0.0.7:8080", "shop/a")
    assert readings["haproxy-configuration"].input.records == 2


@pytest.mark.parametrize("retries", ["0", "3", "+1"])
def test_large_logs_get_the_addresses_as_well(tmp_path: Path, retries: str) -> None:
    """In columns as line by line, retries included: the failed attempts of a request keep no address."""
    line = HAPROXY_LINE.replace("sH--", "----").replace(" 504 ", " 200 ").replace("7/7/0 ", f"7/7/{retries} ")
    (tmp_path / "haproxy.log").write_text(f"{HAPROXY_LINE}\n{line}\n{line.replace('shop/a', 'shop/x')}\n" * 3)
    (tmp_path / "haproxy.cfg").write_text(HAPROXY)
    log = str(tmp_path / "haproxy.log")
    told = {}
    for engine in (None, "duckdb"):
        case = read([log, str(tmp_path / "haproxy.cfg")], engine=engine)
        assert case.traffic is not None
        told[engine] = case.traffic
    assert told[None] == told["duckdb"]
    assert "10.0.0.7:8080" in {t.target for t in told[None].targets}


CHOSEN = (
    "#Fields: timestamp(ms) sc-status x-edge-location time-taken c-ip cs-uri-stem cs-method x-edge-detailed-result-type"
)


@pytest.mark.parametrize("engine", [None, "duckdb"])
def test_the_fields_of_cloudfront_may_be_chosen(tmp_path: Path, engine: str | None) -> None:
    """Standard logging v2: in any order and number; the line says it, and each file is read by its own."""
    lines = [
        "#Version: 1.0",
        CHOSEN,
        *("1795376254123\t504\tDUB2-C1\t30.112\t192.0.2.9\t/orders\tGET\tOriginCommError",) * 3,
    ]
    (tmp_path / "one.log").write_text("\n".join([*lines, "1795376254123\t504"]) + "\n")
    other = CHOSEN.replace("sc-status x-edge-location", "x-edge-location sc-status")
    swapped = [line.replace("504\tDUB2-C1", "LHR3-C1\t502") for line in lines[2:]]
    (tmp_path / "two.log").write_text("\n".join(["#Version: 1.0", other, *swapped]) + "\n")
    one, two = gather([str(tmp_path)], shelf=Shelf(engine) if engine else None)
    assert [(i.kind, i.records, i.not_understood) for i in (one.input, two.input)] == [
        ("cloudfront-log", 5, 1),
        ("cloudfront-log", 5, 0),
    ]
    assert one.input.first_not_understood[0].why == "2 columns instead of the 8 that '#Fields:' names"
    if engine is None:
        told = [fact for reading in (one, two) for fact in reading.facts if isinstance(fact, Request)]
        assert {(r.node, r.status, r.end_s, r.path, r.total_s) for r in told} == {
            ("DUB2-C1", 504, 1795376254.123, "/orders", 30.112),
            ("LHR3-C1", 502, 1795376254.123, "/orders", 30.112),
        }


def test_the_usual_fields_of_cloudfront_need_no_reader_of_their_own() -> None:
    """Nor do those of other programs."""
    assert by_fields("#Fields: " + " ".join([*USUAL, "sc-content-type"])) is None
    assert by_fields("#Fields: date time s-ip cs-method sc-status time-taken") is None


def test_the_format_can_be_given_by_hand(tmp_path: Path) -> None:
    """`--log-format`; a wrong one is said in one sentence."""
    (tmp_path / "access.log").write_text(f"{LINE}\n")
    (log,) = gather([str(tmp_path)], log_format=dict(log_formats(NGINX))["mine"])
    assert (log.input.kind, log.input.records) == ("nginx-custom-log", 1)
    with pytest.raises(Why502Error, match="no \\$status"):
        gather([str(tmp_path)], log_format="$remote_addr")


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=300), st.text(alphabet="log_fmat{};'\"\\$ #\n\tserv10.:", max_size=300).map(str.encode)
    )
)
def test_any_bytes_are_a_configuration_or_not(content: bytes) -> None:
    """No text that calls itself one breaks the reader."""
    for each in (nginx_conf, haproxy_conf):
        assert 0.0 <= each.fit(content) <= 1.0
        assert each.READER.read(EvidenceFile("x", lambda: io.BytesIO(content))).input.records >= 0


@pytest.mark.parametrize(
    "piece",
    [
        "\n",
        " ",
        "\t\n",
        "location ",
        "location  ",
        "upstream ",
        "listen ",
        '"',
        "'\\",
        "log_format a ",
        "server a ",
        "{",
    ],
)
@pytest.mark.parametrize("head", ["", "log_format a ", "location ", "backend ", '"', "listen a"])
def test_no_text_is_slow_to_refuse(head: str, piece: str) -> None:
    """The same piece 64 kB long: a pattern that backtracks would hang here."""
    content = (head + piece * (65_536 // len(piece))).encode()
    for each in (nginx_conf, haproxy_conf):
        each.fit(content)
        each.READER.read(EvidenceFile("x", lambda: io.BytesIO(content)))


def test_other_texts_are_no_configurations() -> None:
    """A word of theirs in a sentence does not make it one."""
    for text in (b"listen to the server; then {go}", b"backend is down\n  server a 1.2.3.4:80\n", b"server {\n"):
        assert nginx_conf.fit(text) == 0.0
        assert haproxy_conf.fit(text) == 0.0


IIS = (
    "#Software: Microsoft Internet Information Services 8.5\n#Version: 1.0\n#Date: 2015-01-13 00:32:17\n"
    "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) "
    "sc-status sc-substatus sc-win32-status sc-bytes cs-bytes time-taken\n"
    "2015-01-13 00:32:17 100.79.192.81 GET /robots.txt - 80 - 157.55.39.146 Mozilla/5.0+(compatible) - 404 0 2 1405 "
    "242 283\n"
)
"""The head and first line of a log that lnav's tests hold (tstack/lnav, test/logfile_w3c_big.0), agent shortened."""


def test_an_iis_log_with_columns_of_ones_own_is_read_by_its_head(tmp_path: Path) -> None:
    """Heads come again in the middle; a line with other columns is counted, and not misread."""
    log = tmp_path / "u_ex150113.log"
    log.write_text("\ufeff" + IIS * 2 + "2015-01-13 00:32:18 100.79.192.81 GET /a - 80 - 1.2.3.4 - 200 0 0 12\n")
    (reading,) = gather([str(log)])
    requests = [fact for fact in reading.facts if isinstance(fact, Request)]
    assert (reading.input.kind, reading.input.records, reading.input.not_understood) == ("iis-log", 10, 1)
    assert "columns instead of the 17" in reading.input.first_not_understood[0].why
    assert [(r.request_bytes, r.total_s, r.status) for r in requests] == [(242, 0.283, 404)] * 2


@pytest.mark.parametrize(
    "fields",
    ["time c-ip cs-method cs-uri-stem sc-status", "c-ip c-dns date time cs-method cs-uri sc-status bytes", "date time"],
    ids=["ftp", "oracle-web-cache", "few"],
)
def test_heads_of_other_programs_are_not_iis(fields: str) -> None:
    """FTP, Oracle's Web Cache and others write the same kind of head (lnav's logfile_w3c.1 and .2)."""
    assert iis_by_fields(f"#Fields: {fields}") is None
