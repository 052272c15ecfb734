"""The figures of a matrix as a page: `docs/accuracy.md`."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from why502.lab.matrix.pictures import BY_FAULT, CALIBRATION
from why502.lab.matrix.results import Matrix, Verdict
from why502.lab.matrix.scores import SURE, Scores, SubsetScore, answers, of_seed, scores
from why502.lab.subsets import SUBSETS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

CHECKED_SEEDS = range(1, 29)
"""Set aside for checking weights and mechanisms, by eye (1 to 9 and 20 to 22) or in earlier editions of the page (10 to
12); what is published comes from others, which nobody has looked at before."""

HEAD = """\
# Accuracy

Written by `why502 lab matrix`; do not edit. Every fault is made for real (`why502 lab list`), with real proxies and the
emulated ALB, each beside its healthy twin: the same load without the fault. One run serves all subsets of the evidence.
"""

WORDS = f"""\
*top 1*: the fault is named, and the strongest verdict is true. *top 3*: it is among the three likeliest. *right*: it is
named, and nothing that is not true beside it. *beside*: only what the fault brought along is named (refused connections
after a crash). *open*: failures are seen, no cause is named. *wrong*: a cause is named that was not at work; *sure*:
with {SURE:.0%} or more. *accuracy*: top 1, of the runs in which this evidence shows failures at all (*seen*), and its
95 % interval (Wilson), as if all runs were independent; those of one fault are alike, so that it is rather wider.
"""

PICTURE = f"![by fault and evidence: how many top 1 of those seen]({BY_FAULT})\n"


def page(matrix: Matrix) -> str:
    """The whole page."""
    found = scores(matrix)
    parts = (
        HEAD,
        _split(matrix),
        "## By evidence\n",
        WORDS,
        _by_subset(found),
        *_by_seed(matrix),
        PICTURE,
        *_by_fault(matrix),
        _calibration(found),
    )
    return "\n".join((*parts, _twins(found), _unmet(found), _unfelt(found), _broken(found))).rstrip("\n") + "\n"


def _split(matrix: Matrix) -> str:
    seeds = ", ".join(map(str, matrix.seeds))
    checked = sorted(set(matrix.seeds) & set(CHECKED_SEEDS))
    said = (
        f"weights were checked on {', '.join(map(str, checked))}: these figures flatter"
        if checked
        else "no weight was checked on them"
    )
    first, last = CHECKED_SEEDS[0], CHECKED_SEEDS[-1]
    proxies = ", ".join(sorted({run.job.proxy for run in matrix.runs}))
    faults = len({run.job.scenario for run in matrix.runs})
    servers = sorted({run.job.server for run in matrix.runs if run.job.server})
    real = f" Real servers: {', '.join(servers)}." if servers else ""
    lacking = "".join(f"\n- {line}" for line in matrix.not_run)
    left_out = f"\nLeft out on this machine:\n{lacking}\n" if lacking else ""
    return (
        f"{matrix.made_by}, Linux {matrix.kernel}: {len(matrix.runs)} runs of {faults} faults with {proxies}.{real}\n\n"
        f"Seeds {first} to {last} are set aside for checking weights. "
        f"This page: {_in_number('seed', len(matrix.seeds))} {seeds}; {said}.\n{left_out}"
    )


def _in_number(noun: str, count: int) -> str:
    return noun + ("" if count == 1 else "s")


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [_row(head), "|" + "---|" * len(head), *map(_row, rows)]
    return "\n".join(lines) + "\n"


def _row(cells: Sequence[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _by_subset(found: Scores) -> str:
    head = ("evidence", "runs", "seen", "top 1", "top 3", "right", "beside", "open", "wrong", "sure", "accuracy")
    rows = (
        (
            *(s.subset, s.runs, s.seen, s.first, s.among_top, s.right, s.beside, s.open, s.wrong, s.wrong_sure),
            _percent(s.accuracy, s.interval),
        )
        for s in found.subsets
    )
    return _table(head, rows)


def _by_seed(matrix: Matrix) -> Iterator[str]:
    """How much the figures vary from seed to seed."""
    if len(matrix.seeds) == 1:
        return
    of_seeds = [of_seed(matrix, seed).subsets for seed in matrix.seeds]
    rows = ((several[0].subset, *map(_top_1, several)) for several in zip(*of_seeds, strict=True))
    yield "Top 1 of those seen, seed by seed:\n"
    yield _table(("evidence", *(f"seed {seed}" for seed in matrix.seeds)), rows)


def _top_1(score: SubsetScore) -> str:
    return f"{score.first} of {score.seen} ({_percent(score.accuracy)})" if score.seen else ""


def _percent(ratio: float | None, interval: tuple[float, float] | None = None) -> str:
    if ratio is None:
        return ""
    return f"{ratio:.0%}" + (f" ({interval[0]:.0%} to {interval[1]:.0%})" if interval else "")


def _by_fault(matrix: Matrix) -> Iterator[str]:
    """The confusion matrix, row by row: what was named instead."""
    for subset in SUBSETS:
        rows = list(_fault_rows(matrix, subset.name))
        if rows:
            yield f"## Confusion: {subset.name}\n"
            yield _table(("fault", "right", "otherwise"), rows)


def _fault_rows(matrix: Matrix, subset: str) -> Iterator[tuple[str, str, str]]:
    named: dict[str, Counter[str]] = defaultdict(Counter)
    for run, judged in answers(matrix):
        if judged.subset == subset and not run.job.healthy and run.felt:
            named[run.job.scenario][_named(judged.verdict, [n.cause for n in judged.named if not n.true])] += 1
    for fault, counts in sorted(named.items()):
        others = ", ".join(f"{name} {count}" for name, count in counts.most_common() if name != Verdict.RIGHT)
        yield fault, f"{counts[Verdict.RIGHT]} of {counts.total()}", others


def _named(verdict: Verdict, false: Sequence[str]) -> str:
    return " and ".join(false) if verdict is Verdict.WRONG else str(verdict)


def _calibration(found: Scores) -> str:
    rows = (
        (f"{b.from_probability:.0%} to {b.to_probability:.0%}", b.named, f"{b.mean:.1%}", f"{b.true:.1%}")
        for b in found.calibration.bins
    )
    brier = "" if found.calibration.brier is None else f"Brier score: {found.calibration.brier:.3f}.\n"
    table = _table(("probability", "causes named", "predicted", "true"), rows)
    said = f"Every cause that was named, over all runs, twins and subsets. {brier}"
    return "\n".join(("## Calibration\n", said, table, f"![predicted against true]({CALIBRATION})\n"))


def _twins(found: Scores) -> str:
    twins = f"{found.twins} {_in_number('twin', found.twins)}, {found.twin_diagnoses} diagnoses"
    said = f"{twins}: {len(found.false_verdicts)} with a verdict."
    return "\n".join(("## Healthy twins\n", said, *(f"- {line}" for line in found.false_verdicts), ""))


def _unmet(found: Scores) -> str:
    if not found.unmet:
        return ""
    said = "Where a cause was named, but not with the number, the place, the time or the reason that it had.\n"
    return "\n".join(("## Expected otherwise\n", said, *(f"- {line}" for line in found.unmet), ""))


def _unfelt(found: Scores) -> str:
    if not found.unfelt:
        return ""
    said = "By chance nothing failed in these runs; there was nothing to judge, and they count nowhere else.\n"
    return "\n".join(("## Faults that made no failure\n", said, *(f"- {line}" for line in found.unfelt), ""))


def _broken(found: Scores) -> str:
    if not found.broken:
        return ""
    return "\n".join(("## Broken off\n", *(f"- {line}" for line in found.broken), ""))
