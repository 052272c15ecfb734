"""Requests through the lab's load balancer, in this process, with a target of the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

from why502.lab.alb import Node, Settings
from why502.lab.http1 import WatchedReader

Target = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

GET = b"GET /a?b=1 HTTP/1.1\r\nHost: shop\r\nUser-Agent: t/1\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LIMIT_S = 60.0
"""For what comes by itself, on the slowest machine."""


@dataclass
class Seen:
    """What a client got, and what the load balancer wrote down."""

    answer: bytes = b""
    log: list[str] = field(default_factory=list)
    counts: dict[str, float] = field(default_factory=dict)
    written: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self, line: str) -> None:
        self.log.append(line)
        self.written.set()

    async def until_written(self, lines: int) -> None:
        async with asyncio.timeout(LIMIT_S):
            while len(self.log) < lines:
                self.written.clear()
                await self.written.wait()

    @property
    def status(self) -> str:
        return self.answer.split(b" ")[1].decode() if self.answer else ""

    def signature(self) -> str:
        """Fields 6 to 10 of the one line, with numbers as 'n'."""
        (line,) = self.log
        return " ".join("n" if "." in part else part for part in line.split(" ")[5:10])


async def through(
    port: int,
    requests: list[bytes],
    *,
    leaves_when: asyncio.Event | None = None,
    registered: bool = True,
    connect_timeout_s: float = LIMIT_S,
    idle_timeout_s: float = LIMIT_S,
) -> Seen:
    """Requests over one client connection each, through a load balancer with its target at `port`.

    No timer of it fires that is not the matter: it would fire before its time where a processor is not to be had.
    """
    seen = Seen()
    own = "127.0.0.1:80", f"127.0.0.1:{port}", "10.0.0.9"
    node = Node(
        Settings(*own, "", "", connect_timeout_s=connect_timeout_s, idle_timeout_s=idle_timeout_s),
        seen.note,
    )
    if not registered:
        node.group.deregister()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: asyncio.StreamReaderProtocol(WatchedReader(), node.serve_client), "127.0.0.1", 0
    )
    async with server:
        for request in requests:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(request)
            if leaves_when:
                await asyncio.wait_for(leaves_when.wait(), LIMIT_S)
            else:
                seen.answer = await asyncio.wait_for(reader.read(4096), LIMIT_S)
            writer.close()
        await seen.until_written(len(requests))
    node.group.close()
    for count in node.counts.data:
        seen.counts[count.metric] = seen.counts.get(count.metric, 0) + count.value
    return seen


def balanced(
    target: Target,
    requests: list[bytes] | None = None,
    leaves_when: asyncio.Event | None = None,
    idle_timeout_s: float = LIMIT_S,
) -> Seen:
    async def case() -> Seen:
        async with await asyncio.start_server(target, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            asked = requests or [GET]
            return await through(port, asked, leaves_when=leaves_when, idle_timeout_s=idle_timeout_s)

    return asyncio.run(case())


async def serves(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(asyncio.IncompleteReadError):
        while True:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(OK)
