from __future__ import annotations

import pytest

from why502.collecting.targets import ports_of
from why502.errors import Why502Error
from why502.live.bpf import MAX_PORTS


def test_each_port_once_in_order() -> None:
    """Whatever stands before it."""
    assert ports_of(["10.0.0.7:8080", "[2001:db8::1]:443", ":8080", "9000", "api.example:443"]) == (443, 8080, 9000)
    assert ports_of([]) == ()


@pytest.mark.parametrize("target", ["10.0.0.7", "10.0.0.7:", "10.0.0.7:0", "10.0.0.7:65536", "", ":http", ":٨٠"])
def test_without_a_port_it_is_wrong_use(target: str) -> None:
    """With the way to write it."""
    with pytest.raises(Why502Error, match=r"no port in the target.*; write it as ADDRESS:PORT"):
        ports_of([target])


def test_more_ports_than_the_filter_holds_are_refused() -> None:
    """It is a program of bounded length."""
    assert len(ports_of([str(port) for port in range(1, MAX_PORTS + 1)])) == MAX_PORTS
    with pytest.raises(Why502Error, match=f"at most {MAX_PORTS} different ports"):
        ports_of([str(port) for port in range(1, MAX_PORTS + 2)])
