from __future__ import annotations

import asyncio
from contextlib import suppress

from why502.lab.load import Acted, Fetch, Outcome, Outcomes, Page, Plan, Repeats, load


def _loaded(fetch: Fetch, per_connection: int, repeats: Repeats | None = None) -> tuple[Outcomes, list[int]]:
    """What becomes of a page with this request, at a server that closes connections after so many answers."""
    answered: list[int] = []

    async def serves(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answered.append(0)
        with suppress(asyncio.IncompleteReadError):
            for _ in range(per_connection):
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(fetch.body_bytes)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                answered[-1] += 1
                if b"Connection: close" in head:
                    break
        writer.close()

    async def case() -> Outcomes:
        async with await asyncio.start_server(serves, "127.0.0.1", 0) as server:
            host, port = server.sockets[0].getsockname()
            return await load(Plan(f"{host}:{port}", 5.0, (Page(0.0, (fetch,)),), repeats))

    return asyncio.run(case()), answered


def test_a_request_is_repeated_over_one_connection() -> None:
    """As often as it is wanted; each counts."""
    outcomes, answered = _loaded(Fetch("POST", "/a", body_bytes=3, times=5), per_connection=9)
    assert (outcomes.by_status, answered) == ({"200": 5}, [5])


def test_a_connection_that_ended_is_made_anew() -> None:
    """The request that met its end failed, and the next one goes on."""
    outcomes, answered = _loaded(Fetch("GET", "/a", times=5), per_connection=2)
    assert (outcomes.by_status, answered) == ({"200": 4, "none": 1}, [2, 2])


def test_a_plan_goes_on_until_enough_has_failed() -> None:
    """Two of three requests of a page get an answer, the third fails: as many pages as failures are wanted."""
    outcomes, _ = _loaded(Fetch("GET", "/a", times=3), per_connection=2, repeats=Repeats(4, for_s=3600.0))
    assert outcomes.by_status == {"200": 8, "none": 4}


def test_a_plan_without_failures_ends_when_its_time_is_over() -> None:
    """After the plan itself, with no page more."""
    outcomes, _ = _loaded(Fetch("GET", "/a"), per_connection=9, repeats=Repeats(4, for_s=0.0))
    assert outcomes.by_status == {"200": 1}


def test_failures_are_counted_by_when_they_began() -> None:
    """Between an act and another."""
    requests = tuple(Outcome(Fetch("GET", "/"), at_s, 0.1, status) for at_s, status in ((1, 502), (2, None), (3, 200)))
    outcomes = Outcomes(requests, (Acted("a", 1.5, 1.6), Acted("b", 2.5, 2.6)))
    assert outcomes.span_of("a", "b") == (1.5, 2.6)
    assert (outcomes.failed, outcomes.failed_within(*outcomes.span_of("a", "b"))) == (2, 1)


def test_attempts_that_were_repeated_are_bounded_by_what_was_asked() -> None:
    """Two failed; two began between the acts, and each may have failed once before."""
    requests = tuple(Outcome(Fetch("GET", "/"), at_s, 0.1, status) for at_s, status in ((1, 502), (2, None), (3, 200)))
    assert Outcomes(requests).attempts_within((1.5, 2.5), (2.5, 3.5)) == (2, 4)
