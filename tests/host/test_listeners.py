from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.isolation import connecting, isolated, listening
from why502.host.inet_diag import HEAD, INET_DIAG_SKMEMINFO, NLMSG_DONE, TCPF_LISTEN
from why502.host.listeners import BLOCK, FEW, ListenerWatch, Queues
from why502.host.namespaces import at, inside
from why502.host.opened import OpenedNamespace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from why502.model.host import Listener

PATIENCE_S = 30


def test_own_listener_is_found_with_its_inode_and_backlog() -> None:
    """A look needs no privilege."""
    with socket.create_server(("127.0.0.1", 0), backlog=7) as server:
        watch = ListenerWatch(1)
        found = {one.inode: one for one in watch.sample()}[os.fstat(server.fileno()).st_ino]
        watch.close()
        assert found.address == f"127.0.0.1:{server.getsockname()[1]}"
    assert (found.backlog, found.queue_len, found.drops) == (7, 0, 0)


@pytest.mark.kernel
def test_overflow_shows_as_full_queue_and_drops_of_that_very_listener() -> None:
    """listen(1) holds 2; each further SYN counts one drop at the socket and one overflow in the namespace."""
    with isolated() as door, listening(door, 1) as small, listening(door, 64) as large:
        opened = OpenedNamespace(at(door))
        before = opened.look().counters["ListenOverflows"]
        with connecting(door, small, 2 + 3), connecting(door, large, 5):
            _until(lambda: opened.look().counters["ListenOverflows"] >= before + 3)
            _until(lambda: sorted(opened.watch.queues().waiting.values()) == [(2, 1), (5, 64)])
            by_port = {int(one.address.split(":")[1]): one for one in opened.watch.sample()}
            overflows = opened.look().counters["ListenOverflows"] - before
        opened.close()
        one, other = by_port[small.getsockname()[1]], by_port[large.getsockname()[1]]
    assert (one.backlog, one.queue_len) == (1, 2)
    assert one.drops is not None
    assert 3 <= one.drops <= overflows
    assert (other.backlog, other.queue_len, other.drops) == (64, 5, 0)


@pytest.mark.kernel
def test_quick_look_tells_the_same_queues_as_the_thorough_one() -> None:
    """Both decode the same messages."""
    with isolated() as door, listening(door, 1) as v4, listening(door, 3, "::1") as v6:
        watch = inside(door, lambda: ListenerWatch(1))
        with connecting(door, v4, 1), connecting(door, v6, 2):
            _until(lambda: sorted(_waiting(door).values()) == [(1, 1), (2, 3)])
            listeners, queues = watch.sample(), watch.queues()
        watch.close()
    assert queues.inodes == {one.inode for one in listeners}
    assert queues.waiting == {one.inode: (one.queue_len, one.backlog) for one in listeners}
    assert sorted(queues.waiting.values()) == [(1, 1), (2, 3)]


@pytest.mark.kernel
def test_hundreds_of_listeners_fill_several_datagrams_and_none_is_lost() -> None:
    """The kernel sends at most 32 KiB at a time: 307 messages take two."""
    with isolated() as door:
        sockets = inside(door, lambda: [socket.create_server(("127.0.0.1", 0)) for _ in range(307)])
        watch = inside(door, lambda: ListenerWatch(1))
        expected = {f"127.0.0.1:{one.getsockname()[1]}" for one in sockets}
        found = {one.address for one in watch.sample()}
        watch.close()
        for one in sockets:
            one.close()
    assert found == expected


@pytest.mark.kernel
def test_looks_that_remember_tell_the_same_as_a_first_look() -> None:
    """Whatever changes in between: queues, limits, listeners that come and go; hundreds, so several datagrams."""
    with isolated() as door, closing(inside(door, lambda: ListenerWatch(1))) as watch:
        sockets = inside(door, lambda: [socket.create_server(("127.0.0.1", 0), backlog=1) for _ in range(307)])
        v6 = inside(door, lambda: socket.create_server(("::1", 0), family=socket.AF_INET6))
        watch.sample()
        with connecting(door, sockets[3], 2), connecting(door, sockets[200], 1), connecting(door, v6, 1):
            _until(lambda: sorted(queue_len for queue_len, _ in _waiting(door).values()) == [1, 1, 2])
            assert watch.sample() == _first_look(door)
            assert watch.queues().waiting == _waiting(door)
            sockets[17].listen(9)
            assert watch.sample() == _first_look(door)
            sockets.pop(100).close()
            assert watch.sample() == _first_look(door)
            sockets.append(inside(door, lambda: socket.create_server(("127.0.0.1", 0))))
            assert watch.sample() == _first_look(door)
        assert watch.sample() == _first_look(door)
        assert watch.queues().waiting == _waiting(door)
        for one in (*sockets, v6):
            one.close()
        assert watch.sample() == ()


@pytest.mark.kernel
def test_a_kernel_that_knows_no_old_requests_is_asked_family_by_family(monkeypatch: pytest.MonkeyPatch) -> None:
    """A type of request that no kernel has is refused as an old one would be; the answers are the same."""
    with (
        isolated() as door,
        listening(door, 1) as v4,
        listening(door, 3, "::1"),
        listening(door, 5, "::"),
        connecting(door, v4, 2),
        closing(inside(door, lambda: ListenerWatch(1))) as at_once,
    ):
        _until(lambda: list(_waiting(door).values()) == [(2, 1)])
        expected = at_once.sample(), at_once.queues()
        monkeypatch.setattr("why502.host.listeners.TCPDIAG_GETSOCK", 0x7F)
        with closing(inside(door, lambda: ListenerWatch(1))) as separately:
            found = separately.sample(), separately.queues()
    assert sorted(found[0], key=repr) == sorted(expected[0], key=repr)
    assert {(one.backlog, one.queue_len) for one in found[0]} == {(1, 2), (3, 0), (5, 0)}
    assert found[1] == expected[1]


@pytest.mark.kernel
def test_a_datagram_of_the_same_length_with_messages_of_other_lengths_is_decoded_anew() -> None:
    """Listeners of both families change places: IPv6 tells one attribute more, so that a block ends elsewhere."""
    dumped: list[bytes] = []

    def keep(buffer: bytearray, end: int) -> int | None:
        done = HEAD.unpack_from(buffer)[1] == NLMSG_DONE
        dumped.extend([] if done else [bytes(buffer[:end])])
        return 0 if done else None

    with isolated() as door, listening(door, 5, "::1"), closing(inside(door, lambda: ListenerWatch(1))) as watch:
        sockets = inside(door, lambda: [socket.create_server(("127.0.0.1", 0)) for _ in range(BLOCK)])
        watch.dump(keep, TCPF_LISTEN, 1 << (INET_DIAG_SKMEMINFO - 1))
        for one in sockets:
            one.close()
        v4, v6 = dumped
        old = watch._decode_all(v4 + v6)
        assert watch._decode_listeners(v6 + v4, old).what == [old.what[-1], *old.what[:-1]]
        assert len(old.what) == BLOCK + 1


def _until(so: Callable[[], bool]) -> None:
    """Handshakes end in a softirq, which may come late on a machine that is busy."""
    until_s = time.monotonic() + PATIENCE_S
    while not so():
        assert time.monotonic() < until_s
        time.sleep(0.01)


def _first_look(door: Path) -> tuple[Listener, ...]:
    with closing(inside(door, lambda: ListenerWatch(1))) as fresh:
        return fresh.sample()


def _waiting(door: Path) -> dict[int, tuple[int, int]]:
    return {one.inode: (one.queue_len, one.backlog) for one in _first_look(door) if one.queue_len}


@pytest.mark.kernel
def test_few_listeners_are_asked_for_one_by_one_until_one_of_them_is_gone() -> None:
    """The same answers. What came since is found by the next whole look; what went is noticed at once."""
    with isolated() as door, closing(inside(door, lambda: ListenerWatch(1))) as watch, listening(door, 5, "::1") as v6:
        with listening(door, 1) as v4, connecting(door, v4, 1), connecting(door, v6, 2):
            _until(lambda: sorted(_waiting(door).values()) == [(1, 1), (2, 5)])
            watch.sample()
            with listening(door, 9) as later:
                assert watch.queues() == Queues({_inode(v4), _inode(v6)}, _waiting(door))
                assert watch.sample() == _first_look(door)
                assert watch.queues().inodes == {_inode(v4), _inode(v6), _inode(later)}
        assert watch.queues() == Queues({_inode(v6)}, _waiting(door))


@pytest.mark.kernel
@pytest.mark.parametrize("number", [2, FEW + 1])
def test_siblings_and_crowds_are_all_seen(number: int) -> None:
    """Of several sockets at one address the kernel would name any; many cost less at once."""
    with isolated() as door, closing(inside(door, lambda: ListenerWatch(1))) as watch:
        sockets = inside(door, lambda: _siblings(number))
        watch.sample()
        assert watch.queues().inodes == set(map(_inode, sockets))
        assert watch.queues().inodes == set(map(_inode, sockets))
        for one in sockets:
            one.close()
        assert watch.queues().inodes == set()


def _siblings(number: int) -> list[socket.socket]:
    """With SO_REUSEPORT, at one address."""
    sockets = [socket.socket() for _ in range(number)]
    for one in sockets:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        one.bind(sockets[0].getsockname() if one is not sockets[0] else ("127.0.0.1", 0))
        one.listen(5)
    return sockets


def _inode(one: socket.socket) -> int:
    return os.fstat(one.fileno()).st_ino


@pytest.mark.kernel
@pytest.mark.skipif(not shutil.which("ss"), reason="needs ss (Debian package iproute2) to compare with")
def test_agrees_with_ss() -> None:
    """Address, queue, limit and drops are what iproute2 shows."""
    with (
        isolated() as door,
        listening(door, 1) as v4,
        listening(door, 11, "::1"),
        listening(door, 128, "::"),
        connecting(door, v4, 4),
    ):
        watch = inside(door, lambda: ListenerWatch(1))
        ours = {(one.address, one.backlog, one.queue_len, one.drops) for one in watch.sample()}
        watch.close()
        text = inside(door, lambda: subprocess.check_output(["ss", "-HOltnm"], text=True))
    assert {_ss_row(line) for line in text.splitlines()} == ours


def _ss_row(line: str) -> tuple[str, int, int, int]:
    _, queue_len, backlog, address, *_, memory = line.split()
    return address, int(backlog), int(queue_len), int(memory.rpartition(",d")[2].rstrip(")"))
