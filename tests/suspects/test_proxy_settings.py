"""Remedies that name the setting of the proxy at hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.making import case, request
from why502.model.requests import Manner, Phase
from why502.ranking import judge_case

TOO_LARGE, SLOW, RACED = "response-headers-too-large", "target-too-slow", "keepalive-race"
FAILED: dict[str, dict[str, Any]] = {
    TOO_LARGE: {"manner": Manner.TOO_LARGE, "reason": "upstream sent too big header"},
    RACED: {"manner": Manner.RACED, "reason": "http: server closed idle connection"},
}


def told(proxy: str, cause: str) -> list[str]:
    diagnosis = judge_case(case(request(proxy=proxy, phase=Phase.WAIT, **FAILED[cause])), 0.0)
    verdict = diagnosis.document.verdicts[0]
    assert verdict.cause == cause
    assert all(remedy.command is None for remedy in verdict.remedies)
    return [remedy.text for remedy in verdict.remedies]


@pytest.mark.parametrize(
    ("proxy", "setting"),
    [("nginx", "proxy_buffer_size 16k"), ("varnish", "http_resp_size"), ("apache", "responsefieldsize=")],
)
def test_the_limit_of_headers_is_called_what_the_proxy_calls_it(proxy: str, setting: str) -> None:
    """Nobody can type nginx's directive into another proxy."""
    raise_it, *_ = told(proxy, TOO_LARGE)
    assert setting in raise_it
    assert ("proxy_buffer_size" in raise_it) is (proxy == "nginx")


def test_a_limit_that_cannot_be_changed_is_said_to_be_one() -> None:
    assert told("alb", TOO_LARGE) == [
        "An ALB takes 32 K of headers, which cannot be changed.",
        "Send less in headers (cookies, tokens).",
    ]


def test_a_proxy_that_nobody_knows_gets_the_sentence_alone() -> None:
    assert told("cloudflare", TOO_LARGE)[0] == "Raise the proxy's limit for answer headers."


def test_the_target_is_mended_before_the_proxy() -> None:
    """A shorter pool is the way round, not the cure."""
    mend, until_then = told("caddy", RACED)
    assert mend.startswith("Make the target's keep-alive timeout")
    assert until_then.endswith("towards the target (caddy: keepalive in `transport http`).")
