"""The load balancer's side towards its target: connection pool, health checks, registration."""

from __future__ import annotations

import asyncio
import socket
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from why502.lab.http1 import Head, MalformedError, WatchedReader, copy_body, read_head, skip_body

if TYPE_CHECKING:
    from why502.lab.alb_records import Exchange

MAX_ANSWER_HEAD_BYTES = 32 * 1024
"""A larger header of an answer is a 502 (documented)."""

UNHEALTHY_AFTER = 2
"""Failed health checks in a row (documented default)."""


class UnreachableError(Exception):
    """No connection to the target; `status` is what the client gets."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class GoneError(Exception):
    """The target closed or reset the connection with the request outstanding."""


@dataclass(frozen=True, slots=True)
class TargetSettings:
    """Address and timers of the target group."""

    address: str
    connect_timeout_s: float
    idle_timeout_s: float


@dataclass(slots=True)
class Connection:
    """One connection to the target."""

    reader: WatchedReader
    writer: asyncio.StreamWriter
    fresh: bool = True
    expiry: asyncio.TimerHandle | None = None

    async def exchange(self, head: Head, client: asyncio.StreamReader, exchange: Exchange) -> Head:
        """Send a request, streaming its body from the client, and read the head of the answer.

        The answer may come, or the connection break, while the body is still on its way.
        """
        sends = asyncio.create_task(self._send(head, client, exchange))
        try:
            return await read_head(self.reader, MAX_ANSWER_HEAD_BYTES)
        except (EOFError, ConnectionError) as error:
            raise GoneError from error
        finally:
            sends.cancel()
            await asyncio.gather(sends, return_exceptions=True)

    async def _send(self, head: Head, client: asyncio.StreamReader, exchange: Exchange) -> None:
        forwarded = f"{exchange.client[0]}"
        self.writer.write(
            head.encode(connection="keep-alive", x_forwarded_for=forwarded, x_amzn_trace_id=exchange.trace_id)
        )
        await self.writer.drain()
        exchange.received_bytes += await copy_body(client, self.writer, head)
        exchange.received = True

    def close(self) -> None:
        if self.expiry:
            self.expiry.cancel()
        self.writer.close()

    def abandon(self) -> None:
        """By a reset, as health checkers part with a target that did not answer in time.

        After a FIN the late answer would be reset twice, once for each of its segments. The second reset finds no
        connection at the target any more, and its listener counts it as a drop (`tcp_rcv_state_process`).
        """
        linger = struct.pack("ii", 1, 0)
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()


@dataclass(slots=True)
class Target:
    """One target of the group."""

    settings: TargetSettings
    check_timeout_s: float
    failed_checks: int = 0
    """In a row."""
    registered: bool = True
    ended: bool = False
    idle: list[Connection] = field(default_factory=list)
    """The pool; the connection used last is used first."""

    async def connection(self) -> Connection:
        """From the pool, or a new one; UnreachableError if there is none to be had."""
        while self.idle:
            pooled = self.idle.pop()
            if pooled.expiry:
                pooled.expiry.cancel()
            if not pooled.reader.ended.is_set():
                pooled.fresh = False
                return pooled
            pooled.close()
        try:
            async with asyncio.timeout(self.settings.connect_timeout_s):
                return await self._connect()
        except TimeoutError as error:
            raise UnreachableError(504) from error
        except OSError as error:
            raise UnreachableError(502) from error

    async def _connect(self) -> Connection:
        host, _, port = self.settings.address.rpartition(":")
        loop = asyncio.get_running_loop()
        reader = WatchedReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        transport, _ = await loop.create_connection(lambda: protocol, host, int(port))
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return Connection(reader, asyncio.StreamWriter(transport, protocol, reader, loop))

    def give_back(self, connection: Connection, *, stays: bool) -> None:
        """Keep a connection for the next request, for as long as the idle timeout."""
        if not stays or not self.registered or self.ended or connection.reader.ended.is_set():
            connection.close()
            return
        loop = asyncio.get_running_loop()
        connection.expiry = loop.call_later(self.settings.idle_timeout_s, self._expire, connection)
        self.idle.append(connection)

    def _expire(self, connection: Connection) -> None:
        self.idle.remove(connection)
        connection.close()

    def register(self) -> None:
        self.registered = True

    def deregister(self) -> None:
        """No new requests; pooled connections are closed, those in use end with their request."""
        self.registered = False
        self.close_pool()

    def close_pool(self) -> None:
        while self.idle:
            self.idle.pop().close()

    def close(self) -> None:
        self.ended = True
        self.close_pool()

    async def check(self) -> None:
        """One health check."""
        self.failed_checks = 0 if await self._answers_health_check() else self.failed_checks + 1

    async def _answers_health_check(self) -> bool:
        try:
            async with asyncio.timeout(self.check_timeout_s):
                return await self._says_it_is_healthy(await self._connect())
        except (TimeoutError, OSError, EOFError, MalformedError):
            return False

    async def _says_it_is_healthy(self, connection: Connection) -> bool:
        check = f"GET /health HTTP/1.1\r\nHost: {self.settings.address}\r\nConnection: close\r\n\r\n"
        try:
            connection.writer.write(check.encode())
            head = await read_head(connection.reader)
            await skip_body(connection.reader, head)
        except BaseException:
            connection.abandon()
            raise
        connection.close()
        return head.status == 200
