"""Whatever is done to a piece of evidence, no reader of any kind breaks, and nothing is read without being counted."""

from __future__ import annotations

import io
import json
import math
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sources import every_kind
from why502.diagnosis import read
from why502.errors import Why502Error
from why502.formats import all_formats
from why502.ranking import judge_case
from why502.sources import all_readers
from why502.sources.interface import FIRST_MISREAD, EvidenceFile, Reading

if TYPE_CHECKING:
    from pathlib import Path

OTHERS = {each.kind for each in all_formats()} | {"capture"}
"""They have properties of their own: `test_any_content`, `captures`."""
READERS = [reader for reader in all_readers() if reader.kind not in OTHERS]
WRITTEN_S = 1773230400.0
ODD: list[Any] = [
    *(None, True, -1, 0, 1e308, 10**30, [], {}, [[]], [None], {"": {}}),
    *("", "\0", "x" * 5000, "9" * 400, "-1", "1e999", "NaN", "\ud800", "$(X)${X:-$X}"),
    *("2026-02-30T25:61:61Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+23:59"),
]


def test_every_reader_has_an_example() -> None:
    """Who adds a reader adds what the properties below begin with."""
    assert set(every_kind.kinds()) >= {reader.kind for reader in READERS}


def otherwise(draw: st.DrawFn, value: Any) -> Any:
    """The same document with one odd value somewhere."""
    if isinstance(value, dict) and value and draw(st.integers(0, 5)):
        key = draw(st.sampled_from(sorted(value)))
        return {**value, key: otherwise(draw, value[key])}
    if isinstance(value, list) and value and draw(st.integers(0, 5)):
        place = draw(st.integers(0, len(value) - 1))
        return [*value[:place], otherwise(draw, value[place]), *value[place + 1 :]]
    return draw(st.sampled_from(ODD))


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A piece of evidence with a value changed, a part cut out or doubled, or bytes put in."""
    text = draw(st.sampled_from(every_kind.TEXTS))
    if text[:1] in "[{" and draw(st.booleans()):
        try:
            return json.dumps(otherwise(draw, json.loads(text))).encode()
        except ValueError:
            pass  # several documents, or one that only looks like JSON
    content = text.encode()
    first, last = sorted((draw(st.integers(0, len(content))), draw(st.integers(0, len(content)))))
    kind = draw(st.integers(0, 3))
    if kind == 0:
        return content[:first] + draw(st.binary(max_size=12)) + content[last:]
    if kind == 1:
        return content + content[first:last] + draw(st.binary(max_size=12))
    if kind == 2:
        words = draw(st.lists(st.text(max_size=8), max_size=4))
        return content[:first] + " ".join(words).encode("utf-8", "surrogatepass") + content[first:]
    lines = content.split(b"\n")
    return b"\r\n".join(draw(st.permutations(lines)) if len(lines) < 40 else lines[::-1])


def check(reading: Reading) -> None:
    """What holds of every reading."""
    told = reading.input
    assert told.records >= 0
    assert told.not_understood >= 0
    assert len(told.first_not_understood) <= FIRST_MISREAD
    assert not reading.facts or told.records
    if told.window is not None:
        assert math.isfinite(told.window.from_s)
        assert math.isfinite(told.window.to_s)
        assert told.window.from_s <= told.window.to_s


@settings(max_examples=300, deadline=None, derandomize=True)
@given(damaged() | st.binary(max_size=300))
def test_no_reader_breaks(content: bytes) -> None:
    """Neither the one that it was written for, nor any other."""
    file = EvidenceFile("x", lambda: io.BytesIO(content), written_s=WRITTEN_S)
    for reader in READERS:
        assert 0.0 <= reader.fit(content) <= 1.0
        check(reader.read(file))
        for reading in reader.read_together([file, file]) if reader.read_together else ():
            check(reading)


@settings(
    max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(first=damaged(), second=damaged(), log=st.booleans())
def test_no_judge_breaks(tmp_path: Path, first: bytes, second: bytes, *, log: bool) -> None:
    """Whatever was read is judged without a defect, or refused with a reason; each file is among the inputs."""
    (tmp_path / "first").write_bytes(first)
    (tmp_path / "second").write_bytes(second)
    paths = ["first", "second"]
    if log:
        (tmp_path / "log").write_text("".join(f"{s.line}\n" for s in all_formats()[0].samples))
        paths.append("log")
    try:
        case = read([str(tmp_path / name) for name in paths])
    except Why502Error:
        return  # the one way to refuse
    assert {i.path for i in case.inputs} == {str(tmp_path / name) for name in paths}
    assert judge_case(case, WRITTEN_S).defects == ()
