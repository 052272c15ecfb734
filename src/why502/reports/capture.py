"""What `why502 capture` shows: outcomes per target, the failed conversations, one of them as a ladder."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct
from rich.text import Text

from why502.facts.ladders import ladder
from why502.model.conversations import Conversation
from why502.model.details import End
from why502.model.outcome_meanings import meanings
from why502.model.wire import Pairing, TargetWire, Wire
from why502.reports import ladder as drawing
from why502.reports.capture_tables import failed_table, target_table
from why502.reports.display_filter import display_filter as filter_of
from why502.reports.legible import legible, legible_json
from why502.reports.phrases import count, percent
from why502.reports.screen import drawn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from why502.model.verdict import Diagnosis

SCHEMA: Final = "why502-capture/1"
FAILED_SHOWN: Final = 100
ERRORS_SHOWN: Final = 100
HALVES_SHOWN: Final = 10


class Shown(Struct, frozen=True):
    """What is talked of."""

    wire: Wire
    failed: tuple[Conversation, ...]
    """In the order of their numbers, from 1."""
    selected: Conversation | None = None
    """The one whose ladder was asked for."""


def render(shown: Shown, diagnosis: Diagnosis, *, width: int | None, color: bool) -> str:
    """The tables, or the ladder if one was asked for."""
    if shown.selected is not None:
        steps = ladder(shown.selected)
        return drawing.text(steps) if steps else "its packets could not be read again\n"
    return drawn(_parts(shown, diagnosis), width=width, color=color)


def render_json(shown: Shown) -> str:
    """One document; every failed conversation with everything that is known about it."""
    steps = ladder(shown.selected) if shown.selected else None
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "conversations": shown.wire.conversations,
        "one_sided": {host: end.value for host, end in shown.wire.one_sided.items()},
        "pairings": msgspec.to_builtins(shown.wire.pairings),
        "targets": [
            {
                "target": target.target,
                "conversations": target.conversations,
                "outcomes": {outcome.value: number for outcome, number in target.outcomes.items()},
                "delayed": target.delayed_total,
                "statuses": {str(status): number for status, number in target.statuses.items()},
                "errors": [msgspec.to_builtins(line) for line in target.errors[:ERRORS_SHOWN]],
                "connect_median_s": target.connect_median_s,
                "answer_median_s": target.answer_median_s,
            }
            for target in shown.wire.targets
        ],
        "failed": [{"number": n, **msgspec.to_builtins(c)} for n, c in enumerate(shown.failed, start=1)],
        "ladder": msgspec.to_builtins(steps),
        "display_filter": display_filter(shown),
    }
    return legible_json(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))


def display_filter(shown: Shown) -> str:
    """Of the selected conversation, or of the failed ones."""
    return filter_of((shown.selected,) if shown.selected else shown.failed[:FAILED_SHOWN])


def _parts(shown: Shown, diagnosis: Diagnosis) -> Iterator[RenderableType]:
    yield target_table(shown.wire)
    told = list(meanings(outcome for target in shown.wire.targets for outcome in target.outcomes))
    if told:
        yield Text("\n" + "\n".join(told), "dim")
    yield from (Text(line) for line in map(_errors, shown.wire.targets) if line)
    yield from (Text(_one_sided(host, end)) for host, end in islice(shown.wire.one_sided.items(), HALVES_SHOWN))
    yield from (Text(_pairing(pairing)) for pairing in shown.wire.pairings)
    if shown.failed:
        yield Text("\nFailed conversations", "bold")
        yield failed_table(shown.failed[:FAILED_SHOWN])
        yield from (Text(line, "dim") for line in _left_out(shown))
        yield Text(
            "\n--ladder N draws one of them, or the conversation of packet N; --export-filter shows them in Wireshark",
            "dim",
        )
    if shown.failed and not diagnosis.document.verdicts:
        yield Text("why502 diagnose says: not determined; it tells which evidence would help")
    for verdict in diagnosis.document.verdicts:
        yield Text.assemble("why502 diagnose says: ", (verdict.cause, "bold"), f", {percent(verdict.probability)}")


def _left_out(shown: Shown) -> Iterator[str]:
    """What the table does not show: bounded is what is printed, what is read a second time, and what is kept at all."""
    listed, looked_at = len(shown.failed), sum(c.detail is not None for c in shown.failed)
    counted = (
        sum(n for target in shown.wire.targets for outcome, n in target.outcomes.items() if outcome.failed) - listed
    )
    if listed > FAILED_SHOWN:
        yield f"{count(listed - FAILED_SHOWN, 'more conversation')}: see --json"
    if looked_at < listed:
        yield f"the payload of {looked_at:,} of these {listed:,} was read; --ladder N reads that of any other"
    if counted > 0:
        yield f"{count(counted, 'more failed conversation')}: only counted; a packet of one names it"


def _errors(target: TargetWire) -> str:
    """What it answered, if 5xx was among it."""
    if not target.errors:
        return ""
    listed = ", ".join(f"{number:,} x {status}" for status, number in target.statuses.items())
    first = legible(str(target.errors[0].at))
    return f"\n{legible(target.target)} itself answered {listed} (first 5xx: {first})"


def _one_sided(host: str, end: End) -> str:
    way = ("from", "to") if end is End.TARGET else ("to", "from")
    return (
        f"\nonly one direction: no packet {way[0]} {legible(host)} was captured, only those {way[1]} it; "
        "capture where both pass"
    )


def _pairing(pairing: Pairing) -> str:
    both = count(pairing.conversations, "conversation")
    ahead_s = pairing.target_clock_ahead_s
    clock = ""
    if ahead_s is not None:
        clock = f"; the target's clock is {abs(ahead_s):.6f} s {'ahead of' if ahead_s >= 0 else 'behind'} the proxy's"
    return f"\n{both} in both {legible(pairing.proxy_side)} (proxy) and {legible(pairing.target_side)} (target){clock}"
