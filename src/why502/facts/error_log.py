"""Joins error-log failures to the access-log lines of the same requests, and to the attempts that a retry hid.

Error logs know no request id, and some access logs no clients: addresses are often left out on purpose. nginx's clock
is local time with a resolution of 1 s and without a zone, as are Apache's and Traffic Server's. The join goes by
client, method, path and target as far as both sides tell them, and by time once the zone offset is known; the offset
is read off the log itself (the difference that most pairs agree on, in quarters of an hour).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from heapq import merge
from typing import TYPE_CHECKING

from msgspec import structs

from why502.facts.attempts import hidden_failures
from why502.facts.coarse import coarse_logs, moment_s
from why502.facts.error_lines import VAGUE, folded
from why502.facts.turned_down import tells_of_reset, turned_down
from why502.model.requests import Phase, Request, Side

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ZONE_STEP_S = 900.0
"""All zones in use differ from UTC by a multiple of a quarter of an hour."""

JOIN_SLACK_S = 2.0
"""Both logs write when the request ends, each with up to 1 s of rounding."""

OPEN_S = 310.0
"""A log that tells only the start of a request (Apache, varnishncsa): as long as the usual timeouts last."""

VOTES_PER_CLIENT = 200
"""Enough to find the zone; bounds the pairs of a client that fails all the time."""


def join(access: Sequence[Request], errors: Sequence[Request]) -> tuple[list[Request], list[Request]]:
    """Access-log requests enriched with the error log's words, and the failures that no client saw.

    The latter are the failed attempts of requests that were served after all (`facts.attempts`), with the error
    log's words where it has them, and the errors that neither a failed request nor such an attempt tells of. An error
    behind an answer that the client got (`facts.turned_down`) is no failure.
    """
    requests = [*access, *(hidden for request in access for hidden in hidden_failures(request))]
    told = folded(errors)
    coarse = coarse_logs([*(r for r in requests if r.failed or turned_down(r)), *told])
    table = _Requests(requests, coarse, lambda r: r.failed)
    answered = _Requests(requests, coarse, turned_down)
    offsets_s = {
        proxy: _zone_offset_s((table, answered), [e for e in told if e.proxy == proxy])
        for proxy in {e.proxy for e in told}
    }
    rest: list[Request] = []
    for error in sorted(told, key=lambda e: e.path is None):  # what tells most chooses first
        moved = _shifted(error, offsets_s[error.proxy])
        at_s = moment_s(moved.end_s, moved, coarse)
        match = table.take_nearest(moved, at_s)
        if match is not None:
            requests[match] = _enriched(requests[match], moved)
        elif moved.failed and not (tells_of_reset(moved) and answered.take_nearest(moved, at_s) is not None):
            rest.append(moved)
    return requests[: len(access)], requests[len(access) :] + rest


class _Requests:
    """Some of the requests, to be found by client and time; each is given away once."""

    def __init__(self, requests: Sequence[Request], coarse: frozenset[str], chosen: Callable[[Request], bool]) -> None:
        self._requests = requests
        self._taken: set[int] = set()
        self.by_host: dict[str | None, list[tuple[float, int]]] = defaultdict(list)
        """All of them below None."""
        self.nameless: list[tuple[float, int]] = []
        """Those of clients that the log does not tell."""
        ends = [(moment_s(r.end_s, r, coarse), i) for i, r in enumerate(requests) if chosen(r)]
        for end_s, index in sorted((end_s, i) for end_s, i in ends if end_s is not None):
            self.by_host[None].append((end_s, index))
            if (host := _host(requests[index].client)) is not None:
                self.by_host[host].append((end_s, index))
            else:
                self.nameless.append((end_s, index))

    def of(self, host: str | None) -> tuple[list[tuple[float, int]], ...]:
        """Where requests of this client may be, by time; of one that is not told: anywhere."""
        return (self.by_host.get(host, []), *(() if host is None else (self.nameless,)))

    def take_nearest(self, error: Request, at_s: float | None) -> int | None:
        """Index of the request that this error most likely tells of: the right target, then the nearest in time."""
        ranked = min(self._near(error, at_s), default=None)
        if ranked is None:
            return None
        self._taken.add(ranked[-1])
        return ranked[-1]

    def _near(self, error: Request, at_s: float | None) -> Iterator[tuple[bool, float, int]]:
        if at_s is None:
            return
        for end_s, index in merge(*(t[bisect_left(t, (at_s - OPEN_S, 0)) :] for t in self.of(_host(error.client)))):
            if end_s > at_s + JOIN_SLACK_S:
                return
            request = self._requests[index]
            late_s = at_s - end_s
            if (
                index in self._taken
                or not _alike(request, error)
                or (late_s > JOIN_SLACK_S and not _is_open(request, error))
            ):
                continue
            yield request.target != error.target and None not in (request.target, error.target), abs(late_s), index


def _host(client: str | None) -> str | None:
    """Without the port: not every log has it.

    >>> _host("192.0.2.1:4711"), _host("192.0.2.1"), _host("fd00::1"), _host("[fd00::1]:80")
    ('192.0.2.1', '192.0.2.1', 'fd00::1', 'fd00::1')
    """
    if client is None or (client.count(":") > 1 and not client.startswith("[")):
        return client
    return client.rpartition(":")[0].strip("[]") if ":" in client else client


def _alike(request: Request, error: Request) -> bool:
    """Nothing that both tell contradicts; a log that names no client can only speak of its own proxy's requests."""
    if None in (error.client, request.client) and (
        request.proxy != error.proxy or (request.side is Side.CLIENT) != (error.side is Side.CLIENT)
    ):
        return False
    if not error.failed and (request.target is not None or request.manner not in VAGUE):
        return False
    if error.phase is Phase.BODY and (request.status or 0) >= 500 and request.phase is not Phase.BODY:
        return False  # a body that broke off had its header, and with it the status, passed on before
    pairs = [(request.method, error.method), (request.path, error.path)]
    if request.client and error.client and (":" in request.client) == (":" in error.client):
        pairs.append((request.client, error.client))
    return all(ours == theirs for ours, theirs in pairs if ours is not None and theirs is not None)


def _is_open(request: Request, error: Request) -> bool:
    """Only its start was logged; `combined` is Apache's if Apache's error log tells of it."""
    return request.total_s is None and (request.start_s is not None or error.proxy == "apache")


def _zone_offset_s(tables: Sequence[_Requests], errors: Sequence[Request]) -> float:
    """What to add to the error log's times; 0 when nothing can be paired."""
    votes: Counter[float] = Counter()
    asked: Counter[str | None] = Counter()
    for error in errors:
        host = _host(error.client)
        asked[host] += 1
        if error.end_s is None or host is None or asked[host] > VOTES_PER_CLIENT:
            continue
        steps = {
            round((end_s - error.end_s) / ZONE_STEP_S) * ZONE_STEP_S
            for table in tables
            for part in table.of(host)
            for end_s, _ in part[:VOTES_PER_CLIENT]
            if abs((end_s - error.end_s + ZONE_STEP_S / 2) % ZONE_STEP_S - ZONE_STEP_S / 2) <= JOIN_SLACK_S
        }
        votes.update(step for step in steps if abs(step) <= 14 * 3600)
    return max(votes, key=lambda step: (votes[step], -abs(step))) if votes else 0.0


def _shifted(error: Request, offset_s: float) -> Request:
    if not offset_s or error.end_s is None:
        return error
    start_s = None if error.start_s is None else error.start_s + offset_s
    return structs.replace(error, start_s=start_s, end_s=error.end_s + offset_s)


def _enriched(request: Request, error: Request) -> Request:
    """The access line with the error log's words, and with its phase and manner where the line is vague.

    A limit of the proxy's own explains its answer only if no target was asked.
    """
    # A stalled handshake looks like a stalled connect in the access log: neither has a connect time.
    vague = request.manner in VAGUE or not error.failed or request.phase is Phase.UNKNOWN or error.phase is Phase.TLS
    return structs.replace(
        request,
        proxy=error.proxy if _is_open(request, error) else request.proxy,
        end_s=error.end_s if _is_open(request, error) else request.end_s,
        reason=error.reason,
        reason_at=error.at,
        side=request.side or error.side,
        phase=error.phase if vague else request.phase,
        manner=error.manner if vague else request.manner,
        target=request.target or error.target,
    )
