"""Puts the lines of an error log together that tell of one and the same failure.

Apache's mod_proxy writes two or three from one thread: first what happened on the socket, then what became of the
request. Other proxies write one line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from why502.model.requests import Manner, Phase, Request

if TYPE_CHECKING:
    from collections.abc import Iterable

TOGETHER_S = 1.0
"""The lines of one failure are written within microseconds; other processes may delay the second one."""

VAGUE = frozenset({None, Manner.UNKNOWN, Manner.CUT})
"""Manners that another line may make more precise."""


def folded(errors: Iterable[Request]) -> list[Request]:
    """Each failure once, in the order of their first lines."""
    failures: list[Request] = []
    latest: dict[tuple[str, str], int] = {}
    for error in errors:
        if error.thread is None:
            failures.append(error)
            continue
        key = (error.at.path, error.thread)
        index = latest.get(key)
        if index is not None and _of_one_failure(failures[index], error):
            failures[index] = _merged(failures[index], error)
        else:
            latest[key] = len(failures)
            failures.append(error)
    return failures


def _of_one_failure(before: Request, error: Request) -> bool:
    if error.end_s is None or before.end_s is None or abs(error.end_s - before.end_s) > TOGETHER_S:
        return False
    if before.client is not None and error.client is not None:
        return before.client == error.client
    return before.manner in VAGUE or error.manner in VAGUE  # two precise ones are two attempts


def _merged(before: Request, error: Request) -> Request:
    """What either line knows; the more precise manner, and TLS as the phase if one of them says so."""
    precise = error if before.manner in VAGUE and error.manner not in VAGUE else before
    phases = (before.phase, error.phase)
    told = {
        name: getattr(error, name)
        for name in ("client", "target", "group", "method", "path")
        if getattr(before, name) is None
    }
    return structs.replace(
        before,
        **told,
        end_s=error.end_s,
        phase=Phase.TLS if Phase.TLS in phases else precise.phase,
        manner=precise.manner,
        side=precise.side,
        reason=precise.reason,
    )
