"""`why502 capture`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from why502.cli import output
from why502.cli.exits import EXIT_STATUSES
from why502.errors import Why502Error

if TYPE_CHECKING:
    from collections.abc import Callable

    from why502.model.case import Case, Input
    from why502.model.verdict import Diagnosis
    from why502.reports.capture import Shown


@click.command("capture", epilog=EXIT_STATUSES)
@click.argument("files", nargs=-1, type=str, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option(
    "--ladder", "number", type=click.IntRange(1), metavar="N", help="Draw conversation N, or that of packet N."
)
@click.option("--export-filter", "as_filter", is_flag=True, help="Print a Wireshark display filter, and nothing else.")
def command(*, files: tuple[str, ...], as_json: bool, number: int | None, as_filter: bool) -> int:
    """Show what became of every conversation in captures.

    FILES are captures of tcpdump or Wireshark, compressed or not, or folders and bundles of them. Two captures of
    the same traffic, one from each end, are matched packet for packet.

    N is a number of the list of failed conversations; if the list is shorter, the number of a packet as Wireshark
    counts (frame.number).

    \b
    Examples:
      why502 capture proxy.pcap
      why502 capture proxy.pcap target.pcap --ladder 1
      wireshark -r proxy.pcap -Y "$(why502 capture proxy.pcap --export-filter)"
    """  # noqa: D301 - click wants the backspace character itself
    from why502.diagnosis import exit_status
    from why502.reports import capture as report

    with output.progress() as progress:
        shown, diagnosis = _look(files, number, progress)
    if as_filter:
        output.show(report.display_filter(shown))
    elif as_json:
        output.show(report.render_json(shown))
    else:
        output.show(report.render(shown, diagnosis, width=output.width(), color=output.color()))
    return exit_status(diagnosis)


def _look(files: tuple[str, ...], number: int | None, progress: Callable[[str], None]) -> tuple[Shown, Diagnosis]:
    from why502.diagnosis import assemble
    from why502.model.conversations import Conversation
    from why502.ranking import judge_case
    from why502.reports.capture import Shown
    from why502.sources.captures.detail.again import selected
    from why502.sources.gather import gather

    readings = gather(files, progress)
    case = assemble(readings)
    if case.wire is None:
        raise Why502Error(
            "no TCP conversation",
            where=", ".join(files[:3]),
            why=_what_was_read(case),
            hint="name captures of tcpdump or Wireshark",
        )
    for misread in (given.first_not_understood[0] for given in case.inputs if _is_damaged(given)):
        output.warn(f"not understood: {misread.at}: {misread.why}")
    failed = tuple(sorted((c for target in case.wire.targets for c in target.failed), key=lambda c: c.first_s))
    conversations = [fact for reading in readings for fact in reading.facts if isinstance(fact, Conversation)]
    asked = None if number is None else selected(files, number, failed, conversations)
    return Shown(case.wire, failed, asked), judge_case(case, time.time())


def _is_damaged(given: Input) -> bool:
    """Whether a capture holds more than it told, or nobody was allowed to look."""
    unread = given.first_not_understood
    return bool(unread) and (given.kind == "capture" or unread[0].why.endswith("permission denied"))


def _what_was_read(case: Case) -> str:
    """In place of a conversation: reasons, and kinds of evidence."""
    told = [f"{m.at}: {m.why}" for given in case.inputs for m in given.first_not_understood[:1]]
    kinds = sorted({given.kind for given in case.inputs if given.records})
    return "; ".join([*told[:3], *([f"what was read is {', '.join(kinds)}"] if kinds else [])])
