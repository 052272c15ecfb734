"""Failures that no client saw: attempts that failed before another one served the request.

nginx logs them as lists ('502, 200'), HAProxy, Envoy and Traefik as a count. They are failures like the others, with
the same causes; only the status is missing, for nobody got one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.model.requests import Attempt, Manner, Phase, Request, Side

if TYPE_CHECKING:
    from collections.abc import Iterator


def hidden_failures(request: Request) -> Iterator[Request]:
    """Each failed attempt of a request that was served after all.

    A request that failed in the end is one failure already, however many attempts it took.
    """
    if request.failed or len(request.attempts) < 2:
        return
    spent_s = 0.0
    for attempt in request.attempts[:-1]:
        spent_s += attempt.response_s or 0.0
        if attempt.manner is not None:
            yield _failure(request, attempt, spent_s if attempt.response_s is not None else None)


def _failure(request: Request, attempt: Attempt, ended_after_s: float | None) -> Request:
    """Attempts follow each other without a pause; without their times, the request's end is the latest they can end."""
    known = request.start_s is not None and ended_after_s is not None
    return Request(
        proxy=request.proxy,
        at=request.at,
        start_s=request.start_s,
        end_s=(request.start_s or 0.0) + (ended_after_s or 0.0) if known else request.end_s,
        status=None,
        side=_side(attempt),
        phase=attempt.phase,
        manner=attempt.manner,
        client=request.client,
        target=attempt.target,
        group=request.group,
        method=request.method,
        path=request.path,
        request_bytes=request.request_bytes,
        target_status=attempt.status if attempt.manner is Manner.ANSWERED else None,
        connect_s=attempt.connect_s,
        total_s=attempt.response_s,
    )


def _side(attempt: Attempt) -> Side | None:
    if attempt.manner is Manner.ANSWERED:
        return Side.TARGET
    return None if attempt.phase is Phase.BODY else Side.PROXY
