"""The table gives the same answer as single facts, on the same files."""

from __future__ import annotations

import io
import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.engine.logs import LINES, MAKERS, alb, haproxy, nginx
from why502.engine.plans import all_planners
from why502.engine.schema import SCHEMA
from why502.engine.store import RequestStore
from why502.facts import traffic, traffic_columns
from why502.facts.joined_columns import asked
from why502.facts.wanted import Wanted
from why502.formats import all_formats
from why502.model.case import Window
from why502.model.requests import Request
from why502.model.traffic import micros
from why502.sources.interface import EvidenceFile, Reading
from why502.sources.logs import READERS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from why502.model.traffic import Traffic

BY_KIND = {reader.kind: reader for reader in READERS}
PLANNED = sorted(all_planners())
BEGIN_S, EVER = 1795341600.0, Window(float("-inf"), float("inf"))
LINE_AT: dict[str, Callable[[float], str]] = {"alb-access-log": alb, "nginx-access-log": nginx, "haproxy-log": haproxy}


def both(kind: str, content: bytes, store: RequestStore) -> tuple[Reading, Reading]:
    """The reading as single facts, and the reading into the table."""
    evidence = EvidenceFile("x.log", lambda: io.BytesIO(content))
    reader = BY_KIND[kind]
    assert reader.read_large is not None
    return reader.read(evidence), reader.read_large(evidence, store)


def same_rows(kind: str, content: bytes) -> None:
    """Counts, misreads, times and every request."""
    store = RequestStore()
    small, large = both(kind, content, store)
    assert large.input == small.input
    expected = store.of([fact for fact in small.facts if isinstance(fact, Request)])
    columns = [name for name in SCHEMA.names if name not in ("file", "detail", "line")]
    given_rows = store.fetch(store.rows.order_by(["line", "attempt"]).select(*columns))
    assert given_rows == store.fetch(expected.order_by(["line", "attempt"]).select(*columns))


def summed(kind: str, content: bytes, store: RequestStore) -> tuple[Traffic | None, Traffic | None]:
    small, large = both(kind, content, store)
    assert large.input == small.input
    requests = [fact for fact in small.facts if isinstance(fact, Request)]
    return (traffic.summarise(requests) if requests else None), traffic_columns.summarise(store)


@pytest.mark.parametrize("log_format", all_formats(), ids=lambda f: f.kind)
def test_samples_of_every_format_become_the_same_rows(log_format: object) -> None:
    """With a plan or without, every sample line gives what the parser gives."""
    lines = [sample.line for sample in log_format.samples]  # type: ignore[attr-defined]
    same_rows(log_format.kind, "\n".join([*lines, "nonsense", "", *lines]).encode())  # type: ignore[attr-defined]


@pytest.mark.parametrize(("kind", "lines"), LINES.items())
def test_ordinary_and_odd_lines_become_the_same_rows(kind: str, lines: Sequence[str]) -> None:
    """Each odd line after an ordinary one, which decides the plan."""
    same_rows(kind, "\n".join(part for line in lines for part in (lines[0], line)).encode())
    same_rows(kind, "\r\n".join(lines).encode())
    for line in lines:  # each decides the plan
        same_rows(kind, "\n".join([*lines, line]).encode())


@settings(max_examples=60, deadline=None)
@given(data=st.data(), kind=st.sampled_from(PLANNED))
def test_damaged_lines_become_the_same_rows(data: st.DataObject, kind: str) -> None:
    """Bytes replaced, removed and put in anywhere."""
    known = LINES[kind]
    lines = [known[0].encode()]
    for line in data.draw(st.lists(st.sampled_from(known), max_size=4)):
        raw = bytearray(line.encode())
        for _ in range(data.draw(st.integers(0, 3))):
            at = data.draw(st.integers(0, len(raw)))
            raw[at : at + data.draw(st.integers(0, 3))] = data.draw(
                st.one_of(
                    st.sampled_from([b" ", b'"', b"-", b"-1", b"\\", b"\n", b"\r", b"9", b"\t", b"="]),
                    st.binary(max_size=3),
                )
            )
        lines.append(bytes(raw))
    same_rows(kind, b"\n".join(lines))


def many(kind: str, seed: int, *, ordinary: int = 0) -> bytes:
    """Lines with pauses between them, of which so many more are ordinary."""
    rng = random.Random(seed)
    at_s = BEGIN_S
    lines = []
    for _ in range(400):
        at_s += rng.choice([0.0, 0.001, 0.1, 0.25, 0.2501, 0.9, 5.0])
        lines += [MAKERS[kind](rng, at_s), *(LINE_AT[kind](at_s) for _ in range(ordinary))]
    return "\n".join(lines).encode()


@pytest.mark.parametrize("counting", [False, True], ids=["one by one", "counting"])
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", PLANNED)
def test_traffic_is_the_same(kind: str, seed: int, *, counting: bool) -> None:
    """Failures with their bursts and silences, targets, delayed connects, timeline, kinds."""
    small, large = summed(kind, many(kind, seed), RequestStore(counting=counting))
    assert large == small
    assert small is not None
    assert small.failures
    if kind != "haproxy-log":  # which tells no addresses
        assert any(target.after_idle for target in small.targets)
        assert any(target.delayed_connects for target in small.targets)


@pytest.mark.parametrize("kind", PLANNED)
def test_what_is_only_counted_is_the_same(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where few are drawn, over several blocks: most requests are no rows, and nothing is missing."""
    monkeypatch.setattr("why502.model.patterns._RANGE", 1 << 22)
    monkeypatch.setattr("why502.engine.working.BLOCK_BYTES", 100_000)
    store = RequestStore(counting=True)
    small, large = summed(kind, many(kind, 5, ordinary=3), store)
    assert small is not None
    assert large is not None
    assert replace(large, sample=small.sample) == small  # of those not drawn nobody can tell more
    told = [len(store.fetch(table)) for table in (store.rows, store.counts, store.runs)]
    assert told[0] < small.requests / 2
    assert all(told)


@pytest.mark.parametrize("counting", [False, True], ids=["one by one", "counting"])
@pytest.mark.parametrize(
    ("window", "target"),
    [
        (Window(BEGIN_S + 100.25, float("inf")), None),
        (Window(float("-inf"), BEGIN_S + 99.5), None),
        (Window(BEGIN_S + 50.0, BEGIN_S + 150.0), "10.0.0.7"),
        (EVER, "10.0.0.8:8080"),
        (EVER, "10.9.9.9"),
        (Window(BEGIN_S + 1e6, float("inf")), None),
    ],
)
@pytest.mark.parametrize("kind", PLANNED)
def test_a_part_is_the_same(kind: str, window: Window, target: str | None, *, counting: bool) -> None:
    """Of a time and of a target: what the reader keeps is what would be chosen from all."""
    wanted = Wanted.of(window, target)
    store = RequestStore(counting=counting, wanted=wanted)
    small, large = both(kind, many(kind, 3), store)
    assert large.input == small.input
    requests = [fact for fact in small.facts if isinstance(fact, Request)]
    chosen = [r for r in requests if wanted.ended(micros(r.end_s)) and wanted.to(r.target)]
    assert len(chosen) < len(requests)
    expected = traffic.summarise(chosen) if chosen else None
    assert traffic_columns.summarise(store, asked(store, [], window, target)) == expected
    told = {r.target for r in requests if r.target} - {r.target for r in chosen}
    assert store.passed_over == (told if target else set())


def test_no_other_part_of_what_is_counted_can_be_asked_for() -> None:
    """A window would have to look into the counts."""
    store = RequestStore(counting=True)
    both("alb-access-log", many("alb-access-log", 1), store)
    with pytest.raises(ValueError, match="only counted"):
        asked(store, [], Window(1795341610.0, 1795341700.0), None)
