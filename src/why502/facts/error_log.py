"""Joins error-log failures to the access-log lines of the same requests.

nginx writes no request id into its error log, and its clock is local time with a resolution of 1 s, without zone.
The join goes by client, target, method and path, and by time once the zone offset is known; the offset is read
off the log itself (the difference that most pairs agree on, in quarters of an hour).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from msgspec import structs

from why502.model.requests import Manner, Phase, Request

if TYPE_CHECKING:
    from collections.abc import Sequence

ZONE_STEP_S = 900.0
"""All zones in use differ from UTC by a multiple of a quarter of an hour."""

JOIN_SLACK_S = 2.0
"""Both logs write when the request ends, each with up to 1 s of rounding."""

VAGUE = frozenset({None, Manner.UNKNOWN, Manner.CUT})
"""Manners that the error log may make more precise."""


def join(access: Sequence[Request], errors: Sequence[Request]) -> tuple[list[Request], list[Request]]:
    """Access-log requests enriched with the error log's words, and the errors that no access line tells of.

    An error whose request was served after all (a retry hid it) stays among the latter: a hidden failure.
    """
    offset_s = _zone_offset_s(access, errors)
    by_key: dict[tuple[object, ...], list[int]] = defaultdict(list)
    joined = list(access)
    for index, request in enumerate(access):
        by_key[_key(request)].append(index)
    rest: list[Request] = []
    taken: set[int] = set()
    for error in errors:
        moved = _shifted(error, offset_s)
        match = _nearest(joined, by_key.get(_key(error), []), moved.end_s, taken)
        if match is None or not joined[match].failed:
            rest.append(moved)
            continue
        taken.add(match)
        joined[match] = _enriched(joined[match], moved)
    return joined, rest


def _key(request: Request) -> tuple[object, ...]:
    return request.client, request.method, request.path


def _zone_offset_s(access: Sequence[Request], errors: Sequence[Request]) -> float:
    """What to add to the error log's times; 0 when nothing can be paired."""
    ends: dict[tuple[object, ...], list[float]] = defaultdict(list)
    for request in access:
        if request.failed and request.end_s is not None:
            ends[_key(request)].append(request.end_s)
    votes: Counter[float] = Counter()
    for error in errors:
        steps = {
            round((end_s - error.end_s) / ZONE_STEP_S) * ZONE_STEP_S
            for end_s in ends.get(_key(error), ())
            if error.end_s is not None
            and abs((end_s - error.end_s + ZONE_STEP_S / 2) % ZONE_STEP_S - ZONE_STEP_S / 2) <= JOIN_SLACK_S
        }
        votes.update(step for step in steps if abs(step) <= 14 * 3600)
    return max(votes, key=lambda step: (votes[step], -abs(step))) if votes else 0.0


def _shifted(error: Request, offset_s: float) -> Request:
    if not offset_s or error.end_s is None:
        return error
    start_s = None if error.start_s is None else error.start_s + offset_s
    return structs.replace(error, start_s=start_s, end_s=error.end_s + offset_s)


def _nearest(
    requests: Sequence[Request], candidates: Sequence[int], end_s: float | None, taken: set[int]
) -> int | None:
    """Index of the request that ended nearest to `end_s`; failed ones first."""
    best: tuple[bool, float, int] | None = None
    for index in candidates:
        at_s = requests[index].end_s
        if index in taken or at_s is None or end_s is None or abs(at_s - end_s) > JOIN_SLACK_S:
            continue
        rank = (not requests[index].failed, abs(at_s - end_s), index)
        best = rank if best is None else min(best, rank)
    return best[2] if best else None


def _enriched(request: Request, error: Request) -> Request:
    """The access line with the error log's words, and with its phase and manner where the line is vague."""
    # A stalled handshake looks like a stalled connect in the access log: neither has a connect time.
    vague = request.manner in VAGUE or request.phase is Phase.UNKNOWN or error.phase is Phase.TLS
    return structs.replace(
        request,
        reason=error.reason,
        side=request.side or error.side,
        phase=error.phase if vague else request.phase,
        manner=error.manner if vague else request.manner,
        target=request.target or error.target,
    )
