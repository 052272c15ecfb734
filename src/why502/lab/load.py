"""The lab's client: loads pages - idle spells, then bursts of concurrent requests.

    python -m why502.lab.load PLAN.json

One JSON object a line on stdout: a `Cue` where something is to be done to the target (for those that wait it goes
on when a line comes on stdin), and at the end the `Outcomes` of all requests.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from itertools import cycle
from pathlib import Path

import msgspec

from why502.lab.http1 import MAX_HEAD_BYTES, MalformedError, read_head, skip_body
from why502.model.decoding import ready

BODY_PIECE_BYTES = 8 * 1024
RESTART = "restart"


class Fetch(msgspec.Struct, frozen=True):
    """One request of a page."""

    method: str
    path: str
    after_s: float = 0.0
    """How long after the page was opened."""
    body_bytes: int = 0
    body_delay_s: float = 0.0
    """How long after the header the body is sent, as a browser or an HTTP/2 front does."""
    gives_up_after_s: float | None = None
    """A client with less patience than the plan's."""
    times: int = 1
    """So often, one after the other, over one connection as long as it lasts."""


class Page(msgspec.Struct, frozen=True):
    """A burst of concurrent requests after an idle spell."""

    idle_before_s: float
    fetches: tuple[Fetch, ...]
    restart_before: bool = False
    """The target is restarted at the beginning of the idle spell."""
    cue: str | None = None
    """Said at the beginning of the idle spell; the client waits until it has been acted upon."""
    cue_during: tuple[float, str] | None = None
    """(seconds after the page was opened, what is said then); the requests go on meanwhile."""


class Repeats(msgspec.Struct, frozen=True):
    """Pages are loaded again, without their cues, as long as hardly anything has failed."""

    until_failed: int
    """Requests."""
    for_s: float
    """Since the beginning; no page begins later."""


class Plan(msgspec.Struct, frozen=True):
    """Everything that the client will do."""

    address: str
    timeout_s: float
    """When the client itself gives up a request; longer than any timer of the proxy."""
    pages: tuple[Page, ...]
    repeats: Repeats | None = None


class Outcome(msgspec.Struct, frozen=True):
    """What became of one request."""

    fetch: Fetch
    at_s: float
    took_s: float
    status: int | None
    """None: no answer (timeout, connection broken)."""

    @property
    def failed(self) -> bool:
        return self.status is None or self.status >= 500


class Cue(msgspec.Struct, frozen=True, tag=True):
    """Now is the moment for something."""

    name: str
    waits: bool


class Acted(msgspec.Struct, frozen=True):
    """Something was done when the client gave its cue."""

    cue: str
    begin_s: float
    end_s: float


class Outcomes(msgspec.Struct, frozen=True, tag=True):
    """What became of all of them."""

    requests: tuple[Outcome, ...]
    acted: tuple[Acted, ...] = ()
    """Known to the lab only, not to its client."""

    @property
    def by_status(self) -> dict[str, int]:
        return dict(sorted(Counter(str(o.status or "none") for o in self.requests).items()))

    @property
    def failed(self) -> int:
        return sum(o.failed for o in self.requests)

    def failed_within(self, from_s: float, to_s: float) -> int:
        """Of the requests that began in this span (epoch seconds)."""
        return sum(o.failed for o in self.requests if from_s <= o.at_s < to_s)

    def attempts_within(self, *spans_s: tuple[float, float]) -> tuple[int, int]:
        """Fewest and most attempts of the proxy that failed, if only what began in these spans could fail.

        The client does not see an attempt that the proxy repeated. It repeats a request once at most: there is one
        target that fails, or one connection that was kept.
        """
        asked = sum(from_s <= o.at_s < to_s for o in self.requests for from_s, to_s in spans_s)
        return self.failed, self.failed + asked

    def span_of(self, first_cue: str, last_cue: str | None = None) -> tuple[float, float]:
        """From the first beginning of an act to the last end of another (epoch seconds)."""
        begins = [acted.begin_s for acted in self.acted if acted.cue == first_cue]
        ends = [acted.end_s for acted in self.acted if acted.cue == (last_cue or first_cue)]
        return min(begins), max(ends)


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def open_page(plan: Plan, page: Page) -> list[Outcome]:
    """All requests of a page, each on a connection that stands already, as a browser's do."""
    connections = await asyncio.gather(*(_connect(plan, number) for number in range(len(page.fetches))))
    cue = asyncio.create_task(_say_later(*page.cue_during)) if page.cue_during else None
    fetches = zip(page.fetches, connections, strict=True)
    outcomes = await asyncio.gather(*(_fetch_all(plan, number, *each) for number, each in enumerate(fetches)))
    if cue:
        await cue
    return [outcome for several in outcomes for outcome in several]


async def _fetch_all(plan: Plan, number: int, wanted: Fetch, streams: Streams | None) -> list[Outcome]:
    """A request as often as it is wanted; on a new connection where the old one ended."""
    outcomes = []
    for left in range(wanted.times, 0, -1):
        if streams is None or streams[1].is_closing():
            streams = await _connect(plan, number)
        outcomes.append(await _fetch(wanted, streams, plan.timeout_s, last=left == 1))
    return outcomes


async def _connect(plan: Plan, number: int) -> Streams | None:
    """Each request of a page comes from an address of its own, so that clients and proxy share no ports."""
    host, _, port = plan.address.rpartition(":")
    client = (f"127.0.0.{1 + number % 250}", 0)
    try:
        async with asyncio.timeout(plan.timeout_s):
            return await asyncio.open_connection(host, int(port), limit=MAX_HEAD_BYTES, local_addr=client)
    except (TimeoutError, OSError):
        return None


async def _fetch(wanted: Fetch, streams: Streams | None, timeout_s: float, *, last: bool) -> Outcome:
    await asyncio.sleep(wanted.after_s)
    at_s, begin_s = time.time(), time.monotonic()
    status, stays = None, False
    if streams is None:
        return Outcome(wanted, at_s, 0.0, status)
    try:
        async with asyncio.timeout(wanted.gives_up_after_s or timeout_s):
            status, stays = await _status(wanted, *streams, last=last)
    except (TimeoutError, OSError, EOFError, MalformedError):
        pass
    finally:
        if last or not stays:
            streams[1].close()
    return Outcome(wanted, at_s, time.monotonic() - begin_s, status)


async def _status(
    wanted: Fetch, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, last: bool
) -> tuple[int, bool]:
    """The answer's status, and whether another request may follow."""
    head = f"{wanted.method} {wanted.path} HTTP/1.1\r\nHost: api.example\r\nUser-Agent: why502-lab/1\r\n"
    length = f"Content-Length: {wanted.body_bytes}\r\n" if wanted.body_bytes else ""
    writer.write(f"{head}{length}Connection: {'close' if last else 'keep-alive'}\r\n\r\n".encode())
    sends = asyncio.create_task(_send_body(writer, wanted))
    try:
        answer = await read_head(reader)
        if answer.bounded:
            await skip_body(reader, answer)
            return answer.status, answer.stays and not last
        await reader.read(-1)
        return answer.status, False
    finally:
        sends.cancel()
        await asyncio.gather(sends, return_exceptions=True)


async def _send_body(writer: asyncio.StreamWriter, wanted: Fetch) -> None:
    left = wanted.body_bytes
    while left:
        await asyncio.sleep(wanted.body_delay_s)
        writer.write(b"x" * min(left, BODY_PIECE_BYTES))
        await writer.drain()
        left -= min(left, BODY_PIECE_BYTES)


async def load(plan: Plan) -> Outcomes:
    """Load all pages of the plan, one after the other."""
    begin_s = time.monotonic()
    outcomes: list[Outcome] = []
    for page in plan.pages:
        if cue := RESTART if page.restart_before else page.cue:
            _say(Cue(cue, waits=True))
            await asyncio.to_thread(sys.stdin.readline)
        await asyncio.sleep(page.idle_before_s)
        outcomes += await open_page(plan, page)
    if plan.repeats:
        outcomes += await _repeated(plan, plan.repeats, begin_s, sum(outcome.failed for outcome in outcomes))
    return Outcomes(tuple(outcomes))


async def _repeated(plan: Plan, repeats: Repeats, begin_s: float, failed: int) -> list[Outcome]:
    """The same pages again, while they are needed."""
    outcomes: list[Outcome] = []
    for page in cycle(plan.pages):
        if failed >= repeats.until_failed or time.monotonic() - begin_s > repeats.for_s:
            break
        await asyncio.sleep(page.idle_before_s)
        outcomes += (loaded := await open_page(plan, msgspec.structs.replace(page, cue_during=None)))
        failed += sum(outcome.failed for outcome in loaded)
    return outcomes


async def _say_later(after_s: float, cue: str) -> None:
    await asyncio.sleep(after_s)
    _say(Cue(cue, waits=False))


def _say(what: Cue | Outcomes) -> None:
    sys.stdout.write(msgspec.json.encode(what).decode() + "\n")
    sys.stdout.flush()


def main() -> None:
    plan = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=ready(Plan))
    _say(asyncio.run(load(plan)))


if __name__ == "__main__":
    main()
