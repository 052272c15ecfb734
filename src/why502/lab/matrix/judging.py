"""One run, diagnosed on every subset of its evidence, and each diagnosis compared with the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.diagnosis import diagnose
from why502.errors import Why502Error
from why502.lab.expectation import unmet
from why502.lab.matrix.results import Job, Judged, Named, Verdict
from why502.lab.scenarios import by_name
from why502.lab.subsets import ALL, SUBSETS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from why502.lab.expectation import Expected
    from why502.model.verdict import Document


def judge(job: Job, bundle: Path, expected: Sequence[Expected] = ()) -> tuple[Judged, ...]:
    """One answer for each subset that this bundle has; the last one for all of it."""
    return tuple(_judge(job, bundle, expected))


def _judge(job: Job, bundle: Path, expected: Sequence[Expected]) -> Iterator[Judged]:
    for subset in SUBSETS:
        files = subset.files(bundle)
        if files is not None:
            yield _judge_subset(job, subset.name, files, expected if subset.name == ALL else ())


def _judge_subset(job: Job, subset: str, files: Sequence[Path], expected: Sequence[Expected]) -> Judged:
    try:
        diagnosis = diagnose([str(path) for path in files])
    except Why502Error as error:  # an empty log, or one of a proxy that why502 cannot read yet
        return Judged(subset, Verdict.QUIET, 0, (), (), unusable=str(error))
    document = diagnosis.document
    named = tuple(_named(job, document))
    return Judged(
        subset=subset,
        verdict=_verdict(job, named, document.failures.total),
        failures=document.failures.total,
        named=named,
        suspected=_suspected(document),
        defects=diagnosis.defects,
        unmet=unmet(document, expected),
    )


def truth(job: Job) -> frozenset[str]:
    """All causes that may rightly be named; none for a healthy twin."""
    return frozenset() if job.healthy else by_name(job.scenario).also_true | set(by_name(job.scenario).convicts)


def _named(job: Job, document: Document) -> Iterator[Named]:
    true = truth(job)
    for verdict in document.verdicts:
        yield Named(verdict.cause, verdict.probability, verdict.failures, verdict.cause in true)


def _verdict(job: Job, named: tuple[Named, ...], failures: int) -> Verdict:
    if not all(one.true for one in named):
        return Verdict.WRONG
    if set(by_name(job.scenario).convicts) <= {one.cause for one in named}:
        return Verdict.RIGHT
    if named:
        return Verdict.BESIDE
    return Verdict.OPEN if failures else Verdict.QUIET


def _suspected(document: Document) -> tuple[tuple[str, float], ...]:
    known = [(s.cause, s.probability) for s in document.suspects if s.kind == "fault" and s.probability is not None]
    return tuple(sorted(known, key=lambda suspect: -suspect[1]))
