"""Lines that nobody here made: each names where it was found."""

from __future__ import annotations

import io
import tomllib
from pathlib import Path
from typing import Any

import pytest

from why502.model.requests import Manner, Phase, Request, Side
from why502.sources.interface import EvidenceFile
from why502.sources.logs import READERS

LINES: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "public_lines.toml").read_text())["line"]


@pytest.mark.parametrize("line", LINES, ids=lambda line: f"{line['kind']}: {line['source'][:40]}")
def test_a_strangers_line_becomes_what_it_says(line: dict[str, Any]) -> None:
    """Found by its content alone, read whole, with its units and its end."""
    data = line["text"].encode()
    reader = max(READERS, key=lambda each: each.fit(data))
    reading = reader.read(EvidenceFile("a.log", lambda: io.BytesIO(data)))
    assert (reading.input.kind, reading.input.records, reading.input.not_understood) == (line["kind"], 1, 0)
    (request,) = (fact for fact in reading.facts if isinstance(fact, Request))
    assert line["source"]
    assert (request.side, request.phase, request.manner) == ended(*line["ended"])
    assert {name: shown(getattr(request, name)) for name in line["expect"]} == line["expect"]


def ended(side: str, phase: str, manner: str) -> tuple[Side | None, Phase, Manner | None]:
    return Side(side) if side else None, Phase(phase), Manner(manner) if manner else None


def shown(value: object) -> object:
    """TOML has no null."""
    return "" if value is None else value
