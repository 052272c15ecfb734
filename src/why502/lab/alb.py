"""An AWS Application Load Balancer as documented: one node, one listener, one target group.

    python -m why502.lab.alb SETTINGS.json

Kept from the documentation (Elastic Load Balancing user guide: access logs, troubleshooting, CloudWatch metrics):
a pool of target connections, no retry, a connect timeout of 10 s, an idle timeout of 60 s, health checks that fail
open, 502/503/504/460 with their log signatures. Header and body go to the target as they come in, in writes of
their own. SIGUSR1 deregisters the targets, SIGUSR2 registers them again; SIGTERM ends the node.

Every time and count that it logs was measured by it.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, cast

import msgspec

from why502.lab.alb_group import Group
from why502.lab.alb_records import Counts, Exchange, log_line
from why502.lab.alb_target import GoneError, Target, TargetSettings, UnreachableError
from why502.lab.http1 import CHUNK_BYTES, Head, MalformedError, WatchedReader, copy_body, read_head
from why502.model.decoding import ready

if TYPE_CHECKING:
    from collections.abc import Callable

CONNECT_TIMEOUT_S = 10.0
IDLE_TIMEOUT_S = 60.0
HEALTH_CHECK_INTERVAL_S = 30.0
HEALTH_CHECK_TIMEOUT_S = 5.0
"""Documented defaults; the lab's time scale multiplies them all."""

CLIENT_KEEPALIVE_S = 3600.0
LINGER_S = 2.0


class Settings(msgspec.Struct, frozen=True):
    """What the node is told."""

    listen: str
    target: str
    node_address: str
    log: str
    counts: str
    """Where the counts for CloudWatch are written at the end."""
    time_scale: float = 1.0
    connect_timeout_s: float = CONNECT_TIMEOUT_S
    idle_timeout_s: float = IDLE_TIMEOUT_S
    others: tuple[str, ...] = ()
    """Further targets of the group."""


class Node:
    """One load balancer node."""

    def __init__(self, settings: Settings, log: Callable[[str], object]) -> None:
        self.settings = settings
        self.log = log
        scale = settings.time_scale
        self.idle_timeout_s = settings.idle_timeout_s * scale
        self.group = Group(
            [
                TargetSettings(address, settings.connect_timeout_s * scale, self.idle_timeout_s)
                for address in (settings.target, *settings.others)
            ],
            check_every_s=HEALTH_CHECK_INTERVAL_S * scale,
            check_timeout_s=HEALTH_CHECK_TIMEOUT_S * scale,
        )
        self.counts = Counts()

    async def serve_client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """All requests of one client connection."""
        watched = cast("WatchedReader", reader)
        self.counts.new_connection()
        with contextlib.suppress(EOFError, ConnectionError, TimeoutError, MalformedError):
            while not self.group.ended:
                async with asyncio.timeout(CLIENT_KEEPALIVE_S):
                    head = await read_head(watched)
                if not await self._serve(head, watched, writer):
                    break
        await self._part(watched, writer)

    async def _part(self, client: WatchedReader, writer: asyncio.StreamWriter) -> None:
        """Close, but first let a client that still sends read its answer: unread data would make a reset of it."""
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(LINGER_S):
                if not client.ended.is_set():
                    writer.write_eof()
                while await client.read(CHUNK_BYTES):
                    pass
        writer.close()

    async def _serve(self, head: Head, client: WatchedReader, writer: asyncio.StreamWriter) -> bool:
        """One request; whether the client's connection stays."""
        exchange = Exchange.begin(head, writer.get_extra_info("peername"), self.settings.listen)
        await self._dispatch(exchange, head, client, writer)
        exchange.ended_s = time.time()
        self.log(log_line(exchange, self.settings.node_address))
        self.counts.exchange(exchange)
        return head.stays and exchange.answered and exchange.received and not client.ended.is_set()

    async def _dispatch(
        self, exchange: Exchange, head: Head, client: WatchedReader, writer: asyncio.StreamWriter
    ) -> None:
        """Send the request to the target and its answer to the client, or answer for the target."""
        target = self.group.choose()
        if target is None:
            return await _answer(exchange, writer, 503)
        exchange.target = target.settings.address
        leaves = asyncio.create_task(client.ended.wait())
        forwards = asyncio.create_task(self._forward(target, exchange, head, client, writer))
        try:
            await asyncio.wait({leaves, forwards}, return_when=asyncio.FIRST_COMPLETED)
            if not forwards.done():
                exchange.status = 460
                return None
            status = forwards.result()
        finally:
            for task in (leaves, forwards):
                task.cancel()
            await asyncio.gather(leaves, forwards, return_exceptions=True)
        return await _answer(exchange, writer, status) if status else None

    async def _forward(
        self, target: Target, exchange: Exchange, head: Head, client: WatchedReader, writer: asyncio.StreamWriter
    ) -> int:
        """0 if the target's answer went to the client, else the status that the load balancer gives."""
        try:
            connection = await target.connection()
        except UnreachableError as failure:
            exchange.target_connect_failed = True
            return failure.status
        if connection.fresh:
            self.counts.new_connection()
        try:
            async with asyncio.timeout(self.idle_timeout_s) as idle:
                exchange.sent_s = time.time()
                answer = await connection.exchange(head, client, exchange)
                exchange.header_s = time.time()
                exchange.target_status = answer.status
                idle.reschedule(None)
            await self._pass_on(exchange, answer, connection.reader, writer)
        except TimeoutError:
            connection.close()
            return 504
        except (GoneError, MalformedError):
            connection.close()
            exchange.failed_s = time.time()
            exchange.target_status = exchange.header_s = None
            return 502
        except BaseException:
            connection.close()
            raise
        target.give_back(connection, stays=answer.stays and exchange.received and exchange.answered)
        return 0

    async def _pass_on(
        self, exchange: Exchange, answer: Head, target: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        exchange.status = answer.status
        exchange.answer_s = time.time()
        encoded = answer.encode(connection="keep-alive")
        writer.write(encoded)
        try:
            exchange.sent_bytes = len(encoded)
            if not exchange.bodiless and answer.status not in (204, 304):
                exchange.sent_bytes += await copy_body(target, writer, answer)
            await writer.drain()
            exchange.answered = True
        except (EOFError, ConnectionError, MalformedError):
            writer.transport.abort()  # the client sees a truncated answer; the status is already out


async def _answer(exchange: Exchange, writer: asyncio.StreamWriter, status: int) -> None:
    """The load balancer's own error page."""
    names = {502: "Bad Gateway", 503: "Service Temporarily Unavailable", 504: "Gateway Time-out"}
    page = f"<html><head><title>{status} {names[status]}</title></head></html>\r\n".encode()
    head = f"HTTP/1.1 {status} {names[status]}\r\nServer: awselb/2.0\r\nContent-Type: text/html\r\n"
    message = f"{head}Content-Length: {len(page)}\r\nConnection: close\r\n\r\n".encode() + page
    exchange.status = status
    exchange.sent_bytes = len(message)
    with contextlib.suppress(ConnectionError):
        writer.write(message)
        await writer.drain()


async def run(node: Node) -> None:
    """Serve until SIGTERM."""
    loop = asyncio.get_running_loop()
    end = asyncio.Event()
    loop.add_signal_handler(signal.SIGUSR1, node.group.deregister)
    loop.add_signal_handler(signal.SIGUSR2, node.group.register)
    loop.add_signal_handler(signal.SIGTERM, end.set)
    host, _, port = node.settings.listen.rpartition(":")

    def client_protocol() -> asyncio.StreamReaderProtocol:
        return asyncio.StreamReaderProtocol(WatchedReader(), node.serve_client)

    server = await loop.create_server(client_protocol, host, int(port), backlog=socket.SOMAXCONN)
    checks = asyncio.create_task(node.group.check_health(node.counts.healthy_hosts))
    async with server:
        await end.wait()
    checks.cancel()
    node.group.close()


def main() -> None:
    settings = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=ready(Settings))
    with Path(settings.log).open("a", buffering=1) as log:
        node = Node(settings, lambda line: log.write(line + "\n"))
        asyncio.run(run(node))
    Path(settings.counts).write_bytes(node.counts.encode())


if __name__ == "__main__":
    main()
