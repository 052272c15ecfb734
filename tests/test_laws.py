"""The laws of ARCHITECTURE.md that a machine can hold."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import why502

if TYPE_CHECKING:
    from collections.abc import Iterator

SRC = Path(why502.__file__).parent

LAYERS = (
    {"errors", "model", "scratch"},
    {"facts"},
    {"known"},
    {"suspects"},
    {"ranking"},
    {"formats"},
    {"engine"},
    {"sources"},
    {"host", "live", "remote"},
    {"diagnosis", "collecting", "bundles"},
    {"reports"},
    {"lab", "remedies", "reproduce"},
    {"cli", "start", "__main__"},
)
"""A layer may import itself and those above it in this list."""

NEVER = {
    "reports": {"sources", "formats", "ranking", "host", "live", "diagnosis"},
    "suspects": {"sources", "formats", "host", "live", "ranking", "reports"},
    "formats": {"facts", "known", "suspects", "ranking"},
    "engine": {"known", "suspects", "ranking"},
    "sources": {"known", "suspects", "ranking"},
    "host": {"known", "suspects", "ranking", "formats"},
    "live": {"known", "suspects", "ranking", "formats"},
    "remote": {"known", "suspects", "ranking", "host", "live"},
}
"""Imports that the order of layers alone would allow and that the one direction forbids."""


def _modules() -> Iterator[tuple[Path, str]]:
    for path in sorted(SRC.rglob("*.py")):
        relative = path.relative_to(SRC)
        yield path, relative.parts[0].removesuffix(".py")


def _imports(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("why502."):
            yield node.module.split(".")[1], node.lineno
        elif isinstance(node, ast.Import):
            for name in node.names:
                if name.name.startswith("why502."):
                    yield name.name.split(".")[1], node.lineno


def _rank(layer: str) -> int:
    return next(index for index, names in enumerate(LAYERS) if layer in names)


def test_nothing_imports_backwards() -> None:
    """Evidence -> facts -> suspects -> ranking -> verdict -> report; never the other way."""
    wrong = [
        f"{path.relative_to(SRC)}:{line} imports {imported}"
        for path, layer in _modules()
        if layer != "__init__"
        for imported, line in _imports(path)
        if imported in SRC_NAMES and (_rank(imported) > _rank(layer) or imported in NEVER.get(layer, ()))
    ]
    assert wrong == []


SRC_NAMES = {layer for _, layer in _modules()} - {"__init__"}


def test_every_part_has_a_layer() -> None:
    """A new top-level part must be placed in the order above."""
    assert {name for names in LAYERS for name in names} >= SRC_NAMES


def test_broad_except_stands_in_two_places_only() -> None:
    """The runner of judges, and the command line's last resort; nowhere else may errors be swallowed."""
    found = {
        str(path.relative_to(SRC))
        for path, _ in _modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"}))
        and not _passes_on(node)
    }
    assert found == {"ranking/weigh.py", "cli/__init__.py"}


def _passes_on(handler: ast.ExceptHandler) -> bool:
    """Ends with a bare `raise`: it cleans up and swallows nothing."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def test_only_the_edge_prints() -> None:
    """`print` stands nowhere: the command line echoes, reports return text."""
    found = [
        f"{path.relative_to(SRC)}:{node.lineno}"
        for path, _ in _modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert found == []
