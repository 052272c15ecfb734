from __future__ import annotations

import os
import signal
import socket
from functools import partial
from typing import TYPE_CHECKING

import pytest
from pyroute2.netlink.nfnetlink.nfctsocket import nfct_msg

from why502.host import conntrack
from why502.lab import filtering, tracking
from why502.lab.hosts import PYTHON, Wire, wire
from why502.lab.servers import tracked_flows
from why502.lab.servers.tracked_flows import FIRST_PORT, MARK, PORTS, deletion, new_entries

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from why502.model.host import Conntrack

OWN = int.from_bytes(socket.inet_aton("10.50.2.2"), "big")


def _read(raw: bytes) -> list[nfct_msg]:
    """As an independent reader of the protocol understands it."""
    found = []
    while raw:
        message = nfct_msg(raw)
        message.decode()
        found.append(message)
        raw = raw[message["header"]["length"] :]
    return found


def test_each_message_makes_another_established_flow() -> None:
    """Assured, marked, its reply the other way round; after the last port comes another peer."""
    first, second = _read(new_entries(OWN, PORTS - 1, 2))
    told = []
    for message in (first, second):
        original, reply = message.get_attr("CTA_TUPLE_ORIG"), message.get_attr("CTA_TUPLE_REPLY")
        ip, protocol = original.get_attr("CTA_TUPLE_IP"), original.get_attr("CTA_TUPLE_PROTO")
        assert reply.get_attr("CTA_TUPLE_IP").get_attr("CTA_IP_V4_DST") == ip.get_attr("CTA_IP_V4_SRC") == "10.50.2.2"
        answered = reply.get_attr("CTA_TUPLE_PROTO")
        assert answered.get_attr("CTA_PROTO_DST_PORT") == protocol.get_attr("CTA_PROTO_SRC_PORT")
        told.append((ip.get_attr("CTA_IP_V4_DST"), protocol.get_attr("CTA_PROTO_SRC_PORT")))
        assert message.get_attr("CTA_MARK") == MARK
        state = message.get_attr("CTA_PROTOINFO").get_attr("CTA_PROTOINFO_TCP").get_attr("CTA_PROTOINFO_TCP_STATE")
        assert state == tracked_flows.ESTABLISHED
    assert told == [("198.18.0.0", FIRST_PORT + PORTS - 1), ("198.18.0.1", FIRST_PORT)]


def test_deletion_asks_for_the_marked_ones_alone() -> None:
    """All 32 bits of the mark count."""
    (message,) = _read(deletion())
    assert (message.get_attr("CTA_MARK"), message.get_attr("CTA_MARK_MASK")) == (MARK, 0xFFFFFFFF)


@pytest.fixture
def ends() -> Iterator[Wire]:
    if os.geteuid() != 0:
        pytest.skip("needs root to make network namespaces")
    if lacking := tracking.lacking():
        pytest.skip(lacking)
    with wire() as made:
        yield made


def _tracked(ends: Wire) -> Conntrack:
    texts = partial(ends.target.call, lambda: {name: path.read_text() for name, path in conntrack.FILES.items()})
    found = conntrack.read(texts().__getitem__)
    assert found is not None
    return found


@pytest.mark.kernel
def test_full_table_drops_what_is_new_and_keeps_what_stands(ends: Wire, tmp_path: Path) -> None:
    """For real: the kernel counts what it drops; when it has room again, connects succeed. No limit was touched."""
    limit = tracked_flows.read("nf_conntrack_max")
    address = (ends.target.address, 8080)
    listener = ends.target.call(partial(socket.create_server, address))
    command = (PYTHON, "-m", "why502.lab.servers.tracked_flows", ends.target.address)
    with listener, ends.target.running(*command, log=tmp_path / "flows.log") as process:
        filtering.add(ends.target, "input", "ct state invalid drop")
        tracking.until_taken(ends.target, tracked_flows.BUSY - 0.01)
        with ends.proxy.call(partial(socket.create_connection, address, timeout=60)) as stands:
            served, _ = listener.accept()
            process.send_signal(signal.SIGUSR1)
            tracking.until_taken(ends.target, 1.0, 2.0)
            assert _tracked(ends).entries >= limit
            before = _tracked(ends).drops or 0
            with pytest.raises(TimeoutError):
                ends.proxy.call(partial(socket.create_connection, address, timeout=0.3))
            assert (_tracked(ends).drops or 0) > before
            with served:
                served.sendall(b"x")
                stands.settimeout(60)
                assert stands.recv(1) == b"x"
            process.send_signal(signal.SIGUSR2)
            tracking.until_taken(ends.target, 0.0, 0.01)
            ends.proxy.call(partial(socket.create_connection, address, timeout=60)).close()
    assert tracked_flows.read("nf_conntrack_max") == limit
