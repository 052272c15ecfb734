"""The whole way: evidence -> facts -> verdict. What the command line calls, and anybody from Python."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from msgspec import structs

from why502.errors import Exit, Why502Error
from why502.facts.queueing import spans_of_logs
from why502.facts.wanted import Wanted, is_target
from why502.model.case import Case, Change, Input, KernelEvent, Series, Window
from why502.model.conversations import Conversation
from why502.model.evidence import Source
from why502.model.host import HostRecord
from why502.model.requests import Request
from why502.model.settings import Setting, TargetSetting
from why502.model.wire import Answered, Counted
from why502.model.words import count, rfc3339

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from why502.facts.request_table import RequestTable
    from why502.model.traffic import Traffic
    from why502.model.verdict import Diagnosis
    from why502.remote import Fetch
    from why502.sources.interface import Reading

LOOK_S = 1.0
"""How long `--host` watches: long enough for rates, short enough to wait for."""
BACKGROUND = frozenset({Source.CHANGES, Source.CONFIGURATION})
"""Evidence in which no failure would show, if there were any: alone it is no reason for an all-clear."""
THIS_HOST = "this host"
"""Where `--host` is said to have looked."""


def diagnose(
    paths: Sequence[str],
    *,
    host: bool = False,
    target: str | None = None,
    since_s: float | None = None,
    until_s: float | None = None,
    changes: str | None = None,
    engine: str | None = None,
    log_format: str | None = None,
    fetches: Sequence[Fetch] = (),
    progress: Callable[[str], None] = lambda _: None,
    meanwhile: Callable[[], object] = lambda: None,
) -> Diagnosis:
    """Find out why.

    `paths` are files, folders and bundles of evidence; `host` adds a look at this machine; `target` ('address' or
    'address:port') and the times (epoch seconds) keep only what concerns them;
    `engine` says who sums up the logs (`engine.interface.open_store`); `log_format` is nginx's directive, for access
    logs of one's own; `fetches` are asked for metrics of the failures' time; `meanwhile` is called by
    another thread while large logs are read. Raises `Why502Error` when nothing can be used.
    """
    case = read(
        paths,
        host=host,
        target=target,
        since_s=since_s,
        until_s=until_s,
        changes=changes,
        engine=engine,
        log_format=log_format,
        progress=progress,
        meanwhile=meanwhile,
    )
    if fetches:
        from why502.remote import with_fetched

        progress("asking for metrics")
        case = with_fetched(case, fetches, _window(since_s, until_s), time.time())
    if not case.looked_at - BACKGROUND:
        raise _shows_no_failures(case)
    from why502.ranking import judge_case

    return judge_case(case, time.time())


def read(
    paths: Sequence[str],
    *,
    host: bool = False,
    target: str | None = None,
    since_s: float | None = None,
    until_s: float | None = None,
    changes: str | None = None,
    engine: str | None = None,
    log_format: str | None = None,
    progress: Callable[[str], None] = lambda _: None,
    meanwhile: Callable[[], object] = lambda: None,
) -> Case:
    """The evidence as one case (see `diagnose`)."""
    from why502.sources.gather import Shelf, gather

    def load() -> None:
        _load_judges()
        meanwhile()

    wanted = Wanted.of(_window(since_s, until_s), target)
    shelf = Shelf(engine, counting=True, wanted=wanted, meanwhile=load)
    named = [*paths, *([changes] if changes else [])]
    readings = gather(named, progress, shelf, _window(since_s, until_s), log_format) if named else []
    if host:
        readings.append(_look_at_host())
    progress("weighing")
    return assemble(readings, target=target, since_s=since_s, until_s=until_s, table=shelf.opened, named=named)


def _load_judges() -> None:
    """What comes after the reading."""
    from why502.facts import joined_columns, traffic_columns  # noqa: F401
    from why502.ranking import judge_case  # noqa: F401
    from why502.suspects import all_suspects

    all_suspects()


def exit_status(diagnosis: Diagnosis) -> Exit:
    """0 nothing failed; 1 most failures are explained; 3 they are not; 4 a judge of why502 crashed meanwhile."""
    document = diagnosis.document
    if document.failures.total == 0:
        return Exit.DEFECT if diagnosis.defects else Exit.NOTHING_WRONG
    from why502.ranking.weigh import EXPLAINED

    explained = sum(v.failures for v in document.verdicts if v.probability >= EXPLAINED)
    if 2 * explained >= document.failures.total:
        return Exit.EXPLAINED
    return Exit.DEFECT if diagnosis.defects else Exit.NOT_DETERMINED


def assemble(
    readings: Iterable[Reading],
    *,
    target: str | None = None,
    since_s: float | None = None,
    until_s: float | None = None,
    table: RequestTable | None = None,
    named: Sequence[str] = (),
) -> Case:
    """Everything that was read, as one case; `table` holds the requests that were too many for the readings, `named`
    is how the evidence was named.
    """
    from why502.facts import wire as wire_facts

    readings = list(readings)
    facts = [fact for reading in readings for fact in reading.facts]
    window = _window(since_s, until_s)
    exchanges = [f for f in facts if isinstance(f, (Request, Conversation)) and _overlaps(f, window)]
    kept = [f for f in exchanges if target is None or is_target(f.target, target)]
    requests = [f for f in kept if isinstance(f, Request)]
    conversations = [f for f in kept if isinstance(f, Conversation)]
    counted = [f for f in facts if isinstance(f, Counted) and (target is None or is_target(f.target, target))]
    answered = [f for f in facts if isinstance(f, Answered)]
    traffic = _traffic(requests, table, window, target)
    if target is not None and not (kept or counted) and traffic is None and (exchanges or table):
        raise _unknown_target(target, exchanges, table)
    case = Case(
        inputs=tuple(reading.input for reading in readings),
        named=tuple(named),
        traffic=traffic,
        wire=wire_facts.summarise(conversations, counted, answered) if conversations or counted else None,
        hosts=tuple(f for f in facts if isinstance(f, HostRecord)),
        metrics=tuple(_clipped(f, window) for f in facts if isinstance(f, Series)),
        changes=tuple(sorted((f for f in facts if isinstance(f, Change)), key=lambda c: c.at_s)),
        events=tuple(sorted((f for f in facts if isinstance(f, KernelEvent)), key=lambda e: e.at_s)),
        settings=tuple(f for f in facts if isinstance(f, Setting)),
        target_settings=tuple(f for f in facts if isinstance(f, TargetSetting)),
        spans=spans_of_logs(requests) if table is None else {},
    )
    none_asked = case.traffic is None or case.traffic.requests == 0
    if none_asked and (outside := _outside(readings, window)) is not None:
        raise outside
    return case


def _outside(readings: Sequence[Reading], window: Window) -> Why502Error | None:
    """If all that was given is of another time than was asked for: that is no all-clear.

    Looks at hosts, events and changes stay in the case whatever their time, so that it does not show there.
    """
    spans = [reading.input.window for reading in readings if reading.input.window is not None]
    if not spans or any(one.to_s >= window.from_s and one.from_s <= window.to_s for one in spans):
        return None
    first, last = (rfc3339(at_s) for at_s in (min(one.from_s for one in spans), max(one.to_s for one in spans)))
    return Why502Error(
        "nothing is of the time asked for",
        why=f"the evidence is of {first} to {last}",
        hint="give --since and --until with their zone, as in 2026-11-20T10:00+01:00; without one they are UTC",
    )


def _shows_no_failures(case: Case) -> Why502Error:
    told = [f"{i.path} ({i.kind}): {count(i.records, 'record')}" for i in case.inputs[:3]]
    more = f" and {len(case.inputs) - 3} more" if len(case.inputs) > 3 else ""
    return Why502Error(
        "nothing given shows whether requests failed",
        why="; ".join(told) + more,
        hint="add a log, a capture, metrics or a look at the host of that time",
    )


def _window(since_s: float | None, until_s: float | None) -> Window:
    return Window(float("-inf") if since_s is None else since_s, float("inf") if until_s is None else until_s)


def _traffic(
    requests: Sequence[Request], table: RequestTable | None, window: Window, target: str | None
) -> Traffic | None:
    if table is None:
        from why502.facts import traffic as traffic_facts

        return traffic_facts.summarise(requests) if requests else None
    from why502.facts import joined_columns, traffic_columns

    return traffic_columns.summarise(table, joined_columns.asked(table, requests, window, target))


def _overlaps(fact: Request | Conversation, window: Window) -> bool:
    """Requests by their end, conversations by their whole span; those without a time are kept."""
    begin_s, end_s = (fact.end_s, fact.end_s) if isinstance(fact, Request) else (fact.first_s, fact.last_s)
    return begin_s is None or end_s is None or (end_s >= window.from_s and begin_s <= window.to_s)


def _unknown_target(
    target: str, exchanges: Sequence[Request | Conversation], table: RequestTable | None
) -> Why502Error:
    known = sorted({f.target for f in exchanges if f.target})
    if table is not None:
        from why502.facts import traffic_columns

        known = sorted({*known, *traffic_columns.first_targets(table)})
    return Why502Error(
        "no such target",
        where=target,
        why="no request and no conversation in the evidence went there",
        hint=f"the evidence has {', '.join(known[:5])}"
        if known
        else "the evidence names no target; leave --target out",
    )


def _clipped(series: Series, window: Window) -> Series:
    return structs.replace(series, points=tuple(p for p in series.points if window.holds(p[0])))


def _look_at_host() -> Reading:
    """Two looks at this machine, so that counters become differences."""
    from why502.host.record import Recorder
    from why502.sources.bundle import unseen
    from why502.sources.interface import FIRST_MISREAD, Reading

    with Recorder() as recorder:
        time.sleep(LOOK_S)
    record = recorder.record
    window = Window(record.snapshots[0].at_s, record.snapshots[-1].at_s)
    gaps = tuple(unseen(record, THIS_HOST)[:FIRST_MISREAD])
    seen = Input(THIS_HOST, "host", Source.HOST, len(record.snapshots), first_not_understood=gaps, window=window)
    return Reading(seen, (record,))
