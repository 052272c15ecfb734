from __future__ import annotations

import asyncio
import socket
import struct

import pytest

from tests.lab.balancing import GET, LIMIT_S, Target, balanced, serves, through


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
        (serves, "n n n 200 200", LIMIT_S),
        (_closes, "n n -1 502 -", LIMIT_S),
        (_resets, "n n -1 502 -", LIMIT_S),
        (_talks_nonsense, "n n -1 502 -", LIMIT_S),
        (_answers_with_a_huge_header, "n n -1 502 -", LIMIT_S),
        (_is_silent, "n -1 -1 504 -", 0.5),
    ],
)
def test_each_failure_has_its_documented_signature(target: Target, signature: str, idle_timeout_s: float) -> None:
    """The client gets the status that the log tells, and the line has its 34 fields."""
    seen = balanced(target, idle_timeout_s=idle_timeout_s)
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
    seen = asyncio.run(through(_closed_port(), [GET]))
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
        seen = asyncio.run(through(full.getsockname()[1], [GET], connect_timeout_s=0.2))
        for client in clients:
            client.close()
    assert seen.signature() == "-1 -1 -1 504 -"


def test_group_without_target_is_a_503() -> None:
    """No target in the log, and no request counted: none could be sent."""
    seen = asyncio.run(through(_closed_port(), [GET], registered=False))
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

    seen = balanced(only_listens, leaves_when=asked)
    assert seen.signature() == "n -1 -1 460 -"


def test_strangers_words_cannot_break_the_log_line() -> None:
    """Quotes and control characters are written as numbers."""
    seen = balanced(serves, [b'GET /"\n HTTP/1.1\r\nUser-Agent: \x00"\\\r\n\r\n'])
    assert _fields(seen.log[0]) == 34
    assert r'"GET http://127.0.0.1:80/\x22\x0A HTTP/1.1" "\x00\x22\x5C"' in seen.log[0]


def test_answer_to_head_has_no_body() -> None:
    """Its Content-Length tells of another answer."""

    async def serves(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
        await reader.read(-1)

    seen = balanced(serves, [b"HEAD / HTTP/1.1\r\nConnection: close\r\n\r\n"])
    assert seen.signature() == "n n n 200 200"
