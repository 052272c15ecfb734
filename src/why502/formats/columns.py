"""How lines of a format are cut into columns at the speed of the disk.

A `Plan` describes the ordinary line of a log as a list of steps that a compiled loop walks (`engine.kernels`). It only
has to accept lines of which it is certain: every other line goes through the format's `parse`. So does one line of each
*shape*: what cannot be told from a number (side, phase, manner, reason) is never written down a second time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np  # noqa: TC004 - imported where it is used: not every start should pay for it
    from numpy.typing import NDArray  # noqa: TC004 - as above

    Numbers = NDArray[np.int64]

MAX_NAMES = 1 << 14
"""Different names in one block of lines; a line with one more goes to the parser."""

NAME_PLACES = 4 * MAX_NAMES
"""Where the compiled loop looks names up; a power of two."""

ABSENT_US = -1
"""The column's value where the log writes '-' or '-1'."""

UNSURE = -1
"""The shape of a line that `parse` has to read."""


class Take(IntEnum):
    """What a step takes. Every step fails at the end of the line, and the line then goes to `parse`."""

    LITERAL = 0
    """Exactly `text`."""
    WORD = 1
    """`least` to `most` bytes up to `until`, without blanks and control characters."""
    PLAIN_WORD = 2
    """As WORD, and without `= " | < {`: nothing that could begin a second value or an envelope."""
    TEXT = 3
    """`least` to `most` bytes up to `until`; blanks are allowed."""
    QUOTED = 4
    """From quote to quote."""
    ESCAPED = 5
    """From quote to quote; a backslash takes the next byte with it."""
    QUOTED_OR_DASH = 6
    NUMBER = 7
    """`least` to `most` digits."""
    NUMBER_OR_DASH = 8
    SECONDS = 9
    """At most `most` digits, and at most 6 behind the point; or '-1'. In microseconds."""
    SECONDS_OR_DASH = 10
    """As SECONDS, or '-'."""
    MILLISECONDS = 11
    """As SECONDS, at most 3 digits behind the point, or '-'. In microseconds."""
    ISO_TIME = 12
    """2018-08-28T20:17:23.366947Z, in microseconds since the epoch."""
    LOCAL_TIME = 13
    """22/Nov/2026:19:37:34 +0000, in microseconds since the epoch."""
    END = 14
    """The end of the line, nothing else."""
    UNZONED_TIME = 15
    """06/Feb/2009:12:14:14.655, taken as UTC, in microseconds since the epoch."""
    NUMBER_OR_MINUS_ONE = 16
    """As NUMBER, or '-1', which is `ABSENT_US`."""


@dataclass(frozen=True, slots=True)
class Step:
    """One field and the byte behind it ('' : none is asked for, as at the end of what a format cares about)."""

    take: Take
    name: str = ""
    """Of the column; '': skipped. Words and quoted texts become codes, to be looked up in `Columns.names`."""
    until: str = " "
    least: int = 1
    most: int = 1 << 20
    text: str = ""


@dataclass(frozen=True, slots=True)
class Columns:
    """What the steps took from many lines."""

    numbers: Mapping[str, Numbers]
    names: Sequence[str]
    """Code -> text, in the order of appearance."""

    def __getitem__(self, name: str) -> Numbers:
        return self.numbers[name]

    def told(self, name: str) -> NDArray[np.bool_]:
        """Where there is a number in a column that can be absent."""
        there: NDArray[np.bool_] = self.numbers[name] != ABSENT_US
        return there

    def by_name(self, column: str, judge: Callable[[str], int]) -> Numbers:
        """A number for each line, decided once for each name."""
        import numpy as np

        if not len(self.names):
            return np.zeros_like(self.numbers[column])
        return np.array([judge(name) for name in self.names], np.int64)[self.numbers[column]]


@dataclass(frozen=True, slots=True)
class Times:
    """Microseconds; `ABSENT_US` where not told."""

    start_us: Numbers
    end_us: Numbers
    connect_us: Numbers
    wait_us: Numbers
    total_us: Numbers


@dataclass(frozen=True, slots=True)
class Plan:
    """How the ordinary lines of one file are read."""

    steps: tuple[Step, ...]
    shape: Callable[[Columns], Numbers]
    """Lines of equal shape differ in numbers and names only: one of them is parsed for all. `UNSURE`: parse each."""
    times: Callable[[Columns, NDArray[np.bool_]], Times]
    """The second argument is true for lines that ended while waiting for the target."""
    target: Callable[[str], str | None]
    """From the name in column 'target', if there is one."""
    group: Callable[[str], str | None]
    """From the name in column 'group', if there is one."""
    target_from: str = "target"
    """The column that `target` reads."""


@dataclass(frozen=True, slots=True)
class Planner:
    """Found by walking the package: a module's constant `COLUMNS`."""

    kind: str
    """Of the log format."""
    plan: Callable[[Sequence[str]], Plan | None]
    """The plan for a file that begins with these lines; None: read it line by line."""


def packed(parts: Sequence[tuple[Numbers, int]]) -> Numbers:
    """Several small numbers as one; each with its number of possible values, of which it must be smaller.

    >>> import numpy as np
    >>> packed([(np.array([3]), 10), (np.array([1]), 2)])
    array([7])
    """
    import numpy as np

    key = np.zeros_like(parts[0][0])
    for values, size in parts:
        key = key * size + values
    return key
