"""Runs of a matrix, made by hand."""

from __future__ import annotations

from why502.lab.matrix.results import MATRIX_SCHEMA, Job, Judged, Matrix, Named, Run, Verdict

FAULT = "target-crashed"


def judged(verdict: Verdict, *named: Named, subset: str = "all", failures: int = 3) -> Judged:
    return Judged(subset, verdict, failures, named, suspected=(("stale-connection", 0.3), (FAULT, 0.2)))


def run_of(
    *diagnoses: Judged,
    healthy: bool = False,
    seed: int = 1,
    error: str | None = None,
    by_status: dict[str, int] | None = None,
) -> Run:
    job = Job(FAULT, "nginx", seed, healthy)
    return Run(job, requests=10, by_status=by_status or {}, judged=diagnoses, error=error)


def matrix_of(*runs: Run, seeds: tuple[int, ...] = (1,)) -> Matrix:
    return Matrix(MATRIX_SCHEMA, "why502 0", "6.18", seeds, 1.0, runs)


RIGHT = judged(Verdict.RIGHT, Named(FAULT, 0.95, 3, true=True))
WRONG = judged(Verdict.WRONG, Named("keepalive-race", 0.93, 3, true=False))
BESIDE = judged(Verdict.BESIDE, Named("connection-refused", 0.99, 3, true=True))
OPEN = judged(Verdict.OPEN)
QUIET = judged(Verdict.QUIET, failures=0)
FALSE_ALARM = judged(Verdict.WRONG, Named("stale-connection", 0.6, 1, true=False))
