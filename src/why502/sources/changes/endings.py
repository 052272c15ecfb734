"""How containers ended: what Kubernetes and Docker keep of the life before the present one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from why502.model.case import KernelEvent
from why502.sources.changes.records import MAX_TEXT_CHARACTERS, changed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.model.evidence import Place
    from why502.sources.changes.records import Fact

ASKED: Final = frozenset({0, 130, 143})
"""Exit codes of a process that had nothing left to do, or was told to end (128 + SIGINT, 128 + SIGTERM)."""


class Ending(Struct, frozen=True):
    """The end of one container."""

    at_s: float
    container: str
    """'shop-7d9f/app', 'shop'"""
    exit_code: int | None
    killed_for_memory: bool
    addresses: tuple[str, ...] = ()
    """Of its pod or of itself: they outlive it, for what is started again in a pod stays at the pod's address."""

    def facts(self, place: Place) -> Iterator[Fact]:
        """A death, or a stop that was asked for."""
        code = "" if self.exit_code is None else f", exit code {self.exit_code}"
        if self.killed_for_memory:
            text = f"container {self.container} was killed for memory{code}"
            yield KernelEvent(
                self.at_s, "oom", place, None, self.container, text[:MAX_TEXT_CHARACTERS], addresses=self.addresses
            )
        elif self.exit_code in ASKED:
            yield changed(self.at_s, f"container {self.container} was stopped{code}", place)
        else:
            text = f"container {self.container} ended{code}"
            yield KernelEvent(
                self.at_s, "exit", place, None, self.container, text[:MAX_TEXT_CHARACTERS], addresses=self.addresses
            )
