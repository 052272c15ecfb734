"""The known-issue library, one file an issue; found by walking this package.

A module that defines `KNOWN` is an issue; its docstring is its page.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import TYPE_CHECKING

from why502.facts.audit import RecognisedIssue

if TYPE_CHECKING:
    from why502.facts.scene import ListenerWindow
    from why502.known.interface import KnownIssue


@cache
def known_issues() -> tuple[KnownIssue, ...]:
    """All issues, sorted by id."""
    modules = (importlib.import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__))
    return tuple(sorted((m.KNOWN for m in modules if hasattr(m, "KNOWN")), key=lambda issue: issue.id))


@cache
def _on_a_host() -> tuple[KnownIssue, ...]:
    return tuple(issue for issue in known_issues() if issue.on_a_host)


def recognise(window: ListenerWindow) -> tuple[RecognisedIssue, ...]:
    """The issues that a listener shows; of two that explain the same, the surer one."""
    matching = [(issue, text) for issue in _on_a_host() if (text := issue.matches(window)) is not None]
    surest: dict[str, int] = {}
    for issue, _ in matching:
        surest[issue.condition] = max(issue.certainty, surest.get(issue.condition, 0))
    return tuple(
        RecognisedIssue(
            id=issue.id,
            software=issue.software,
            text=text,
            proven=issue.proven,
            source=issue.source,
            remedies=tuple(remedy.text for remedy in issue.remedies),
            of_namespace=issue.of_namespace,
        )
        for issue, text in matching
        if issue.certainty == surest[issue.condition]
    )
