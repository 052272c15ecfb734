"""A conversation as a ladder: its two ends, and each packet as an arrow between them.

As text here; as SVG in the page (`templates/ladder.html`), from the rungs that `rungs` lays out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct, structs

from why502.model.details import End
from why502.reports.legible import legible
from why502.reports.phrases import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.model.details import Packet
    from why502.model.verdict import Ladder

ARROW_COLUMNS: Final = 34
NOTE_CHARACTERS: Final = 60
FLAGS_CHARACTERS: Final = 40
PAUSE_S: Final = 0.2
"""Silence that is worth a word: nothing that works waits so long inside an exchange on one network."""
MOST_RUNGS: Final = 100
RUNG_PX: Final = 26
HEAD_PX: Final = 34
BREAK: Final = "break"


class Rung(Struct, frozen=True):
    """One line of the drawing."""

    kind: str
    """'packet', 'lost' (it never arrived) or 'break' (a pause, or packets left out)."""
    text: str
    """What the arrow says: flags and payload; of a break, its reason."""
    note: str = ""
    number: int | None = None
    at_s: float | None = None
    """Since the first packet."""
    from_proxy: bool = True
    alarming: bool = False
    """A reset, an ICMP error, a packet sent again or lost."""
    y_px: int = 0


def rungs(ladder: Ladder) -> tuple[Rung, ...]:
    """From top to bottom, pauses and left-out packets named; bounded."""
    found = tuple(_rungs(ladder))[:MOST_RUNGS]
    return tuple(structs.replace(rung, y_px=HEAD_PX + RUNG_PX * place) for place, rung in enumerate(found, start=1))


def height_px(laid: tuple[Rung, ...]) -> int:
    return HEAD_PX + RUNG_PX * (len(laid) + 1)


def caption(ladder: Ladder) -> str:
    """What is shown: the ends, the outcome, and why.

    >>> from why502.model.verdict import Ladder
    >>> caption(Ladder("10.0.0.5:4000", "10.0.0.7:80", "refused", None, "a.pcap#2", ()))
    '10.0.0.5:4000 -> 10.0.0.7:80: refused [a.pcap#2]'
    """
    why = f": {ladder.reason}" if ladder.reason else ""
    return f"{ladder.opener} -> {ladder.target}: {ladder.outcome}{why} [{ladder.at}]"


def text(ladder: Ladder) -> str:
    """The drawing in plain characters, safe to print."""
    head = f"  {'packet':>8}  {'seconds':>10}  {'proxy':<{ARROW_COLUMNS - 4}}target"
    lines = [legible(caption(ladder)), "", head, *map(_line, rungs(ladder))]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _rungs(ladder: Ladder) -> Iterator[Rung]:
    before_s = begin_s = ladder.packets[0].at_s if ladder.packets else 0.0
    for place, packet in enumerate(ladder.packets):
        if ladder.left_out and place == ladder.left_out_after:
            yield Rung(BREAK, f"{count(ladder.left_out, 'packet')} not shown")
        elif packet.at_s - before_s >= PAUSE_S:
            yield Rung(BREAK, f"{packet.at_s - before_s:.3f} s of silence")
        yield _rung(packet, begin_s)
        before_s = packet.at_s


def _rung(packet: Packet, begin_s: float) -> Rung:
    lost = packet.arrived is False
    payload = f"  {count(packet.payload_bytes, 'byte')}" if packet.payload_bytes else ""
    notes = [packet.note, "never arrived" if lost else ""]
    return Rung(
        kind="lost" if lost else "packet",
        text=legible(packet.flags, FLAGS_CHARACTERS) + payload,
        note=legible(", ".join(note for note in notes if note), NOTE_CHARACTERS),
        number=packet.number,
        at_s=packet.at_s - begin_s,
        from_proxy=packet.sender is End.PROXY,
        alarming=lost or packet.note == "again" or "RST" in packet.flags or packet.flags.startswith("ICMP"),
    )


def _line(rung: Rung) -> str:
    if rung.kind == BREAK:
        return f"  {'':>8}  {'':>10}  |{f' {rung.text} ':.^{ARROW_COLUMNS - 2}}|"
    return f"  {rung.number:>8}  {rung.at_s:>10.6f}  |{_arrow(rung)}|  {rung.note}"


def _arrow(rung: Rung) -> str:
    room = ARROW_COLUMNS - 6
    label = f" {rung.text} "[:room]
    if rung.from_proxy:
        return f"--{label:-<{room}}" + ("x " if rung.kind == "lost" else "->")
    return ("-x" if rung.kind == "lost" else "<-") + f"{label:->{room}}--"
