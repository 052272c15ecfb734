"""The verdict: what every report is drawn from, and what `--json` prints (schema why502/1).

`Document` is the published contract, key by key. `Diagnosis` carries it together with what only pictures need.
"""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct, field

from why502.model.details import Packet
from why502.model.requests import Phase
from why502.model.traffic import Bucket

SCHEMA: Final = "why502/1"


class Span(Struct, frozen=True):
    """RFC 3339, UTC."""

    from_: str = field(name="from")
    to: str = ""


class InputLine(Struct, frozen=True):
    """What became of one piece of evidence."""

    path: str
    kind: str
    records: int
    not_understood: int
    first_not_understood: tuple[str, ...]
    """'place: why', the first few."""
    from_: str | None = field(name="from", default=None)
    to: str | None = None


class Failures(Struct, frozen=True):
    """Counts over all evidence."""

    total: int
    requests: int
    by_status: dict[str, int]
    by_side: dict[str, int]
    by_phase: dict[str, int]


class EvidenceLine(Struct, frozen=True):
    """One weighed observation."""

    says: Literal["for", "against"]
    bits: float
    text: str
    source: str
    at: str


class Remedy(Struct, frozen=True):
    """What to do."""

    text: str
    command: str | None = None
    permanent: bool = True


class Because(Struct, frozen=True):
    """A condition that explains the fault."""

    condition: str
    text: str
    known_issue: str | None = None


class VerdictLine(Struct, frozen=True):
    """A named cause."""

    cause: str
    probability: float
    failures: int
    since: str | None
    until: str | None
    targets: tuple[str, ...]
    summary: str
    because: tuple[Because, ...]
    evidence: tuple[EvidenceLine, ...]
    remedies: tuple[Remedy, ...]


Status = Literal["convicted", "suspected", "cleared", "not-examined", "not-applicable"]


class SuspectLine(Struct, frozen=True):
    """The answer for one suspect; there is a line for every suspect, always."""

    cause: str
    kind: Literal["fault", "condition"]
    status: Status
    probability: float | None
    why: str
    missing: tuple[str, ...] = ()


class NextStep(Struct, frozen=True):
    """A check that would move the answer."""

    command: str
    why: str
    gain_bits: float


class Document(Struct, frozen=True, kw_only=True):
    """`why502 diagnose --json`."""

    schema: Literal["why502/1"] = SCHEMA
    generated: str
    window: Span | None
    inputs: tuple[InputLine, ...]
    failures: Failures
    verdicts: tuple[VerdictLine, ...]
    suspects: tuple[SuspectLine, ...]
    next_steps: tuple[NextStep, ...]


class Link(Struct, frozen=True):
    """One link of the chain from a failed request to the line of configuration that caused it."""

    name: str
    """'request', 'conversation', 'listener', 'process', 'setting', 'change'"""
    text: str
    at: str | None
    """None: this link is missing; `text` says why."""


class Ladder(Struct, frozen=True):
    """The packets of one conversation, to be drawn between its two ends."""

    opener: str
    target: str
    outcome: str
    reason: str | None
    at: str
    """The packet that decided."""
    packets: tuple[Packet, ...]
    left_out: int = 0
    """Packets that are not in `packets`..."""
    left_out_after: int = 0
    """...but came after so many of them."""


class Undetermined(Struct, frozen=True):
    """A cluster of failures for which no cause is likelier than all others together."""

    failures: int
    targets: tuple[str, ...]
    phase: Phase
    text: str
    likeliest: tuple[tuple[str, float], ...]
    """The strongest suspects with their probabilities."""
    evidence: tuple[EvidenceLine, ...] = ()
    """What speaks for and against the first of them."""
    since: str | None = None
    until: str | None = None


class Diagnosis(Struct, frozen=True):
    """The document, and what pictures need beyond it."""

    document: Document
    timeline: tuple[Bucket, ...] = ()
    bucket_s: float = 60.0
    chains: tuple[tuple[Link, ...], ...] = ()
    """One for each verdict, in the same order."""
    ladders: tuple[Ladder | None, ...] = ()
    """An example conversation of each verdict, in the same order; None: no capture shows one packet by packet."""
    undetermined: tuple[Undetermined, ...] = ()
    noticed: tuple[str, ...] = ()
    """What the logs say beyond the verdicts, in sentences: when failing began and ended, and what it keeps to."""
    defects: tuple[str, ...] = ()
    """Judges that crashed: shown beside the verdict, never counted as 'cleared'."""
