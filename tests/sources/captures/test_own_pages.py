from __future__ import annotations

import pytest

from tests.sources.captures.making import pcap
from tests.sources.captures.test_statuses import answered, file, talked
from why502.sources.captures import read_captures
from why502.sources.captures.own_pages import NONE_KNOWN, page_of

HEAD = b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "gateway"),
    [
        (b"HTTP/1.1 502 Bad Gateway\r\nServer: awselb/2.0\r\n\r\n", "AWS load balancer"),
        (HEAD + b"<html><h1>502 Bad Gateway</h1><hr><center>nginx/1.26.3</center>", "nginx"),
        (HEAD + b"<h1>502 Bad Gateway</h1>\nThe server returned an invalid or incomplete response.\n", "HAProxy"),
        (HEAD + b"upstream connect error or disconnect/reset before headers. reset reason: timeout", "Envoy"),
        (HEAD + b"Bad Gateway", "Traefik"),
        (b"HTTP/1.1 504 Gateway Timeout\r\nDate: x\r\nServer: envoy\r\n", "envoy"),
    ],
)
def test_pages_of_gateways_are_known(answer: bytes, gateway: str) -> None:
    """Whether or not the rest was captured, if what gives it away is there."""
    assert page_of(answer, whole=True) == gateway


@pytest.mark.parametrize(
    ("answer", "whole", "told"),
    [
        (HEAD + b'{"error": "Bad Gateway of our own"}', True, NONE_KNOWN),
        (HEAD + b'{"error": "Bad', False, None),
        (HEAD + b"Bad Gateway", False, None),
        (b"HTTP/1.1 503 Service Unavailable\r\nServer: nginx\r\n", False, None),  # an application behind it may say so
        (b"HTTP/1.1 502 Bad Gateway\r\nServer: api\r\n", False, None),
        (HEAD, True, None),  # the body comes in another segment
        (b"HTTP/1.1 502", False, None),
    ],
)
def test_of_other_answers_it_is_told_whether_they_were_seen(answer: bytes, whole: bool, told: str | None) -> None:
    """Nothing known of a page that was captured whole; nothing at all of one that was not."""
    assert page_of(answer, whole=whole) == told


def test_answers_carry_it() -> None:
    """Of each 5xx; an application's empty answer tells nothing."""
    (reading,) = read_captures([file(pcap(talked(503, 200).packets))])
    assert [e.page_of for found in answered(reading) for e in found.errors] == [None]
