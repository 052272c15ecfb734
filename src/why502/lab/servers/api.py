"""A small API service that can be told to misbehave.

    python -m why502.lab.servers.api --address 10.50.2.2:8080 --misbehaviour reset --share 0.2

A share of the requests (chosen by the seed) meets the misbehaviour; everything else is answered properly.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import signal
import socket
import ssl
import time
from dataclasses import dataclass, field

from why502.lab.http1 import MAX_HEAD_BYTES, Head, MalformedError, read_head
from why502.lab.servers.misbehaviour import MISBEHAVIOURS

BACKLOG = 1024
HEALTH = "/health"
TLS_HANDSHAKE = b"\x16"
"""The first byte of a ClientHello: the record's content type (RFC 8446, 5.1)."""


@dataclass(slots=True)
class Api:
    """The service, with its options."""

    options: argparse.Namespace
    chance: random.Random
    workers: asyncio.Semaphore
    stopping: bool = False
    answered: int = 0
    leaked: list[bytes] = field(default_factory=list)
    drained: asyncio.Event = field(default_factory=asyncio.Event)
    idle: set[asyncio.StreamWriter] = field(default_factory=set)
    busy: set[asyncio.StreamWriter] = field(default_factory=set)

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """All requests of one connection; or none, and a reset as soon as it was accepted."""
        if self.chance.random() < self.options.turn_away_share:
            await MISBEHAVIOURS["reset"](writer)
            return
        with contextlib.suppress(OSError, EOFError, TimeoutError, MalformedError):
            while await self._exchange(reader, writer):
                pass
        writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer; whether the connection stays."""
        self.idle.add(writer)
        try:
            async with asyncio.timeout(self.options.idle_timeout):
                first = await reader.readexactly(1)
                if first == TLS_HANDSHAKE:
                    return await self._refuse_tls(writer)
                head = await read_head(reader)
        finally:
            self.idle.discard(writer)
        self.busy.add(writer)
        try:
            await reader.readexactly(int(head.get("content-length") or 0))
            return await self._answer(head, writer)
        finally:
            self.busy.discard(writer)
            if self.stopping and not self.busy:
                self.drained.set()

    async def _refuse_tls(self, writer: asyncio.StreamWriter) -> bool:
        """What a plain server makes of a ClientHello: an error in plain text, or nothing at all."""
        if self.options.mute:
            await asyncio.sleep(self.options.idle_timeout)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        return False

    async def _answer(self, head: Head, writer: asyncio.StreamWriter) -> bool:
        path = head.start.split(" ")[1]  # the method lacks its first letter, which nobody needs
        if path != HEALTH:
            async with self.workers:
                await asyncio.sleep(self.options.work + self.options.work_spread * _hash(path))
                if path == self.options.slow_path:
                    await asyncio.sleep(self.options.slow)
            self.answered += 1
            self._use_up()
            if self.chance.random() < self.options.share or self.answered == self.options.misbehaves_at:
                if self.options.misbehaviour == "slow":
                    await asyncio.sleep(self.options.slow)
                else:
                    await MISBEHAVIOURS[self.options.misbehaviour](writer)
                    return not writer.transport.is_closing()
        stays = head.stays and not self.stopping and self.chance.random() >= self.options.close_share
        writer.write(_proper(path, stays=stays))
        await writer.drain()
        return stays

    def _use_up(self) -> None:
        """Processor time and memory, as much as was asked for; or the end, by a bug that shows at a certain request."""
        until_s = time.thread_time() + self.options.burn
        while time.thread_time() < until_s:
            pass
        if self.options.leak:
            self.leaked.append(b"x" * self.options.leak)
        if self.answered == self.options.dies_at:
            os._exit(70)

    async def drain(self) -> None:
        """Close what is idle, finish what is not."""
        self.stopping = True
        for writer in tuple(self.idle):
            writer.close()
        if self.busy:
            await self.drained.wait()


def _hash(path: str) -> float:
    """0 to 1, the same for the same path."""
    return sum(path.encode()) % 40 / 40


def _proper(path: str, *, stays: bool) -> bytes:
    """An answer of 0.1 to 3 kB, by path; the health check's is small, as they are."""
    items = 1 if path == HEALTH else 10 + int(300 * _hash(path))
    body = b'{"items": [' + b", ".join(b'{"id": %d}' % i for i in range(items)) + b"]}"
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return (head + f"Connection: {'keep-alive' if stays else 'close'}\r\n\r\n").encode() + body


async def serve(options: argparse.Namespace) -> None:
    """Until SIGTERM; then gracefully, or at once with `--abrupt`."""
    loop = asyncio.get_running_loop()
    end = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, (lambda: os._exit(143)) if options.abrupt else end.set)
    chance = random.Random(options.seed)  # noqa: S311 - reproducible, not secret
    api = Api(options, chance, asyncio.Semaphore(options.workers))
    host, _, port = options.address.rpartition(":")
    tls = None
    if options.certificate:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(options.certificate)

    # asyncio tries to accept as often as its backlog says, even without a descriptor for a single one, and logs every
    # try (`_accept_connection` in asyncio/selector_events.py): it would stand still instead of serving what it has.
    listener = socket.create_server((host, int(port)), backlog=BACKLOG)
    server = await asyncio.start_server(api.converse, sock=listener, backlog=1, ssl=tls, limit=MAX_HEAD_BYTES)
    listener.listen(BACKLOG)
    await end.wait()
    server.close()
    await api.drain()


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--address", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--misbehaviour", choices=[*MISBEHAVIOURS, "slow"], default="slow")
    parser.add_argument("--share", type=float, default=0.0, help="of the requests that meet the misbehaviour, 0 to 1")
    parser.add_argument("--misbehaves-at", type=int, help="the number of one more request that meets it, from 1")
    parser.add_argument("--slow", type=float, default=0.0, help="seconds that a slow answer takes longer")
    parser.add_argument("--slow-path", help="a path whose every answer is slow")
    parser.add_argument("--work", type=float, default=0.015, help="seconds of work, at least")
    parser.add_argument("--work-spread", type=float, default=0.040, help="and at most so many more, by path")
    parser.add_argument("--burn", type=float, default=0.0, help="seconds of processor time for each request")
    parser.add_argument("--leak", type=int, default=0, help="bytes that each request leaves behind")
    parser.add_argument("--dies-at", type=int, help="the number of the request that ends the process, from 1")
    parser.add_argument("--workers", type=int, default=1000, help="requests that are worked on at once")
    parser.add_argument("--idle-timeout", type=float, default=3600.0, help="seconds")
    parser.add_argument("--close-share", type=float, default=0.0, help="of the answers that end their connection")
    parser.add_argument("--turn-away-share", type=float, default=0.0, help="of the connections that are reset at once")
    parser.add_argument("--abrupt", action="store_true", help="SIGTERM ends it at once")
    parser.add_argument("--mute", action="store_true", help="without TLS, wait for more when a client speaks it")
    parser.add_argument("--certificate", help="certificate and key; it speaks TLS then")
    return parser


if __name__ == "__main__":
    asyncio.run(serve(arguments().parse_args()))
