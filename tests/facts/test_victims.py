"""Whose a kill was, by the address at which it happened."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.making import case, request
from why502.facts.clusters import clusters
from why502.facts.scene import Scene
from why502.facts.victims import Whose, at_target, killings
from why502.model.case import KernelEvent
from why502.model.evidence import Place


@pytest.mark.parametrize(
    ("target", "addresses", "here"),
    [
        ("10.0.0.7:8080", ("10.0.0.7",), True),
        ("10.0.0.7:8080", ("fd00::7", "10.0.0.7"), True),
        ("[fd00:0::7]:8080", ("fd00::7",), True),
        ("[::ffff:10.0.0.7]:8080", ("10.0.0.7",), True),
        ("10.0.0.7:8080", ("10.0.0.71",), False),
        ("10.0.0.7:8080", (), None),
        ("shop:8080", ("10.0.0.7",), None),
        ("unix:/run/shop.sock", ("10.0.0.7",), None),
        ("10.0.0.7:8080", ("no address",), None),
    ],
)
def test_an_address_tells_whether_it_was_the_target(target: str, addresses: tuple[str, ...], here: bool | None) -> None:
    event = KernelEvent(100.0, "oom", Place("pods.json", 1, "#"), process="shop/api", addresses=addresses)
    whole = replace(case(request(target=target)), events=(event,))
    seen = Scene(whole, clusters(whole, ())[0], None, None, ())
    assert at_target(seen, event) is here
    whose = {True: Whose.TARGETS, False: Whose.ELSEWHERE, None: Whose.UNKNOWN}[here]
    assert killings(seen) == ((event, whose),)
