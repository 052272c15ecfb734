"""Which rows of a table of requests count: those that were asked for, with the error logs joined to them.

As `facts.error_log` does it for requests in memory; of failures too many for that the rest counts as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.facts.error_log import join
from why502.facts.turned_down import CLIENT_ERRORS
from why502.facts.wanted import Wanted

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ibis
    from ibis import _

    from why502.facts.request_table import RequestTable
    from why502.model.case import Window
    from why502.model.requests import Request
else:
    from why502.facts.asking import _

MAX_JOINED = 100_000
"""Failures, and error-log entries, that are joined with each other; beyond, both count as they are."""

LINE = ["file", "line"]
"""What tells requests apart."""

KEY = [*LINE, "attempt"]
"""What tells rows apart: the failed attempts of a request that was served are rows of their own."""


def asked(table: RequestTable, requests: Sequence[Request], window: Window, target: str | None) -> ibis.Table:
    """The table's rows within a time and of one target, and these requests.

    Rows without a time are kept; a target is asked for as 'address:port' or as 'address'. The failed attempts of a
    request go with it.
    """
    wanted = Wanted.of(window, target)
    if wanted == table.wanted:
        return table.rows.union(table.of(requests)) if requests else table.rows
    if table.counting or not table.wanted.everything:
        raise ValueError("of requests that were only counted no other part can be asked for")
    chosen = table.rows.filter(_.attempt == 0)
    if wanted.from_us is not None:
        chosen = chosen.filter(_.end_us.isnull() | (_.end_us >= wanted.from_us))
    if wanted.to_us is not None:
        chosen = chosen.filter(_.end_us.isnull() | (_.end_us <= wanted.to_us))
    if target is not None:
        port = _.target.substr(len(target) + 1)
        chosen = chosen.filter((_.target == target) | (_.target.startswith(f"{target}:") & ~port.contains(":")))
    kept = chosen.union(table.rows.filter(_.attempt > 0).semi_join(chosen, LINE))
    return kept.union(table.of(requests)) if requests else kept


def joined_with_errors(table: RequestTable, rows: ibis.Table) -> ibis.Table:
    """The rows, with those of error logs joined to the failures that they tell of.

    This needs the requests themselves (`facts.error_log`), so that only the rows that take part are looked at.
    """
    entries = _earliest(rows.filter(_.status.isnull() & (_.attempt == 0)))
    errors = _recalled(table, entries)
    if not errors:
        return rows
    served = rows.filter((_.attempt == 0) & _.manner.isnull()).semi_join(
        _earliest(rows.filter(_.attempt == 1)).select(*LINE), LINE
    )
    attempts = rows.filter(_.attempt > 0).semi_join(_earliest(rows.filter(_.attempt == 1)).select(*LINE), LINE)
    failures = _earliest(rows.filter(_.status.notnull() & _.manner.notnull()))
    answered = rows.filter(
        (_.attempt == 0)
        & _.manner.isnull()
        & (_.status >= CLIENT_ERRORS.start)
        & (_.status < CLIENT_ERRORS.stop)
        & _.detail.notnull()
    )
    looked_up = [rows_of.select(*LINE, "detail") for rows_of in (served, _earliest(answered))]
    passed_on = _recalled(table, looked_up[0].union(looked_up[1]).distinct())
    joined, hidden = join([*passed_on, *_recalled(table, failures)], errors)
    taken = entries.select(*KEY).union(attempts.select(*KEY)).union(failures.select(*KEY))
    return rows.anti_join(taken, KEY).union(table.of([*joined[len(passed_on) :], *hidden]))


def _earliest(rows: ibis.Table) -> ibis.Table:
    return rows.order_by(["end_us", *KEY]).limit(MAX_JOINED)


def _recalled(table: RequestTable, rows: ibis.Table) -> list[Request]:
    """In the order of the lines, as the readers give them."""
    return [table.recall(row) for row in table.fetch(rows.select(*LINE, "detail").order_by(LINE))]
