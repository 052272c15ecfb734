from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

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


async def _through(
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


def _run(
    target: Target,
    requests: list[bytes] | None = None,
    leaves_when: asyncio.Event | None = None,
    idle_timeout_s: float = LIMIT_S,
) -> Seen:
    async def case() -> Seen:
        async with await asyncio.start_server(target, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            asked = requests or [GET]
            return await _through(port, asked, leaves_when=leaves_when, idle_timeout_s=idle_timeout_s)

    return asyncio.run(case())


async def _serves(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(asyncio.IncompleteReadError):
        while True:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(OK)


async def _closes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.close()


async def _resets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


async def _talks_nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"coffee\r\n\r\n")


async def _answers_with_a_huge_header(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 40_000 + b"\r\n\r\n")


async def _is_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(-1)


@pytest.mark.parametrize(
    ("target", "signature", "idle_timeout_s"),
    [
        (_serves, "n n n 200 200", LIMIT_S),
        (_closes, "n n -1 502 -", LIMIT_S),
        (_resets, "n n -1 502 -", LIMIT_S),
        (_talks_nonsense, "n n -1 502 -", LIMIT_S),
        (_answers_with_a_huge_header, "n n -1 502 -", LIMIT_S),
        (_is_silent, "n -1 -1 504 -", 0.5),
    ],
)
def test_each_failure_has_its_documented_signature(target: Target, signature: str, idle_timeout_s: float) -> None:
    """The client gets the status that the log tells, and the line has its 34 fields."""
    seen = _run(target, idle_timeout_s=idle_timeout_s)
    assert seen.signature() == signature
    assert seen.status == signature.split()[3]
    assert len(seen.log[0].split('"')[0].split()) == 12
    assert _fields(seen.log[0]) == 34


def _fields(line: str) -> int:
    """Space-separated, quoted ones counted as one."""
    return sum(len(part.split()) if i % 2 == 0 else 1 for i, part in enumerate(line.split('"')))


def _closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_refused_connection_is_a_502_without_times() -> None:
    """The target's reset of the handshake; counted as a connection error."""
    seen = asyncio.run(_through(_closed_port(), [GET]))
    assert seen.signature() == "-1 -1 -1 502 -"
    assert seen.counts["TargetConnectionErrorCount"] == 1
    assert seen.counts["HTTPCode_ELB_502_Count"] == seen.counts["HTTPCode_ELB_5XX_Count"] == 1


def test_unanswered_connection_is_a_504_without_times() -> None:
    """Here by an accept queue that is full."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        clients = [socket.socket() for _ in range(4)]
        for client in clients:
            client.setblocking(False)
            client.connect_ex(full.getsockname())
        seen = asyncio.run(_through(full.getsockname()[1], [GET], connect_timeout_s=0.2))
        for client in clients:
            client.close()
    assert seen.signature() == "-1 -1 -1 504 -"


def test_group_without_target_is_a_503() -> None:
    """No target in the log, and no request counted: none could be sent."""
    seen = asyncio.run(_through(_closed_port(), [GET], registered=False))
    assert seen.signature() == "-1 -1 -1 503 -"
    assert seen.log[0].split(" ")[4] == "-"
    assert "RequestCount" not in seen.counts


def test_client_that_leaves_is_a_460() -> None:
    """The request was outstanding at the target."""
    asked = asyncio.Event()

    async def only_listens(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        asked.set()
        await reader.read(-1)

    seen = _run(only_listens, leaves_when=asked)
    assert seen.signature() == "n -1 -1 460 -"


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

    seen = _run(serves_twice, [GET] * 3)
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


def test_strangers_words_cannot_break_the_log_line() -> None:
    """Quotes and control characters are written as numbers."""
    seen = _run(_serves, [b'GET /"\n HTTP/1.1\r\nUser-Agent: \x00"\\\r\n\r\n'])
    assert _fields(seen.log[0]) == 34
    assert r'"GET http://127.0.0.1:80/\x22\x0A HTTP/1.1" "\x00\x22\x5C"' in seen.log[0]


def test_answer_to_head_has_no_body() -> None:
    """Its Content-Length tells of another answer."""

    async def serves(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
        await reader.read(-1)

    seen = _run(serves, [b"HEAD / HTTP/1.1\r\nConnection: close\r\n\r\n"])
    assert seen.signature() == "n n n 200 200"
