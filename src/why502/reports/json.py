"""`--json`: the published document, and its JSON Schema (2020-12)."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from why502.model.verdict import Diagnosis, Document
from why502.reports.legible import legible_json

SCHEMA_ID = "urn:why502:schema:1"
"""A name, not an address: nobody has to fetch anything in order to validate."""


def render(diagnosis: Diagnosis) -> str:
    """The document, its keys in the order of the contract, fit to be printed on a terminal."""
    document = msgspec.to_builtins(diagnosis.document)
    return legible_json(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))


def json_schema() -> str:
    """What `render` promises. Every key is always there; "nothing" is null or an empty list."""
    body = msgspec.json.schema(Document)
    definitions = {name: _all_required(definition) for name, definition in body["$defs"].items()}
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "The diagnosis of why502",
    }
    return json.dumps({**head, "$ref": body["$ref"], "$defs": definitions}, indent=2)


def _all_required(definition: dict[str, Any]) -> dict[str, Any]:
    """A reader requires only keys without a default (so does msgspec); who writes all keys can promise more."""
    properties = definition.get("properties")
    return {**definition, "required": list(properties)} if properties else definition
