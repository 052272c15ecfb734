"""What a matrix leaves: `matrix.json`."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from why502.lab.expectation import Expected

if TYPE_CHECKING:
    from collections.abc import Iterable

MATRIX_SCHEMA: Final = "why502-matrix/1"
TOP: Final = 3
SERVER_ERROR: Final = 500


class Job(Struct, frozen=True):
    """One run that is wanted."""

    scenario: str
    proxy: str
    seed: int
    healthy: bool
    server: str | None = None
    """A real server for the target; None: the service of the lab."""

    @property
    def label(self) -> str:
        """Fit for a folder's name."""
        server = f"-{self.server}" if self.server else ""
        return f"{self.scenario}-{self.proxy}{server}-{self.seed}" + ("-healthy" if self.healthy else "")


class Verdict(StrEnum):
    """What a diagnosis was worth."""

    RIGHT = "right"
    """The fault is named, and nothing that is not true."""
    BESIDE = "beside"
    """Named was only what the fault brought along."""
    WRONG = "wrong"
    """A cause is named that was not at work."""
    OPEN = "not determined"
    """Failures were seen, and no cause was named."""
    QUIET = "nothing seen"
    """This part of the evidence shows no failure, or cannot be read."""


class Named(Struct, frozen=True):
    """A named cause."""

    cause: str
    probability: float
    failures: int
    true: bool


class Judged(Struct, frozen=True):
    """One diagnosis: a run seen through one subset of its evidence."""

    subset: str
    verdict: Verdict
    failures: int
    named: tuple[Named, ...]
    suspected: tuple[tuple[str, float], ...]
    """The faults by probability, likeliest first."""
    defects: tuple[str, ...] = ()
    unusable: str | None = None
    """Why this part of the evidence could not be read at all."""
    unmet: tuple[str, ...] = ()
    """With all of the evidence: what was expected and did not come."""

    def names_first(self, causes: Iterable[str]) -> bool:
        """All of them are named, and first of all stands nothing that is not true."""
        return set(causes) <= {n.cause for n in self.named} and self.named[0].true

    def among_top(self, causes: Iterable[str]) -> bool:
        ranked = [n.cause for n in self.named]
        ranked += [name for name, _ in self.suspected if name not in ranked]
        return self.failures > 0 and set(causes) <= set(ranked[:TOP])


class Run(Struct, frozen=True):
    """One run and its diagnoses."""

    job: Job
    requests: int = 0
    by_status: dict[str, int] = {}
    took_s: float = 0.0
    judged: tuple[Judged, ...] = ()
    error: str | None = None
    """It broke off."""
    expected: tuple[Expected, ...] = ()

    @property
    def felt(self) -> bool:
        """A twin, or a fault that made a request fail, as its client saw it or as any part of the evidence tells it."""
        told = any(judged.failures for judged in self.judged)
        return self.job.healthy or not self.by_status or told or any(_is_failure(one) for one in self.by_status)


def _is_failure(status: str) -> bool:
    """A key of `by_status`: 'none' for no answer, or a status."""
    return not status.isdecimal() or int(status) >= SERVER_ERROR


class Matrix(Struct, frozen=True):
    """All of it."""

    schema: str
    made_by: str
    kernel: str
    seeds: tuple[int, ...]
    took_s: float
    runs: tuple[Run, ...]
    not_run: tuple[str, ...] = ()
    """What this machine lacks: a server or a proxy, in words."""
