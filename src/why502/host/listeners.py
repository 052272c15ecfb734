"""Listening TCP sockets with queue, limit and drops, by netlink (`sock_diag`, kernel net/ipv4/inet_diag.c).

What `ss -lntm` shows, without starting it. For a socket in state LISTEN `idiag_rqueue` is `sk_ack_backlog` and
`idiag_wqueue` is `sk_max_ack_backlog` (`tcp_diag_get_info`); the attribute INET_DIAG_SKMEMINFO carries `sk_drops`.

The messages are packed and unpacked here, because a queue that is full for tens of milliseconds is only seen by
100 looks a second. What did not change since the last look is not decoded again: the kernel's own part, 0.5 us a
listener with warm caches and twice that with cold ones, is nearly all that a look costs (`make bench ROWS=start` shows
both); the first takes 3 ms at 1,000 listeners. pyroute2's `DiagSocket` (0.9.7) takes 144 ms, as it decodes every
attribute of every message.

Looks ask in the old form of the request, TCPDIAG_GETSOCK: it knows no family (`inet_diag_rcv_msg_compat`), so that the
kernel walks its table of listeners once instead of twice, a fifth of the whole cost. A kernel without it is asked
family by family.

That table is the whole machine's, and to walk it takes 0.1 ms even where nobody listens: 1 % of a processor for each
network namespace at 100 looks a second. So where listeners are few, a look at the queues asks for each by its own
address (`inet_diag_find_one_icsk`), 5 us a piece.
"""

from __future__ import annotations

import os
import socket
import struct
from itertools import chain, islice
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeVar

from why502.host.inet_diag import (
    ANY,
    ATTRIBUTE,
    DROPS,
    ERROR,
    HEAD,
    ID_BYTES_OF_PLACE,
    INET_DIAG_SKMEMINFO,
    MESSAGE,
    NETLINK_SOCK_DIAG,
    NLM_F_REQUEST,
    NLMSG_DONE,
    NLMSG_ERROR,
    NLMSGHDR,
    OLD_REQUEST,
    QUEUE,
    REQUEST,
    SK_MEMINFO_DROPS,
    SOCK_DIAG_BY_FAMILY,
    TCPDIAG_GETSOCK,
    TCPF_LISTEN,
    address_text,
    find_attribute,
    header,
    identities,
    message_ends,
)
from why502.model.host import Listener

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

RECEIVE_BYTES: Final = 64 * 1024
"""The kernel fills at most 32 KiB at a time (`netlink_recvmsg`)."""
PATIENCE_S: Final = 5
"""A dump comes at once; this only keeps a broken kernel from hanging us."""
FEW: Final = 16
"""Listeners that are asked for one by one; a dump costs as much as so many."""
BLOCK: Final = 8
"""Messages that are compared at once with those of the look before."""

T = TypeVar("T")


class Queues(NamedTuple):
    """What one quick look tells."""

    inodes: set[int]
    """Every listening socket."""
    waiting: dict[int, tuple[int, int]]
    """Those with connections waiting: (queue length, backlog)."""


class Few(NamedTuple):
    """Requests for each of the listeners that were there last."""

    requests: bytes
    number: int


class Told(NamedTuple, Generic[T]):
    """One datagram of a dump, and what was made of it."""

    datagram: bytes
    closing: int | None
    """Where the closing message stands, None if there is more."""
    what: T
    ends: tuple[int, ...] = ()
    """Where its messages end, if they are to be compared one block at a time."""


class ListenerWatch:
    """All listening sockets of one network namespace, looked at as often as asked for.

    The socket belongs to the namespace of the thread that makes the watch, and stays there whoever uses it
    afterwards. It needs no privilege. Listeners that come or go during a look may be missing from it.
    """

    def __init__(self, netns: int) -> None:
        self.netns = netns
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, NETLINK_SOCK_DIAG)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("@ll", PATIENCE_S, 0))
        self._buffer = bytearray(RECEIVE_BYTES)
        self._told_listeners: list[Told[list[Listener]]] = []
        self._told_queues: list[Told[Queues]] = []
        self._drops_at: dict[tuple[int, int], int] = {}
        self._at_once = self._knows_old_requests()
        self._few: Few | None = None
        self._refused = b""
        """Requests that did not find all that they asked for."""

    def sample(self) -> tuple[Listener, ...]:
        """One look at everything. Raises OSError when the kernel refuses; the watch is of no use then."""
        told = self._look(self._told_listeners, self._decode_listeners, 1 << (INET_DIAG_SKMEMINFO - 1))
        self._told_listeners = told
        self._few = self._for_each(one.datagram for one in told)
        return tuple(chain.from_iterable(one.what for one in told))

    def queues(self) -> Queues:
        """One look at the queues alone, at little more than the kernel's own cost; raises as `sample` does.

        Where there are few listeners, those that came since the last `sample` may be missing.
        """
        if self._few is not None and (found := self._ask_each(self._few)) is not None:
            return found
        told = self._look(self._told_queues, self._decode_queues, 0)
        self._told_queues = told
        self._few = self._for_each(one.datagram for one in told)
        return Queues(
            set().union(*(one.what.inodes for one in told)),
            {inode: found for one in told for inode, found in one.what.waiting.items()},
        )

    def close(self) -> None:
        self._socket.close()

    def dump_listeners(self, decode: Callable[[bytearray, int], int | None], extensions: int) -> None:
        """Every listening socket of both families; as `dump`."""
        if self._at_once:
            request = OLD_REQUEST.pack(*header(OLD_REQUEST, TCPDIAG_GETSOCK), extensions, TCPF_LISTEN)
            self._hear(request, decode)
        else:
            self.dump(decode, TCPF_LISTEN, extensions)

    def dump(self, decode: Callable[[bytearray, int], int | None], states: int, extensions: int = 0) -> None:
        """Every socket of both families in one of these states, a buffer full of messages at a time.

        `decode` is given the buffer and where the messages end in it; it answers where the closing message stands,
        None if there is more. Raises OSError when the kernel refuses.
        """
        for family in (socket.AF_INET, socket.AF_INET6):
            request = (family, socket.IPPROTO_TCP, extensions, states, ANY)
            self._hear(REQUEST.pack(*header(REQUEST, SOCK_DIAG_BY_FAMILY), *request), decode)

    def _for_each(self, datagrams: Iterable[bytes]) -> Few | None:
        """None if they are many, or share an address: then the kernel answers with one of them, whichever it likes."""
        places: set[tuple[int, bytes]] = set()
        requests: list[bytes] = []
        for family, identity in islice(chain.from_iterable(map(identities, datagrams)), FEW + 1):
            places.add((family, identity[:ID_BYTES_OF_PLACE]))
            asked = (family, socket.IPPROTO_TCP, 0, TCPF_LISTEN, identity)
            requests.append(REQUEST.pack(REQUEST.size, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, 0, 0, *asked))
        joined = b"".join(requests)
        return Few(joined, len(requests)) if len(places) == len(requests) <= FEW and joined != self._refused else None

    def _ask_each(self, few: Few) -> Queues | None:
        """None if one of them is gone."""
        queues, buffer = Queues(set(), {}), self._buffer
        if few.number:
            self._socket.send(few.requests)
        for _ in range(few.number):
            self._socket.recv_into(buffer)
            if HEAD.unpack_from(buffer)[1] == SOCK_DIAG_BY_FAMILY:
                queue_len, backlog, inode = QUEUE.unpack_from(buffer)
                queues.inodes.add(inode)
                if queue_len:
                    queues.waiting[inode] = (queue_len, backlog)
        if len(queues.inodes) < few.number:
            self._refused = few.requests
            return None
        return queues

    def _knows_old_requests(self) -> bool:
        """Asked for no state at all, which costs nothing."""
        try:
            self._hear(OLD_REQUEST.pack(*header(OLD_REQUEST, TCPDIAG_GETSOCK), 0, 0), lambda *_: 0)
        except OSError:
            return False
        return True

    def _hear(self, request: bytes, decode: Callable[[bytearray, int], int | None]) -> None:
        self._socket.send(request)
        while (closing := decode(self._buffer, self._socket.recv_into(self._buffer))) is None:
            pass
        _, kind, *_ = NLMSGHDR.unpack_from(self._buffer, closing)
        if kind == NLMSG_ERROR:
            number = -ERROR.unpack_from(self._buffer, closing + NLMSGHDR.size)[0]
            raise OSError(number, os.strerror(number))

    def _look(
        self, before: Sequence[Told[T]], decode: Callable[[bytes, Told[T] | None], Told[T]], extensions: int
    ) -> list[Told[T]]:
        """A dump of the listeners; a datagram that says what it said the last time is not decoded again."""
        told: list[Told[T]] = []

        def take(buffer: bytearray, end: int) -> int | None:
            with memoryview(buffer) as view:
                datagram = bytes(view[:end])
            old = before[len(told)] if len(told) < len(before) else None
            new = old if old is not None and old.datagram == datagram else decode(datagram, old)
            told.append(new)
            return new.closing

        self.dump_listeners(take, extensions)
        return told

    def _decode_queues(self, datagram: bytes, _: Told[Queues] | None) -> Told[Queues]:
        queues = Queues(set(), {})
        at, end, unpack, inodes = 0, len(datagram), QUEUE.unpack_from, queues.inodes
        while at < end:
            length, kind = HEAD.unpack_from(datagram, at)
            if kind <= NLMSG_DONE:
                return Told(datagram, at, queues)
            queue_len, backlog, inode = unpack(datagram, at)
            inodes.add(inode)
            if queue_len:
                queues.waiting[inode] = (queue_len, backlog)
            at += length + 3 & ~3 or end
        return Told(datagram, None, queues)

    def _decode_listeners(self, datagram: bytes, old: Told[list[Listener]] | None) -> Told[list[Listener]]:
        if old is not None and old.ends and len(old.datagram) == len(datagram):
            return self._decode_changes(datagram, old) or self._decode_all(datagram)
        return self._decode_all(datagram)

    def _decode_changes(self, datagram: bytes, old: Told[list[Listener]]) -> Told[list[Listener]] | None:
        """Only the blocks that differ from the last look's; None if their messages end elsewhere."""
        found: list[Listener] = []
        at = 0
        for first in range(0, len(old.ends), BLOCK):
            ends = old.ends[first : first + BLOCK]
            block = datagram[at : ends[-1]]
            known = old.what[first : first + BLOCK]
            if block != old.datagram[at : ends[-1]]:
                if message_ends(block) != [end - at for end in ends]:
                    return None  # a longer message may have been cut
                known = self._decode_all(block).what
            found += known
            at = ends[-1]
        return Told(datagram, None, found, old.ends)

    def _decode_all(self, datagram: bytes) -> Told[list[Listener]]:
        found: list[Listener] = []
        ends: list[int] = []
        at, end = 0, len(datagram)
        while at < end:
            length, kind = HEAD.unpack_from(datagram, at)
            if kind <= NLMSG_DONE:
                return Told(datagram, at, found)
            _, _, family, name, queue_len, backlog, inode = MESSAGE.unpack_from(datagram, at)
            address = address_text(family, name[4:], int.from_bytes(name[:2], "big"))
            drops = self._drops(family, datagram, at, length)
            found.append(Listener(address, self.netns, inode, backlog, queue_len, drops))
            at += length + 3 & ~3 or end
            ends.append(at)
        return Told(datagram, None, found, tuple(ends))

    def _drops(self, family: int, datagram: bytes, at: int, length: int) -> int | None:
        """`sk_drops`; messages of one family and length have the same layout, so its offset is remembered."""
        key = (family, length)
        offset = self._drops_at.get(key)
        if offset is None or ATTRIBUTE.unpack_from(datagram, at + offset)[1] != INET_DIAG_SKMEMINFO:
            offset = find_attribute(datagram, at + MESSAGE.size, at + length, INET_DIAG_SKMEMINFO)
            if offset is None:
                return None
            offset -= at
            self._drops_at[key] = offset
        drops: int = DROPS.unpack_from(datagram, at + offset + ATTRIBUTE.size + 4 * SK_MEMINFO_DROPS)[0]
        return drops
