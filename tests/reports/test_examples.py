from __future__ import annotations

import doctest
import importlib

import pytest


@pytest.mark.parametrize("name", ["reports.legible", "reports.phrases", "reports.text.layout", "cli.when"])
def test_examples_in_docstrings_run(name: str) -> None:
    """Every example in a docstring gives what it says."""
    result = doctest.testmod(importlib.import_module(f"why502.{name}"))
    assert result.attempted > 0
    assert result.failed == 0
