from __future__ import annotations

import pytest

from tests.engine.kernels import padded
from why502.engine.blocks import PADDING_BYTES, Block
from why502.engine.compiling import COUNT_LINES, compiled
from why502.engine.cutting import Desk, Program, cut
from why502.formats.columns import Step, Take


@pytest.mark.parametrize("text", ["", "a", "a\nb", "\n\n\n", "x" * 1000 + "\n" + "y" * 70])
def test_count_lines_counts_line_feeds_of_the_block_alone(text: str) -> None:
    """Whatever lies in the padding."""
    data = padded(text).copy()
    data[-PADDING_BYTES:] = ord("\n")
    assert compiled(COUNT_LINES)(data, data.size - PADDING_BYTES) == text.count("\n") + 1


def scanned(steps: tuple[Step, ...], *lines: str) -> list[dict[str, object] | None]:
    """What `scan` takes of each line; None where a step failed."""
    data = padded("\n".join(lines))
    piece = cut(Program.of(steps), Block.of(data, data.size - PADDING_BYTES), Desk())
    names = {step.name for step in steps if Take.WORD <= step.take <= Take.QUOTED_OR_DASH}
    found: list[dict[str, object] | None] = []
    for row, sure in enumerate(piece.sure.tolist()):
        values = {name: int(numbers[row]) for name, numbers in piece.numbers.items()} if sure else {}
        told: dict[str, object] = {
            name: piece.names[value] if name in names else value for name, value in values.items()
        }
        found.append(told if sure else None)
    return found


@pytest.mark.parametrize(
    ("take", "good", "bad"),
    [
        (Take.WORD, {"a=b": "a=b"}, ["", "a b"]),
        (Take.PLAIN_WORD, {"ab": "ab"}, ["", "a=b", 'a"b']),
        (Take.TEXT, {"a b": "a b"}, [""]),
        (Take.QUOTED, {'"a b"': "a b", '""': ""}, ["a", '"a', "-"]),
        (Take.ESCAPED, {r'"a\"b"': r"a\"b"}, ['"a\\"']),
        (Take.QUOTED_OR_DASH, {'"a"': "a", "-": "-"}, ["a", '"']),
        (Take.NUMBER, {"42": 42}, ["-", "-1", "x", ""]),
        (Take.NUMBER_OR_DASH, {"42": 42, "-": -1}, ["-1", "x"]),
        (Take.NUMBER_OR_MINUS_ONE, {"42": 42, "-1": -1}, ["-", "-2"]),
        (Take.SECONDS, {"0.5": 500_000, "-1": -1}, ["-", "x"]),
        (Take.SECONDS_OR_DASH, {"0.5": 500_000, "-1": -1, "-": -1}, ["x"]),
        (Take.MILLISECONDS, {"0.005": 5_000, "-": -1}, ["0.0005"]),
    ],
)
def test_scan_takes_what_the_step_says(take: Take, good: dict[str, object], bad: list[str]) -> None:
    """Between two others, so that neither too little nor too much is taken; other lines are for the parser."""
    around = Step(Take.LITERAL, text="<", until=""), Step(Take.LITERAL, text=">", until="")
    steps = (around[0], Step(take, "it", until="|"), around[1], Step(Take.END, until=""))
    lines = [f"<{value}|>" for value in (*good, *bad)]
    assert scanned(steps, *lines) == [*({"it": value} for value in good.values()), *(None for _ in bad)]


def test_scan_goes_on_with_the_next_line_after_any_failure() -> None:
    """Wherever a line is left; a carriage return belongs to the end."""
    steps = (Step(Take.NUMBER, "one"), Step(Take.NUMBER, "two", until=""), Step(Take.END, until=""))
    told = scanned(steps, "1 2", "", "1", "1 ", "1 2 3", "x", "3 4\r", "5 6")
    assert told == [{"one": 1, "two": 2}, None, None, None, None, None, {"one": 3, "two": 4}, {"one": 5, "two": 6}]


def test_scan_holds_to_the_least_and_the_most() -> None:
    """Of digits and of bytes."""
    digits = (Step(Take.NUMBER, "it", least=2, most=3, until=""), Step(Take.END, until=""))
    assert scanned(digits, "1", "12", "123", "1234") == [None, {"it": 12}, {"it": 123}, None]
    letters = (Step(Take.WORD, "it", least=2, most=3),)
    assert scanned(letters, "a ", "ab ", "abc ", "abcd ") == [None, {"it": "ab"}, {"it": "abc"}, None]
