"""Runs the kernels as machine code, with bounds checking, against the same kernels as plain Python.

    NUMBA_BOUNDSCHECK=1 python -m tests.sources.captures.comparing SECONDS [SEED]

First every recorded and odd capture, then damaged ones for that many seconds. Every input must give equal
conversations, counts and complaints; an index outside of an array raises.
"""

from __future__ import annotations

import io
import sys
import time
from collections import Counter
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING
from unittest.mock import patch

from tests.sources.captures.detail.making import RECORDED as IN_DETAIL
from tests.sources.captures.framings import all_framings
from tests.sources.captures.lateness import late_captures
from tests.sources.captures.making import FOUND, RECORDED, conversations, enhanced, interface, read, section
from tests.sources.captures.odd import odd_captures
from why502.facts.wire import summarise
from why502.model.conversations import Outcome
from why502.model.wire import Counted
from why502.sources.captures import tracking
from why502.sources.captures.containers import frames
from why502.sources.captures.detail.rereading import reread
from why502.sources.captures.following import follow
from why502.sources.captures.frames import Frame
from why502.sources.captures.machine import INTERPRETED, Machine, compiled_machine
from why502.sources.interface import EvidenceFile

if TYPE_CHECKING:
    from why502.model.wire import Wire
    from why502.sources.interface import Reading

LIES = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x7f\xff\xff\xff", b"\0\0\0\x80", b"\xfc\xff\xff\xff")
STRETCH = 7
"""Packets at a time, so that small captures have many stretches."""
TELL_EVERY_S = 60.0
"""A long run says how far it is."""


def followed(machine: Machine, content: bytes) -> Reading:
    return follow([EvidenceFile("made.pcap", lambda: io.BytesIO(content))], machine)[0]


def compare(compiled: Machine, content: bytes) -> Reading:
    plain = followed(INTERPRETED, content)
    assert followed(replace(compiled, is_compiled=False, room=STRETCH), content) == plain
    return plain


def compare_counting(compiled: Machine, content: bytes) -> Reading:
    """Where none is told, so that those that ended as most do are put to rest at once."""
    machines = [replace(machine, is_compiled=True, room=STRETCH) for machine in (INTERPRETED, compiled)]
    with patch.object(tracking, "MAX_TOLD", 0):
        readings = [followed(machine, content) for machine in machines]
    plain, counted = readings
    assert counted == plain
    return counted


def compare_outcomes(counted: Reading, content: bytes) -> None:
    """Of conversations that are counted, and of the same that are told. Not where lengths lie or beginnings lack:
    what never belonged to a conversation at rest is counted apart, and taken for its own where it still has a row.
    """
    found = Counter({(it.target, outcome): n for it in counts(counted) for outcome, n in it.outcomes.items()})
    told = Counter((c.target, c.outcome) for c in conversations(followed(INTERPRETED, content)))
    assert not found - told
    assert all(outcome is Outcome.PARTIAL for _, outcome in told - found), "packets much later than a rest"


def compare_details(compiled: Machine, content: bytes) -> None:
    """The second look at every conversation. Both ask after each stretch whether it is over: their room must agree."""
    told = conversations(read(content))
    machines = [replace(machine, is_compiled=False, room=STRETCH) for machine in (INTERPRETED, compiled)]
    looks = [reread(io.BytesIO(content), told, machine) for machine in machines]
    assert looks[0] == looks[1]


def compare_counts(compiled: Machine, content: bytes) -> None:
    """Where only some conversations are told: the same numbers."""
    plain = compare(compiled, content)
    counted = followed(replace(compiled, room=STRETCH), content)
    assert counted.input == plain.input
    wire = summarise(conversations(counted), counts(counted))
    assert numbers(wire) == numbers(summarise(conversations(plain)))


def counts(reading: Reading) -> list[Counted]:
    return [fact for fact in reading.facts if isinstance(fact, Counted)]


def numbers(wire: Wire) -> object:
    return (
        wire.conversations,
        [(t.target, t.outcomes, t.delayed_total, len(t.failed), len(t.delayed)) for t in wire.targets],
    )


def as_pcapng(content: bytes) -> bytes:
    """The packets of a classic capture in the newer form."""
    found = [frame for frame in frames(io.BytesIO(content)) if isinstance(frame, Frame)]
    blocks = [enhanced(round(frame.at_s * 1e6), frame.data) for frame in found]
    return b"".join([section(), interface(found[0].link), *blocks])


def damaged(random: Random, seed: bytes) -> bytes:
    content = bytearray(seed)
    for _ in range(random.randint(1, 30)):
        at = random.randrange(4, len(content))
        content[at] = random.choice((0, 1, 0xFF, 0x80, random.randrange(256)))
    if random.random() < 0.3:  # a length or a time that lies
        at = random.randrange(4, max(5, len(content) - 4))
        content[at : at + 4] = random.choice(LIES)
    if random.random() < 0.2:
        del content[random.randrange(8, len(content)) :]
    if random.random() < 0.2:
        begin = random.randrange(4, len(content))
        content[begin:begin] = content[random.randrange(len(content)) :][: random.randrange(300)]
    return bytes(content)


def main(duration_s: float, seed: int) -> None:
    compiled, random = compiled_machine(), Random(seed)
    assert compiled.is_compiled
    recordings = sorted([*RECORDED.glob("*.pcap"), *IN_DETAIL.glob("*.pcap")])
    plain = [path.read_bytes() for path in recordings]
    found = [path.read_bytes() for path in sorted(FOUND.iterdir())]
    seeds = [*plain, *map(as_pcapng, plain), *odd_captures().values(), all_framings(), *found]
    late = late_captures()
    for content in late:
        compare_counting(compiled, content)
    for content in seeds:
        compare_counts(compiled, content)
        compare_outcomes(compare_counting(compiled, content), content)
        compare_details(compiled, content)
    began_s = time.monotonic()
    count, tell_s = 0, TELL_EVERY_S
    while (took_s := time.monotonic() - began_s) < duration_s:
        if took_s >= tell_s:
            sys.stderr.write(f"{took_s:.0f} s: {count} damaged captures are equal\n")
            tell_s += TELL_EVERY_S
        content = damaged(random, random.choice([*seeds, *late]))
        try:
            compare(compiled, content)
            compare_counting(compiled, content)
            compare_details(compiled, content)
        except BaseException:
            sys.stderr.write(f"input: {content.hex()}\n")
            raise
        count += 1
    sys.stdout.write(f"{len(seeds) + len(late)} captures and {count} damaged ones are equal\n")


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
