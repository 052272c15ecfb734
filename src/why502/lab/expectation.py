"""What must come of a scenario beyond the name of its cause: how many failures, where, when, and because of what."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from why502.model.verdict import Document, VerdictLine

SLACK_S: Final = 1.5
"""Times in logs are whole seconds, and an act takes effect a little after it was done."""


class Expected(Struct, frozen=True):
    """One verdict that is expected of a diagnosis on all of the evidence."""

    cause: str
    failures: tuple[int, int] | None = None
    """Fewest and most; None: any number."""
    targets: tuple[str, ...] | None = None
    """Exactly these; None: any."""
    within_s: tuple[float, float] | None = None
    """Epoch seconds: `since` and `until` lie in this span, give or take `SLACK_S`."""
    because: tuple[str, ...] = ()
    """Conditions that must be named as what explains it."""


def unmet(document: Document, expected: Iterable[Expected]) -> tuple[str, ...]:
    """A sentence for everything that was expected and did not come."""
    return tuple(sentence for one in expected for sentence in _unmet(document, one))


def _unmet(document: Document, expected: Expected) -> Iterator[str]:
    named = [verdict for verdict in document.verdicts if verdict.cause == expected.cause]
    if not named:
        yield f"{expected.cause} is not named"
    for verdict in named:
        yield from (f"{expected.cause}: {sentence}" for sentence in _differences(verdict, expected))


def _differences(verdict: VerdictLine, expected: Expected) -> Iterator[str]:
    if expected.failures and not expected.failures[0] <= verdict.failures <= expected.failures[1]:
        fewest, most = expected.failures
        yield f"{verdict.failures} failures, not {fewest} to {most}"
    if expected.targets is not None and verdict.targets != expected.targets:
        yield f"at {', '.join(verdict.targets) or 'no target'}, not at {', '.join(expected.targets)}"
    if expected.within_s and not _lies_within(verdict, *expected.within_s):
        yield f"from {verdict.since} until {verdict.until}, which is not the time of the fault"
    explained = {because.condition for because in verdict.because}
    for condition in expected.because:
        if condition not in explained:
            yield f"not because of {condition}"


def _lies_within(verdict: VerdictLine, from_s: float, to_s: float) -> bool:
    if verdict.since is None or verdict.until is None:
        return False
    since_s, until_s = (datetime.fromisoformat(at).timestamp() for at in (verdict.since, verdict.until))
    return from_s - SLACK_S <= since_s <= until_s <= to_s + SLACK_S
