"""No text breaks a reader of configurations, or is slow to refuse."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bounded import ends
from tests.sources.configurations import gateways, servers
from why502.sources import haproxy_conf, nginx_conf
from why502.sources.configurations import apache, caddy, keyed, trafficserver, varnish
from why502.sources.configurations.targets import gunicorn, ini, java, ruby, tomcat
from why502.sources.interface import EvidenceFile

EXAMPLES = [*gateways.EXPECTED, *servers.EXPECTED]
MODULES = (keyed, apache, caddy, varnish, trafficserver, nginx_conf, haproxy_conf, tomcat, java, gunicorn, ruby, ini)


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.sampled_from(EXAMPLES).flatmap(
            lambda text: st.tuples(st.integers(0, len(text)), st.integers(0, len(text)), st.text(max_size=9)).map(
                lambda cut: (text[: min(cut[:2])] + cut[2] + text[max(cut[:2]) :]).encode()
            )
        ),
    )
)
def test_any_bytes_are_a_configuration_or_not(content: bytes) -> None:
    """No text that calls itself one breaks a reader."""
    for each in MODULES:
        assert 0.0 <= each.fit(content) <= 1.0
        reading = each.READER.read(EvidenceFile("x", lambda: io.BytesIO(content)))
        assert reading.input.records >= len(reading.facts)


@pytest.mark.parametrize(
    "piece",
    ["[", "{", "- ", "? ", "a: b\n", '"', "'", "[a, ", " ", "#", "\n", '"\\', "k: {a: ", "timeout:{ ", "a.b = c\n[a]\n",
     "Timeout 5\\\n", "ProxyPass ", "<a ", "a {\n", "reverse_proxy a\n", "connect_timeout: 5s\n - ", '{"Key":"a",', ":",
     "1", "1s", "/*", "backend a {", "vcl 4.1;\n", '{"', "map a b ", "CONFIG proxy.config.http.a INT 1\n",
     "<Server><Connector ", "<Server>", "<a>", "&amp;", "workers = 1\nthreads = (", "workers = 1\nthreads = 1\n",
     "threads 1, 1\nworkers 2\n", "[uwsgi]\nlisten = 1\n", "listen = 9\npm = a\n[", "server.port = 1\n", "x = 1 +",
     "server:\n  tomcat:\n    acceptCount: 5\n"],
)  # fmt: skip
def test_no_text_is_slow_to_refuse(piece: str) -> None:
    """The same piece 64 kB long: a pattern that backtracks would hang here."""
    content = (piece * (65_536 // len(piece))).encode()
    for each in MODULES:
        each.fit(content)
        each.READER.read(EvidenceFile("x", lambda: io.BytesIO(content)))


def test_quotes_behind_backslashes_are_looked_through_once() -> None:
    """Each was taken for the beginning of a string, and its end looked for to the end of the text."""
    code = r"""
    from why502.sources.configurations.keys import keys
    print([key.value for key in keys('{"a' + '\\"' * 2_000_000 + ',\n"b": "c\\"d", e: f\\"g, h: "i\\\\"}')][-3:])
    """
    assert ends(code) == r"""['c\\"d', 'f\\"g', 'i\\\\']"""
