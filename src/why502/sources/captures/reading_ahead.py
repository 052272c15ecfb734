"""The next ones are made while this one is used."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

Item = TypeVar("Item")


def read_ahead(items: Iterator[Item], most: int = 1) -> Iterator[Item]:
    """The same items; while one is in use, up to `most` that follow are made, in a thread of their own.

    That pays where most of the making is machine code, which leaves Python's lock alone. The more there are, the less
    often one thread waits until the other is awake.
    """
    pool = ThreadPoolExecutor(1)
    try:
        coming = deque(pool.submit(next, items, None) for _ in range(most))
        while (item := coming.popleft().result()) is not None:
            coming.append(pool.submit(next, items, None))
            yield item
    finally:
        pool.shutdown(cancel_futures=True)
