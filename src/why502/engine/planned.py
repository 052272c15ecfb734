"""Lines of a block of which the plan is certain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from why502.engine.cutting import Cut, Numbers
from why502.facts.attempts import hidden_failures
from why502.facts.turned_down import WITHOUT_BODY, may_be_turned_down
from why502.formats.columns import ABSENT_US, Columns, Plan, Times
from why502.model.requests import Phase, Request
from why502.model.traffic import syn_steps_us

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


_WITHOUT_BODY = tuple(f"{method} ".encode() for method in WITHOUT_BODY)


@dataclass(frozen=True, slots=True)
class Planned:
    """Numbers from their columns, everything else as in the sample of their shape."""

    piece: Cut
    plan: Plan
    index: Numbers
    """Which lines of the block."""
    columns: Columns
    samples: Sequence[Request | None]
    which: Numbers
    """The sample of each line."""
    times: Times

    @classmethod
    def of(
        cls,
        piece: Cut,
        plan: Plan,
        index: Numbers,
        columns: Columns,
        samples: Sequence[Request | None],
        which: Numbers,
    ) -> Planned:
        waiting = _of_samples(samples, which, lambda s: s.phase is Phase.WAIT)
        return cls(piece, plan, index, columns, samples, which, plan.times(columns, waiting))

    @property
    def failed(self) -> NDArray[np.bool_]:
        return _of_samples(self.samples, self.which, lambda s: s.failed)

    @property
    def retried(self) -> NDArray[np.bool_]:
        """Served after attempts that failed, which the client did not see."""
        return _of_samples(self.samples, self.which, lambda s: any(hidden_failures(s)))

    @property
    def served(self) -> NDArray[np.bool_]:
        """With a status that nobody would call an error of a server, whoever made it."""
        return _of_samples(self.samples, self.which, lambda s: s.status is not None and s.status < 500)

    @property
    def delayed(self) -> NDArray[np.bool_]:
        """Connects that waited for a SYN to be sent again, as `model.traffic.delayed_by_syn`."""
        connect_us = self.times.connect_us
        delayed = np.zeros(connect_us.size, np.bool_)
        late = np.flatnonzero(connect_us >= syn_steps_us()[0][0])
        for low_us, high_us in syn_steps_us() if late.size else ():
            delayed[late] |= (connect_us[late] >= low_us) & (connect_us[late] < high_us)
        return delayed

    @property
    def turned_down(self) -> NDArray[np.bool_]:
        """Perhaps before they were read (`facts.turned_down`): an error log may tell of them as well."""
        told = _of_samples(self.samples, self.which, may_be_turned_down)
        rows = np.flatnonzero(told)
        # The methods of a shape may differ; nginx's lines have the request in their first quotes.
        requests = (line.partition(b'"')[2] for line in self.piece.raw_lines(self.index[rows]))
        told[rows] = [not request.startswith(_WITHOUT_BODY) for request in requests]
        return told

    @property
    def outermost(self) -> Numbers:
        """The lines that began or ended first or last."""
        times_us = (self.times.start_us, self.times.end_us)
        return np.concatenate([_outermost(each) for each in times_us])

    def chosen(self, rows: Numbers) -> Planned:
        """These lines alone."""
        columns = Columns({name: values[rows] for name, values in self.columns.numbers.items()}, self.columns.names)
        t = self.times
        times = Times(t.start_us[rows], t.end_us[rows], t.connect_us[rows], t.wait_us[rows], t.total_us[rows])
        return Planned(self.piece, self.plan, self.index[rows], columns, self.samples, self.which[rows], times)


def _outermost(times_us: Numbers) -> Numbers:
    told = np.flatnonzero(times_us != ABSENT_US)
    return told[[times_us[told].argmin(), times_us[told].argmax()]] if told.size else told


def _of_samples(
    samples: Sequence[Request | None], which: Numbers, true_of: Callable[[Request], bool]
) -> NDArray[np.bool_]:
    told: NDArray[np.bool_] = np.array([s is not None and true_of(s) for s in samples], np.bool_)[which]
    return told
