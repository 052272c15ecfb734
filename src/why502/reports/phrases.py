"""How numbers, times and answers are worded: the same in the text and on the page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from why502.model.words import count as count  # noqa: PLC0414 - re-exported: one place for all wording

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.model.verdict import Diagnosis, EvidenceLine, Failures, SuspectLine, Undetermined, VerdictLine

SETTLED: Final = 0.95
"""From this probability on the answer stands without another check."""
LIKELY: Final = 0.8
"""From here on a condition is told although no failure shows it."""


def percent(probability: float) -> str:
    """Never 0 % and never 100 %: evidence does not go that far.

    >>> percent(0.974), percent(0.9993), percent(0.0001)
    ('97 %', '> 99 %', '< 1 %')
    """
    if probability > 0.99:
        return "> 99 %"
    return "< 1 %" if probability < 0.01 else f"{probability:.0%}".replace("%", " %")


def bits(value: float) -> str:
    return f"{value:+.1f}"


def gain(value_bits: float) -> str:
    """What a check is worth.

    >>> gain(0.83), gain(0.03)
    ('would move the answer by 0.8 bits', 'would hardly move the answer')
    """
    return f"would move the answer by {value_bits:.1f} bits" if value_bits >= 0.05 else "would hardly move the answer"


def listing(items: Sequence[str], limit: int = 4) -> str:
    """The first few, and how many more there are.

    >>> listing(["a", "b", "c"], limit=2)
    'a, b and 1 more'
    """
    more = f" and {len(items) - limit:,} more" if len(items) > limit else ""
    return ", ".join(items[:limit]) + more


def moment(rfc3339: str) -> str:
    """Without fractions, `T` and `Z`: the line says UTC once.

    >>> moment("2018-08-28T20:17:23.366947Z")
    '2018-08-28 20:17:23'
    """
    return rfc3339.removesuffix("Z").partition(".")[0].replace("T", " ")


def span(since: str | None, until: str | None) -> str:
    """From when to when, the day once.

    >>> span("2018-08-28T20:17:23Z", "2018-08-28T20:30:00Z")
    '2018-08-28 20:17:23 to 20:30:00 UTC'
    """
    if not since or not until:
        return f"{moment(since or until or '')} UTC" if since or until else ""
    begin, end = moment(since), moment(until)
    if begin == end:
        return f"{begin} UTC"
    same_day = begin.partition(" ")[0] == end.partition(" ")[0]
    return f"{begin} to {end.partition(' ')[2] if same_day else end} UTC"


def strongest(evidence: Sequence[EvidenceLine], most: int) -> tuple[list[EvidenceLine], list[EvidenceLine]]:
    """The first few that say something new each, and the others: several targets, or logs, may tell the same."""
    texts: set[str] = set()
    first: list[EvidenceLine] = []
    rest: list[EvidenceLine] = []
    for line in evidence:
        new = line.text not in texts and len(first) < most
        (first if new else rest).append(line)
        texts.add(line.text)
    return first, rest


def scope(verdict: VerdictLine, failures: Failures) -> str:
    """How many failures, where, when."""
    total = max(failures.total, verdict.failures)
    where = f" at {listing(verdict.targets)}" if verdict.targets else ""
    when = f", {span(verdict.since, verdict.until)}" if verdict.since or verdict.until else ""
    return f"{verdict.failures:,} of {count(total, 'failure')}{where}{when}"


def scope_of(cluster: Undetermined) -> str:
    """The same of failures without a verdict."""
    where = f" at {listing(cluster.targets)}" if cluster.targets else ""
    when = f", {span(cluster.since, cluster.until)}" if cluster.since or cluster.until else ""
    return f"{count(cluster.failures, 'failure')}{where}{when}"


def duration(length_s: float) -> str:
    """In the unit in which it is a whole number.

    >>> duration(60), duration(7200), duration(0.5)
    ('1 min', '2 h', '0.5 s')
    """
    for unit_s, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if length_s >= unit_s and length_s % unit_s == 0:
            return f"{length_s / unit_s:g} {unit}"
    return f"{length_s:g} s"


def roughly(length_s: float) -> str:
    """In the unit that a person would use, where the last digits say nothing.

    >>> roughly(300), roughly(5400), roughly(271800), roughly(4580900)
    ('5 min', '1.5 h', '3.15 d', '53 d')
    """
    for unit_s, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if length_s >= unit_s:
            return f"{length_s / unit_s:.3g} {unit}"
    return f"{length_s:.3g} s"


def epoch_s(rfc3339: str | None) -> float | None:
    """None as well for a time that is not one."""
    try:
        found = datetime.fromisoformat(rfc3339 or "")
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def settled(diagnosis: Diagnosis) -> bool:
    """Whether no further check is needed."""
    verdicts = diagnosis.document.verdicts
    return not diagnosis.undetermined and all(v.probability >= SETTLED for v in verdicts)


def held(diagnosis: Diagnosis) -> tuple[SuspectLine, ...]:
    """Convicted, or conditions that most likely hold although no failure shows it."""
    return tuple(s for s in diagnosis.document.suspects if _holds(s))


def _holds(line: SuspectLine) -> bool:
    likely = line.kind == "condition" and line.status == "suspected" and (line.probability or 0.0) >= LIKELY
    return line.status == "convicted" or likely


def is_all_clear(diagnosis: Diagnosis) -> bool:
    """Whether nothing at all is told below a headline that says that nothing is wrong."""
    return not (held(diagnosis) or diagnosis.noticed or diagnosis.defects)


def headline(diagnosis: Diagnosis) -> str:
    """Where nothing failed: not more than what stands below it allows."""
    return "Nothing wrong was found" if is_all_clear(diagnosis) else "No failures were found, but see below"


def nothing_wrong(diagnosis: Diagnosis) -> bool:
    document = diagnosis.document
    return not (document.verdicts or diagnosis.undetermined or document.failures.total)
