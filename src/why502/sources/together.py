"""Files that only tell everything when they are read together, such as the captures of one ring."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from io import BytesIO
from typing import TYPE_CHECKING

from why502.sources.interface import Reader, Reading
from why502.sources.opening import Alias, Found

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from why502.model.case import Window


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file that is read when all have been found."""

    reader: Reader
    found: Found


MOST_KEPT_BYTES = 64 << 20
"""Of all members of archives together."""


class Waits:
    """Who waits until all have been found."""

    def __init__(self) -> None:
        self._left_bytes = MOST_KEPT_BYTES

    def waiting(self, reader: Reader, found: Found) -> Waiting | None:
        """None if it is read at once.

        Members of archives lie in one place, one after the other, and cannot wait, unless they are kept in memory.
        Raises OSError if such a member cannot be read.
        """
        if reader.read_together is None:
            return None
        if found.identity is not None:
            return Waiting(reader, found)
        if not 0 < reader.kept_bytes <= self._left_bytes:
            return None
        with found.file.open() as stream:
            content = stream.read(reader.kept_bytes)
        self._left_bytes -= len(content)
        return Waiting(reader, replace(found, file=replace(found.file, open=lambda: BytesIO(content))))


def with_aliases(found: Iterable[Reading | Waiting], aliases: Sequence[Alias]) -> Iterator[Reading | Waiting]:
    """Each file that waits knows the links that lead to it; absolute ones count from where nobody knows."""
    for it in found:
        if isinstance(it, Waiting) and (names := tuple(a.path for a in aliases if _leads(a, it.found.file.path))):
            yield replace(it, found=replace(it.found, file=replace(it.found.file, aliases=names)))
        else:
            yield it


def _leads(alias: Alias, path: str) -> bool:
    """To this very path, or at least to its name in a folder that is called alike."""
    return alias.of == path or alias.of.split("/")[-2:] == path.split("/")[-2:]


def resolve(
    found: Iterable[Reading | Waiting],
    window: Window | None,
    alone: Callable[[Waiting], Reading],
    done: Callable[[Waiting, Reading], Reading],
) -> list[Reading]:
    """All readings in their order. Should a group not be readable, its files are read `alone`."""
    readings = list(found)
    groups: dict[str, list[int]] = defaultdict(list)
    for index, it in enumerate(readings):
        if isinstance(it, Waiting):
            groups[it.reader.kind].append(index)
    resolved: dict[int, Reading] = {}
    for indices in groups.values():
        waiting = [it for index in indices if isinstance(it := readings[index], Waiting)]
        resolved.update(zip(indices, _read(waiting, window, alone, done), strict=True))
    return [it if isinstance(it, Reading) else resolved[index] for index, it in enumerate(readings)]


def _read(
    waiting: list[Waiting],
    window: Window | None,
    alone: Callable[[Waiting], Reading],
    done: Callable[[Waiting, Reading], Reading],
) -> list[Reading]:
    read_together = waiting[0].reader.read_together
    if read_together is None:
        return [alone(it) for it in waiting]
    try:
        readings = read_together([replace(it.found.file, window=window) for it in waiting])
    except OSError:
        return [alone(it) for it in waiting]
    return [done(it, reading) for it, reading in zip(waiting, readings, strict=True)]
