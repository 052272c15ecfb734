"""One connection from its SYN to its end, and the evidence of how it ended."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import ssl
import struct
import time
from dataclasses import dataclass, field
from typing import Final

from why502.model.expressions import expression
from why502.model.probe import Attempt, Fate
from why502.reproduce import tcp_info
from why502.reproduce.request import Manners, request
from why502.reproduce.target import Target
from why502.reproduce.tcp_info import TcpInfo

STALL_S: Final = 0.15
"""A request is acknowledged by the target's kernel within a round trip, or sent again after 0.2 s (TCP_RTO_MIN)."""
BETWEEN_SEGMENTS_S: Final = 0.005
MAX_ANSWER_BYTES: Final = 1 << 20
LINGER_0: Final = struct.pack("ii", 1, 0)
STATUS: Final = expression(rb"HTTP/\d(?:\.\d)? (?P<status>\d{3})\b")
REFUSALS: Final = {errno.ECONNREFUSED: Fate.REFUSED, errno.ECONNRESET: Fate.RESET_UNKNOWN}


@dataclass(slots=True)
class Connection:
    """A socket whose SYN is about to leave. `begin` all of a burst first, then `follow` each."""

    target: Target
    manners: Manners
    epoch_s: float
    """`time.monotonic()` at the begin of the burst."""
    sock: socket.socket = field(init=False)
    begun_s: float = 0.0
    connect_s: float | None = None
    first_byte_s: float | None = None
    base: TcpInfo | None = None
    """As of when the handshake was complete at our end."""
    stalled: bool = False
    status: int | None = None
    error: str | None = None
    _received: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        self.sock = socket.socket(self.target.family, socket.SOCK_STREAM)
        self.sock.setblocking(False)

    def begin(self) -> None:
        """Send the SYN."""
        self.begun_s = self._now_s()
        number = self.sock.connect_ex((str(self.target.address), self.target.port))
        if number not in (0, errno.EINPROGRESS):
            self.error = errno.errorcode.get(number, str(number))

    async def follow(self) -> Attempt:
        """What became of it; never raises for what the network does."""
        try:
            async with asyncio.timeout(self.manners.timeout_s):
                fate = await self._connect() or await self._converse()
        except TimeoutError:
            fate = self._unfinished()
        return self._end(fate)

    async def _connect(self) -> Fate | None:
        """None: it stands."""
        if self.error:
            return Fate.UNREACHABLE
        await _writable(self.sock)
        number = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if number:
            self.error = errno.errorcode.get(number, str(number))
            return Fate.SYN_UNANSWERED if number == errno.ETIMEDOUT else REFUSALS.get(number, Fate.UNREACHABLE)
        self.connect_s = self._now_s() - self.begun_s
        self.base = tcp_info.read(self.sock)
        return None

    async def _converse(self) -> Fate:
        if self.manners.connection_test_only:
            return await self._prove_handshake()
        try:
            reader, writer = await self._streams()
        except ssl.SSLError as error:
            self.error = error.reason or str(error)
            return Fate.TLS_FAILED
        except OSError as error:
            return self._cut(error)
        try:
            return await self._exchange(reader, writer)
        except OSError as error:
            return self._cut(error)
        finally:
            writer.transport.abort()

    async def _prove_handshake(self) -> Fate:
        """Send nothing; a target that does not know us repeats its SYN-ACK."""
        until_s = self._now_s() + self.manners.proof_s
        while self._now_s() < until_s:
            await asyncio.sleep(0.05)
            if tcp_info.read(self.sock).handshake_repeated:
                return Fate.UNACKNOWLEDGED
        return self._good(Fate.CONNECTED)

    async def _streams(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A transport closes its socket at a reset; the one we ask for TCP_INFO stays open."""
        copy = self.sock.dup()
        if not self.target.tls:
            return await asyncio.open_connection(sock=copy)
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # the connection is tested, not who answers; nothing secret is sent
        return await asyncio.open_connection(sock=copy, ssl=context, server_hostname=self.target.name)

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Fate:
        sending = asyncio.create_task(self._send(writer))
        try:
            await self._read_status(reader)
        finally:
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await sending
        if self.status is None:
            return Fate.CLOSED
        await self._drain(reader)
        return self._good(Fate.ANSWERED)

    async def _send(self, writer: asyncio.StreamWriter) -> None:
        for piece in request(self.target, self.manners):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(BETWEEN_SEGMENTS_S)
        await asyncio.sleep(STALL_S + 3 * (self.base.rtt_s if self.base else 0))
        self.stalled = not self._acknowledged and self.first_byte_s is None

    async def _read_status(self, reader: asyncio.StreamReader) -> None:
        while b"\r\n" not in self._received and len(self._received) < MAX_ANSWER_BYTES:
            if not (chunk := await reader.read(65536)):
                break
            self.first_byte_s = self.first_byte_s or self._now_s()
            self._received += chunk
        if found := STATUS.match(self._received):
            self.status = int(found["status"])

    async def _drain(self, reader: asyncio.StreamReader) -> None:
        """Read the rest, within limits: closing with unread data would reset the target's end."""
        taken = 0
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(1):
                while taken < MAX_ANSWER_BYTES and (chunk := await reader.read(65536)):
                    taken += len(chunk)

    @property
    def _acknowledged(self) -> bool:
        """Whether the target's kernel has acknowledged anything after the handshake."""
        return self.base is not None and tcp_info.read(self.sock).bytes_acked > self.base.bytes_acked

    def _good(self, fate: Fate) -> Fate:
        return Fate.LATE if self.stalled or (self.base and self.base.total_retrans) else fate

    def _cut(self, error: OSError) -> Fate:
        self.error = errno.errorcode.get(error.errno or 0, str(error))
        return Fate.RESET if self._acknowledged else Fate.RESET_UNKNOWN

    def _unfinished(self) -> Fate:
        if self.base is None:
            return Fate.SYN_UNANSWERED
        if self.manners.connection_test_only:
            return self._good(Fate.CONNECTED)
        return Fate.NOT_ANSWERED if self._acknowledged else Fate.UNACKNOWLEDGED

    def _end(self, fate: Fate) -> Attempt:
        """Close; what the target never took is taken back by a reset, so that it leaves nothing half-open there."""
        with self.sock:
            info = tcp_info.read(self.sock)
            if fate in {Fate.SYN_UNANSWERED, Fate.UNACKNOWLEDGED}:
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_0)
        base = self.base or info
        return Attempt(
            fate=fate,
            begun_s=self.begun_s,
            connect_s=self.connect_s,
            first_byte_s=self.first_byte_s,
            syn_retransmits=base.total_retrans,
            retransmits=info.total_retrans - base.total_retrans,
            rtt_s=info.rtt_s if self.connect_s is not None else None,
            status=self.status,
            error=self.error,
        )

    def _now_s(self) -> float:
        return time.monotonic() - self.epoch_s


async def _writable(sock: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    arrived = asyncio.Event()
    loop.add_writer(sock, arrived.set)
    try:
        await arrived.wait()
    finally:
        loop.remove_writer(sock)
