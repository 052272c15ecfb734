"""Files that only tell everything when they are read together, such as the captures of one ring."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from why502.sources.interface import Reader, Reading
from why502.sources.opening import Found

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from why502.model.case import Window


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file that is read when all have been found."""

    reader: Reader
    found: Found


def waits(reader: Reader, found: Found) -> bool:
    """Members of archives cannot wait: they lie in one place, one after the other."""
    return reader.read_together is not None and found.identity is not None


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
