from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from why502.lab.alb import Node, Settings

Target = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def _health_check(target: Target, scale: float = 1.0) -> tuple[float, type[Exception] | None]:
    """One health check: healthy hosts (0 or 1), and how the load balancer parted with the target (None: by a FIN)."""

    async def case() -> tuple[float, type[Exception] | None]:
        parted, counted = asyncio.Future[type[Exception] | None](), asyncio.Future[float]()

        async def watched(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await target(reader, writer)
            try:
                await reader.read(-1)
            except ConnectionError as error:
                parted.set_result(type(error))
            else:
                parted.set_result(None)

        async with await asyncio.start_server(watched, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            node = Node(Settings("x:80", f"127.0.0.1:{port}", "10.0.0.9", "", "", scale), lambda _: None)
            checks = asyncio.create_task(node.group.check_health(counted.set_result))
            found = await counted, await parted
            checks.cancel()
        return found

    return asyncio.run(asyncio.wait_for(case(), 20))


def test_health_check_reads_its_answer_to_the_end() -> None:
    """A target that is well is never reset for having been asked."""

    async def answers_in_two_segments(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
        await asyncio.sleep(0.05)
        writer.write(b"ok")

    assert _health_check(answers_in_two_segments) == (1, None)


def test_health_check_that_waited_in_vain_parts_by_a_reset() -> None:
    """With a FIN the late answer would be reset twice, and the target's listener would count the second as a drop."""

    async def says_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")

    assert _health_check(says_nothing, 0.02) == (1, ConnectionResetError)  # unhealthy after the second one only
