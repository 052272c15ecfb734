"""What the runs of a matrix add up to."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from math import sqrt
from typing import TYPE_CHECKING, Final

from msgspec import Struct, structs

from why502.lab.matrix.judging import truth
from why502.lab.matrix.results import Judged, Matrix, Run, Verdict
from why502.lab.scenarios import by_name
from why502.lab.subsets import SUBSETS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SURE: Final = 0.9
Z_95: Final = 1.959964
"""The normal distribution's quantile at 97.5 %."""
BINS: Final = (0.5, 0.7, 0.9, 0.99, 1.0)
"""Bounds of the calibration table; the last one is included."""

Answer = tuple[Run, Judged]


class SubsetScore(Struct, frozen=True):
    """All faults, seen through one subset."""

    subset: str
    runs: int
    seen: int
    """Runs in which this subset shows failures at all."""
    right: int
    """The fault is named, and nothing that is not true."""
    first: int
    """The fault is named, and the cause that is named first is true."""
    among_top: int
    """The fault is among the three likeliest."""
    beside: int
    wrong: int
    wrong_sure: int
    """A wrong cause is named with `SURE` or more."""
    open: int

    @property
    def accuracy(self) -> float | None:
        return self.first / self.seen if self.seen else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Where the accuracy lies with 95 %, if runs are independent of each other."""
        return wilson(self.first, self.seen)


class BinScore(Struct, frozen=True):
    """Named causes whose probability lies in one span."""

    from_probability: float
    to_probability: float
    named: int
    mean: float
    """What was predicted, on average."""
    true: float
    """What came true."""


class Calibration(Struct, frozen=True):
    """Predicted against true."""

    bins: tuple[BinScore, ...]
    brier: float | None
    """Mean squared difference between probability and truth over all named causes; 0 is perfect."""


class Scores(Struct, frozen=True):
    """All figures of a matrix."""

    subsets: tuple[SubsetScore, ...]
    calibration: Calibration
    twins: int
    twin_diagnoses: int
    false_verdicts: tuple[str, ...]
    """On healthy twins: which run, which subset, what was named."""
    unmet: tuple[str, ...]
    """Counts, targets, times and conditions that were expected and did not come, with all of the evidence."""
    broken: tuple[str, ...]
    """Runs that broke off, and judges that crashed."""
    unfelt: tuple[str, ...] = ()
    """Runs whose fault made no failure. They are no miss, and counted nowhere but here."""


def scores(matrix: Matrix) -> Scores:
    faults = [answer for answer in answers(matrix) if not answer[0].job.healthy and answer[0].felt]
    twins = [answer for answer in answers(matrix) if answer[0].job.healthy]
    return Scores(
        subsets=tuple(_subset(s.name, [a for a in faults if a[1].subset == s.name]) for s in SUBSETS),
        calibration=_calibration(answers(matrix)),
        twins=len({run.job for run, _ in twins}),
        twin_diagnoses=len(twins),
        false_verdicts=tuple(_told(*answer) for answer in twins if answer[1].named),
        unmet=tuple(
            f"{run.job.label}: {sentence}" for run, judged in faults for sentence in judged.unmet if judged.named
        ),
        broken=tuple(_broken(matrix)),
        unfelt=tuple(run.job.label for run in matrix.runs if not run.felt),
    )


def answers(matrix: Matrix) -> list[Answer]:
    return [(run, judged) for run in matrix.runs for judged in run.judged]


def of_seed(matrix: Matrix, seed: int) -> Scores:
    """The figures of one seed's runs alone."""
    return scores(structs.replace(matrix, runs=tuple(run for run in matrix.runs if run.job.seed == seed)))


def wilson(true: int, of: int) -> tuple[float, float] | None:
    """The 95 % interval of a share (Wilson 1927: within 0 and 1, fit for small numbers); None: of none."""
    if of == 0:
        return None
    share, spread = true / of, Z_95**2 / of
    middle = (share + spread / 2) / (1 + spread)
    half = Z_95 / (1 + spread) * sqrt(share * (1 - share) / of + spread / (4 * of))
    return max(0.0, middle - half), min(1.0, middle + half)


def _subset(name: str, given: Sequence[Answer]) -> SubsetScore:
    counts = Counter(judged.verdict for _, judged in given)
    sure = [any(n.probability >= SURE and not n.true for n in judged.named) for _, judged in given]
    return SubsetScore(
        subset=name,
        runs=len(given),
        seen=len(given) - counts[Verdict.QUIET],
        right=counts[Verdict.RIGHT],
        first=sum(judged.names_first(_causes(run)) for run, judged in given),
        among_top=sum(judged.among_top(_causes(run)) for run, judged in given),
        beside=counts[Verdict.BESIDE],
        wrong=counts[Verdict.WRONG],
        wrong_sure=sum(sure),
        open=counts[Verdict.OPEN],
    )


def _causes(run: Run) -> tuple[str, ...]:
    return by_name(run.job.scenario).convicts


def _calibration(given: Iterable[Answer]) -> Calibration:
    named = [(n.probability, n.cause in truth(run.job)) for run, judged in given for n in judged.named]
    bins = []
    for low, high in pairwise(BINS):
        inside = [one for one in named if low <= one[0] < high or (high == one[0] == BINS[-1])]
        if inside:
            mean, true = (sum(one[i] for one in inside) / len(inside) for i in (0, 1))
            bins.append(BinScore(low, high, len(inside), mean, true))
    brier = sum((p - true) ** 2 for p, true in named) / len(named) if named else None
    return Calibration(tuple(bins), brier)


def _told(run: Run, judged: Judged) -> str:
    named = ", ".join(f"{n.cause} ({n.probability:.2f})" for n in judged.named)
    return f"{run.job.label}, {judged.subset}: {named}"


def _broken(matrix: Matrix) -> Iterable[str]:
    for run in matrix.runs:
        if run.error:
            yield f"{run.job.label}: {run.error}"
        for judged in run.judged:
            yield from (f"{run.job.label}, {judged.subset}: {defect}" for defect in judged.defects)
