"""The steps of a plan, one line after the other."""

# Inside the compiled loop NumPy's integers and Python's are the same:
# mypy: disable-error-code="assignment"

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.engine.kernels.loads import LANES, byte_at, line_feeds
from why502.engine.kernels.names import name_code
from why502.engine.kernels.times import iso_time, local_time, unzoned_time
from why502.engine.kernels.values import escaped_end, plain_word_end, seconds, text_end, word_end

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from why502.formats.columns import Numbers

_NEWLINE: Final = 10
_RETURN: Final = 13
_QUOTE: Final = 34
_DASH: Final = 45


def count_lines(data: NDArray[np.uint8], size: int) -> int:
    """The line feeds in a block."""
    lines = 0
    for pos in range(0, size - LANES + 1, LANES):
        lines += line_feeds(data, pos)
    for pos in range(size - size % LANES, size):
        lines += byte_at(data, pos) == _NEWLINE
    return lines


def scan(  # noqa: C901, PLR0912, PLR0915 - one loop: calls that return text would cost more than the work
    data: NDArray[np.uint8],
    size: int,
    steps: Numbers,
    literals: NDArray[np.uint8],
    begins: Numbers,
    sure: NDArray[np.uint8],
    columns: Numbers,
    spans: Numbers,
    table: Numbers,
    before: Numbers,
) -> int:
    """Fills `begins` (where each line begins), `sure` and `columns` for every line; how many names `spans` holds.

    `steps` has a row for each step: take, until (-1: none), least, most, column (-1: none), and for literals where
    the text begins and ends in `literals`. `table` (`NAME_PLACES` of them) and `before` (a row for each step, see
    `times`) are filled with -1. The last byte of the block must be a line feed.
    """
    lines = names = pos = 0
    while pos < size:
        begins[lines] = pos
        good = True
        for step in range(steps.shape[0]):
            take, until, least, most = steps[step, 0], steps[step, 1], steps[step, 2], steps[step, 3]
            column = steps[step, 4]
            stop = until if until >= 0 else _NEWLINE
            begin, value = pos, 0
            named_from, named_to = pos, pos
            if take == 0:  # LITERAL
                length = steps[step, 6] - steps[step, 5]
                good = pos + length < size
                index = 0
                while good and index < length:
                    good = byte_at(data, pos + index) == byte_at(literals, steps[step, 5] + index)
                    index += 1
                pos += index if good else 0
            elif take <= 2:  # WORD, PLAIN_WORD
                pos = word_end(data, pos, stop) if take == 1 else plain_word_end(data, pos, stop)
                named_to = pos
                good = least <= pos - begin <= most
            elif take == 3:  # TEXT
                pos = text_end(data, pos, stop)
                named_to = pos
                good = least <= pos - begin <= most
            elif take <= 6:  # QUOTED, ESCAPED, QUOTED_OR_DASH
                if byte_at(data, pos) == _QUOTE:
                    pos = escaped_end(data, pos + 1) if take == 5 else text_end(data, pos + 1, _QUOTE)
                    good = byte_at(data, pos) == _QUOTE
                    named_from, named_to = begin + 1, pos
                    pos += 1 if good else 0
                elif take == 6 and byte_at(data, pos) == _DASH:
                    pos += 1
                    named_to = pos
                else:
                    good = False
            elif take <= 8 or take == 16:  # NUMBER, NUMBER_OR_DASH, NUMBER_OR_MINUS_ONE
                if take == 8 and byte_at(data, pos) == _DASH:
                    pos += 1
                    value = -1
                elif take == 16 and byte_at(data, pos) == _DASH and byte_at(data, pos + 1) == 49:
                    pos += 2
                    value = -1
                else:
                    digit = byte_at(data, pos) - 48
                    while 0 <= digit <= 9 and pos - begin <= most:
                        value = value * 10 + digit
                        pos += 1
                        digit = byte_at(data, pos) - 48
                    good = least <= pos - begin <= most
            elif take <= 11:  # SECONDS, SECONDS_OR_DASH, MILLISECONDS
                if byte_at(data, pos) == _DASH and byte_at(data, pos + 1) == 49:
                    pos += 2
                    value = -1
                elif byte_at(data, pos) == _DASH and take != 9:
                    pos += 1
                    value = -1
                else:
                    value, pos = seconds(data, pos, most, 3 if take == 11 else 6)
                    good = value >= 0
            elif take == 12:  # ISO_TIME
                value, pos = iso_time(data, pos, size, before[step])
                good = value >= 0
            elif take == 13:  # LOCAL_TIME
                value, pos = local_time(data, pos, size, before[step])
                good = value >= 0
            elif take == 15:  # UNZONED_TIME
                value, pos = unzoned_time(data, pos, size, before[step])
                good = value >= 0
            else:  # END
                while byte_at(data, pos) == _RETURN:
                    pos += 1
                good = byte_at(data, pos) == _NEWLINE
            if good and until >= 0:
                good = byte_at(data, pos) == until
                pos += 1 if good else 0
            if not good:
                pos = begin
                break
            if column >= 0:
                if 1 <= take <= 6:
                    value = name_code(data, named_from, named_to, table, spans, names)
                    if value < 0:
                        good = False
                        break
                    names = max(names, value + 1)
                columns[column, lines] = value
        sure[lines] = good
        pos = text_end(data, pos, _NEWLINE) + 1
        lines += 1
    begins[lines] = size
    return names
