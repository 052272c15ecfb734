from __future__ import annotations

import json

import jsonschema
import msgspec
import pytest

from tests.reports import example
from tests.reports.hostile import HOSTILE
from why502.model.verdict import Document
from why502.reports.json import json_schema, render

DIAGNOSES = {
    "article": example.ARTICLE,
    "nothing-wrong": example.NOTHING_WRONG,
    "not-determined": example.NOT_DETERMINED,
    "empty": example.EMPTY,
    **{f"hostile-{name}": example.filled_with(text) for name, text in HOSTILE.items()},
}


@pytest.mark.parametrize("name", DIAGNOSES)
def test_the_document_keeps_its_schema(name: str) -> None:
    """Whatever the diagnosis, the output validates against `why502 schema`."""
    schema = json.loads(json_schema())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(render(DIAGNOSES[name]).encode()), schema)


def test_the_document_reads_back() -> None:
    """Nothing of the verdict is lost on the way through JSON."""
    assert msgspec.json.decode(render(example.ARTICLE), type=Document) == example.DOCUMENT


def test_the_keys_are_those_of_the_contract() -> None:
    """Every key of the published contract, in its order, and no other."""
    document = json.loads(render(example.ARTICLE))
    verdict = document["verdicts"][0]
    assert list(document) == [
        "schema",
        "generated",
        "window",
        "inputs",
        "failures",
        "verdicts",
        "suspects",
        "next_steps",
    ]
    assert list(document["window"]) == ["from", "to"]
    assert list(document["inputs"][0]) == [
        "path",
        "kind",
        "records",
        "not_understood",
        "first_not_understood",
        "from",
        "to",
    ]
    assert list(document["failures"]) == ["total", "requests", "by_status", "by_side", "by_phase"]
    assert list(verdict) == (
        ["cause", "probability", "failures", "since", "until", "targets", "summary", "because", "evidence", "remedies"]
    )
    assert list(verdict["because"][0]) == ["condition", "text", "known_issue"]
    assert list(verdict["evidence"][0]) == ["says", "bits", "text", "source", "at"]
    assert list(verdict["remedies"][0]) == ["text", "command", "permanent"]
    assert list(document["suspects"][0]) == ["cause", "kind", "status", "probability", "why", "missing"]
    assert list(document["next_steps"][0]) == ["command", "why", "gain_bits"]


def test_the_schema_requires_every_key() -> None:
    """A reader can rely on each key: an output without one does not validate."""
    schema = json.loads(json_schema())
    document = json.loads(render(example.ARTICLE))
    for key in document:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({k: v for k, v in document.items() if k != key}, schema)


def test_the_schema_has_a_name_and_no_address() -> None:
    """Nobody has to fetch anything to validate."""
    schema = json.loads(json_schema())
    assert schema["$id"].startswith("urn:")
    assert schema["title"]
