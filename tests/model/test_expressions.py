"""Expressions that are compiled when they are first asked."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import why502
from why502.model.expressions import expression

if TYPE_CHECKING:
    from collections.abc import Iterator

SRC = Path(why502.__file__).parent


def test_answers_as_the_compiled_pattern() -> None:
    lazy, compiled = expression(r"(?P<key>\w+)=(\d+)", re.ASCII), re.compile(r"(?P<key>\w+)=(\d+)", re.ASCII)
    text = "a=1 b=22"
    for _ in range(2):
        for ask in ("match", "search", "fullmatch", "findall", "split"):
            assert repr(getattr(lazy, ask)(text)) == repr(getattr(compiled, ask)(text)), ask
        assert [found.span() for found in lazy.finditer(text)] == [(0, 3), (4, 8)]
        assert lazy.sub(r"\2", text) == "1 22"
    assert (lazy.pattern, lazy.flags, lazy.groups, lazy.groupindex["key"]) == (r"(?P<key>\w+)=(\d+)", 256, 2, 1)


def test_an_error_shows_at_the_first_use() -> None:
    broken = expression("(")
    with pytest.raises(re.error):
        broken.match("")


def _constants() -> Iterator[tuple[str, str]]:
    for path in sorted(SRC.rglob("*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
                calls = [each for each in ast.walk(node.value) if isinstance(each, ast.Call)]
                for call in calls:
                    yield f"{path.relative_to(SRC)}:{call.lineno}", ast.unparse(call.func)


def test_no_constant_is_compiled_at_import() -> None:
    assert [place for place, function in _constants() if function == "re.compile"] == []


def test_every_constant_compiles() -> None:
    """`expression` would tell an error only when the constant is first used."""
    modules = [importlib.import_module(each.name) for each in pkgutil.walk_packages([str(SRC)], "why502.")]
    kind = type(expression(""))
    found = [value for module in modules for value in vars(module).values() if isinstance(value, kind)]
    assert len(found) > 100
    for each in found:
        assert each.flags >= 0
