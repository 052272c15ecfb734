from __future__ import annotations

import io

import pytest

from tests.sources.configurations.gateways import ALB, APACHE, CADDYFILE, ENVOY, EXPECTED, HAPROXY, NGINX
from why502.model.settings import Setting
from why502.sources.gather import recognise
from why502.sources.interface import EvidenceFile, Reading


def read(text: str) -> Reading:
    reader = recognise(text.encode())
    assert reader is not None
    return reader.read(EvidenceFile("x", lambda: io.BytesIO(text.encode())))


@pytest.mark.parametrize("text", EXPECTED, ids=lambda text: text.split("\n")[0][:24])
def test_timeouts_are_read_with_their_scope_and_line(text: str) -> None:
    """Each syntax is recognised from its content; lengths are seconds whatever unit is the default."""
    found = [fact for fact in read(text).facts if isinstance(fact, Setting)]
    assert [" ".join(map(str, (s, *s.timers, *([s.group] if s.group else [])))) for s in found] == EXPECTED[text]


def test_each_is_a_record_of_its_proxys_configuration() -> None:
    """What the inputs list says."""
    told = [
        (read(text).input.kind, read(text).input.records) for text in (NGINX, HAPROXY, APACHE, CADDYFILE, ENVOY, ALB)
    ]
    assert told == [
        ("nginx-configuration", 6),
        ("haproxy-configuration", 7),  # with one server
        ("apache-configuration", 6),
        ("caddy-configuration", 3),
        ("envoy-configuration", 6),
        ("alb-configuration", 1),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "The timeout: it should = 5s\n",
        '{"timeout": 5, "status": 502}\n',
        "apiVersion: v1\nkind: Pod\nspec:\n  timeoutSeconds: 5\n",
        "key: value\n",
        "kind: compute#httpHealthCheck\nname: web\ntimeoutSec: 5\n",
        "[section]\ntimeout = 5\n",
        "Timeout 60\n",
        "reverse_proxy;\n",
    ],
)
def test_other_texts_are_none_of_them(text: str) -> None:
    """A word of theirs is not enough."""
    assert recognise(text.encode()) is None
