from __future__ import annotations

import socket
import struct
import time
from typing import TYPE_CHECKING

import pytest

from tests.isolation import isolated, listening
from tests.live.blocks import packets
from why502.errors import Why502Error
from why502.host.namespaces import inside
from why502.live.capture import Capture

if TYPE_CHECKING:
    from pathlib import Path

SECRET = b"GET /?token=s3cr3t HTTP/1.1\r\n\r\n"
HEADERS_BYTES = 20 + 20 + 60
"""Cooked header, IP header, and the longest TCP header."""
SYN, ACK = 0x02, 0x10


def _talk(door: Path, listener: socket.socket) -> None:
    with inside(door, lambda: socket.create_connection(listener.getsockname())) as client:
        client.sendall(SECRET)
        with listener.accept()[0] as accepted:
            assert accepted.recv(100) == SECRET


def _flags(data: bytes) -> int:
    return data[20 + 20 + 13]


@pytest.mark.kernel
@pytest.mark.parametrize("interface", [None, "lo"])
def test_headers_of_the_port_are_captured_and_nothing_that_was_sent(tmp_path: Path, interface: str | None) -> None:
    """In the given namespace, each packet once, with its true length."""
    out = tmp_path / "capture.pcapng"
    with isolated() as door, listening(door, 5) as listener, listening(door, 5) as other:
        with Capture(door, interface, [listener.getsockname()[1]], out) as capture:
            _talk(door, listener)
            _talk(door, other)
        ports = {listener.getsockname()[1]}
    kept = packets(out)
    assert (capture.packets, capture.dropped) == (len(kept), 0)
    assert [_flags(one.data) & (SYN | ACK) for one in kept[:3]] == [SYN, SYN | ACK, ACK]
    assert all(ports & set(struct.unpack_from("!HH", one.data, 40)) for one in kept)
    assert all(len(one.data) <= HEADERS_BYTES for one in kept)
    assert b"s3cr3t" not in out.read_bytes()
    assert [one.original_bytes - len(one.data) for one in kept if one.original_bytes > len(one.data)] == [len(SECRET)]


@pytest.mark.kernel
def test_whole_packets_on_request(tmp_path: Path) -> None:
    """For a case that cannot be solved otherwise."""
    out = tmp_path / "capture.pcapng"
    with isolated() as door, listening(door, 5) as listener, Capture(door, None, [], out, headers_only=False):
        _talk(door, listener)
    assert SECRET in out.read_bytes()


@pytest.mark.kernel
def test_packets_that_the_kernel_did_not_stamp_are_kept_to_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As those that come before it begins to: here it is never asked to, and all of them wait until the end."""

    def late(capture: Capture) -> None:
        capture._stop.wait()
        capture._drain(time.time_ns())

    monkeypatch.setattr("why502.live.capture.SO_TIMESTAMPNS", socket.SO_KEEPALIVE)
    monkeypatch.setattr(Capture, "_run", late)
    out = tmp_path / "capture.pcapng"
    with isolated() as door, listening(door, 5) as listener, Capture(door, None, [], out, headers_only=False):
        for _ in range(5):
            _talk(door, listener)
    assert out.read_bytes().count(SECRET) == 5


@pytest.mark.kernel
def test_an_interface_that_is_not_there_is_named(tmp_path: Path) -> None:
    """No file is begun."""
    with (
        isolated() as door,
        pytest.raises(Why502Error, match=r"cannot capture: veth9 of .*: No such device"),
        Capture(door, "veth9", [80], tmp_path / "x.pcapng"),
    ):
        pass
    assert list(tmp_path.iterdir()) == []
