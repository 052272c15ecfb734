"""What the facts need from a table of requests, whatever engine holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import ibis

    from why502.facts.wanted import Wanted
    from why502.model.requests import Request


class RequestTable(Protocol):
    """Requests by the million (`engine.schema` names the columns).

    Expressions are said to `facts.asking`, which looks like Ibis and does not load it.
    """

    @property
    def rows(self) -> ibis.Table:
        """All that are told one by one, as an expression."""

    @property
    def counting(self) -> bool:
        """Whether others are only counted (`facts.counted`): no other part than `wanted` can be asked for then."""

    @property
    def wanted(self) -> Wanted:
        """The part of the requests that the table holds."""

    @property
    def passed_over(self) -> frozenset[str]:
        """Targets (some of them, if they are many) of requests that were not wanted because of their target."""

    @property
    def counts(self) -> ibis.Table:
        """The table `counts` of `facts.counted`."""

    @property
    def runs(self) -> ibis.Table:
        """The table `runs` of `facts.counted`."""

    @property
    def drawn(self) -> ibis.Table:
        """The table `drawn` of `facts.counted`."""

    @property
    def rows_added(self) -> int:
        """How many have been added so far, one by one or as counts (`model.patterns.threshold`)."""

    def kept(self, expression: ibis.Table) -> ibis.Table:
        """The same, computed once."""

    def fetch(self, expression: ibis.Table) -> list[dict[str, object]]:
        """The rows of an expression; for small results."""

    def recall(self, row: Mapping[str, object]) -> Request:
        """The whole request of a row; needs its file, line and detail."""

    def of(self, requests: Sequence[Request]) -> ibis.Table:
        """Requests as rows of the same kind."""
