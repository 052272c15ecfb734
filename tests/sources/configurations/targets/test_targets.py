from __future__ import annotations

import io

import pytest

from tests.sources.configurations.servers import (
    DROPWIZARD,
    EXPECTED,
    GUNICORN,
    PHP_FPM,
    PROPERTIES,
    PUMA,
    SERVER_XML,
    UNICORN,
    UWSGI,
)
from why502.model.evidence import Source
from why502.model.settings import TargetSetting
from why502.sources.gather import recognise
from why502.sources.interface import EvidenceFile, Reading


def read(text: str) -> Reading:
    reader = recognise(text.encode())
    assert reader is not None
    return reader.read(EvidenceFile("x", lambda: io.BytesIO(text.encode())))


@pytest.mark.parametrize("text", EXPECTED, ids=lambda text: text.split("\n")[0][:24])
def test_limits_are_read_with_their_address_and_line(text: str) -> None:
    """Each is recognised from its content; what is computed, or a comment, sets nothing."""
    found = [fact for fact in read(text).facts if isinstance(fact, TargetSetting)]
    assert [f"{s} [{s.at}] {s.limit} {s.address}".strip() for s in found] == EXPECTED[text]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (SERVER_XML, "tomcat-configuration"),
        (DROPWIZARD, "dropwizard-configuration"),
        (PROPERTIES, "spring-boot-configuration"),
        (GUNICORN, "gunicorn-configuration"),
        (PUMA, "puma-configuration"),
        (UNICORN, "unicorn-configuration"),
        (PHP_FPM, "php-fpm-configuration"),
        (UWSGI, "uwsgi-configuration"),
    ],
)
def test_each_limit_is_a_record_of_its_servers_configuration(text: str, kind: str) -> None:
    """What the inputs list says."""
    told = read(text).input
    assert (told.kind, told.source, told.records) == (kind, Source.CONFIGURATION, len(EXPECTED[text]))


@pytest.mark.parametrize(
    "declared",
    [
        '<!DOCTYPE Server SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE Server [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE Server [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    ],
)
def test_a_document_type_is_refused(declared: str) -> None:
    """Nothing is expanded, nothing is fetched, and the inputs list says so."""
    text = SERVER_XML.replace("<Server port", f"{declared}\n<Server port", 1)
    reading = read(text)
    assert (reading.facts, reading.input.not_understood) == ((), 1)
    assert "document type" in reading.input.first_not_understood[0].why


def test_xml_that_ends_early_is_counted() -> None:
    """What came before is still told."""
    reading = read(SERVER_XML.partition("<!--")[0])
    assert len(reading.facts) == 4
    assert "no XML" in reading.input.first_not_understood[0].why


@pytest.mark.parametrize(
    "text",
    [
        "workers = 4\n",
        "timeout 30\nlisten 80\n"[:11],
        "server:\n  port: 8080\n",
        "server.port=8080\n",
        "[uwsgi]\nmodule = app\n",
        "<Server><Listener/></Server>\n",
        "[section]\nlisten = 5\n",
    ],
)
def test_other_texts_are_none_of_them(text: str) -> None:
    """A word of theirs is not enough."""
    assert recognise(text.encode()) is None
