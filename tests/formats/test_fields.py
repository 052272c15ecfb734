"""What messages of proxies may say in a report."""

from __future__ import annotations

import pytest

from why502.formats import all_formats
from why502.formats.fields import without_queries
from why502.model.evidence import Place
from why502.model.requests import Request

FORMATS = {each.kind: each for each in all_formats()}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("url='http://shop/pay?token=x'", "url='http://shop/pay?***'"),
        ('Get "https://10.0.0.7:80/a?b=c&d": dial tcp', 'Get "https://10.0.0.7:80/a?***": dial tcp'),
        ("http://a?x https://b?y", "http://a?*** https://b?***"),
        ("what? http://a/b", "what? http://a/b"),
    ],
)
def test_queries_are_left_out_of_messages(text: str, told: str) -> None:
    assert without_queries(text) == told


@pytest.mark.parametrize("kind", sorted(kind for kind in FORMATS if "error" in kind))
def test_no_error_log_tells_a_query(kind: str) -> None:
    """Wherever its samples name a URL, one with a query is put; paths lose theirs in any case."""
    one = FORMATS[kind]
    for sample in one.samples:
        line = sample.line.replace("HTTP/1.1", "HTTP/1.1 http://shop/pay?token=hunter2")
        line = line.replace("?id=7", "?token=hunter2").replace("error=", "error=http://shop/pay?token=hunter2 ")
        read = one.parse(line, Place("error.log", 1))
        if isinstance(read, Request):
            assert "hunter2" not in f"{read.reason} {read.path}"
