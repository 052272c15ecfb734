from __future__ import annotations

import asyncio

from tests.lab.balancing import GET, LIMIT_S, OK, balanced
from why502.lab.alb import Node, Settings
from why502.lab.http1 import WatchedReader


def test_connection_is_pooled_and_one_that_the_target_closed_is_not_used() -> None:
    """Two requests over one connection; after the target's FIN a new one is made."""
    connections: list[int] = []

    async def serves_twice(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(0)
        for _ in range(2):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(OK)
            connections[-1] += 1
        writer.close()

    seen = balanced(serves_twice, [GET] * 3)
    assert [line.split(" ")[8] for line in seen.log] == ["200"] * 3
    assert connections == [2, 1]


def test_body_follows_its_header_as_it_comes_in() -> None:
    """The target sees the header before the client has sent the body."""
    order: list[str] = []
    head_came = asyncio.Event()

    async def watches(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        order.append("head at the target")
        head_came.set()
        assert await reader.readexactly(4) == b"body"
        writer.write(OK)

    async def case() -> None:
        async with await asyncio.start_server(watches, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            node = Node(
                Settings("x:80", f"127.0.0.1:{port}", "10.0.0.9", "", ""),
                order.append,
            )
            client, writer = WatchedReader(), _Client()
            task = asyncio.create_task(node.serve_client(client, writer))  # type: ignore[arg-type]
            client.feed_data(b"POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\n")
            await head_came.wait()
            order.append("body by the client")
            client.feed_data(b"body")
            await writer.answered.wait()
            client.feed_eof()
            await task

    asyncio.run(asyncio.wait_for(case(), LIMIT_S))
    assert order[:2] == ["head at the target", "body by the client"]


class _Client:
    """The load balancer's writer towards its client."""

    def __init__(self) -> None:
        self.answered = asyncio.Event()

    def write(self, _data: bytes) -> None:
        self.answered.set()

    async def drain(self) -> None:
        await asyncio.sleep(0)

    def get_extra_info(self, _name: str) -> tuple[str, int]:
        return ("192.0.2.1", 4711)

    def write_eof(self) -> None:
        pass

    def close(self) -> None:
        pass
