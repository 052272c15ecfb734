"""The blocks of a log, worked on by as many threads as there are processors."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, TypeVar

from why502.engine.blocks import BLOCK_BYTES, Block, blocks
from why502.engine.cutting import Desk
from why502.engine.handing_over import handed_over_soon

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from concurrent.futures import Future
    from typing import BinaryIO

    import numpy as np
    from numpy.typing import NDArray

    Made = TypeVar("Made")
    Job = Callable[[Block, Desk], Made]

WORKERS: Final = max(1, min(4, os.cpu_count() or 1))

READ_AHEAD: Final = 2


def worked(stream: BinaryIO, next_job: Callable[[], Job[Made]]) -> Generator[Made, None, None]:
    """What the jobs make of every block of the stream, in order, each valid until the next one is asked for.

    One thread reads and inflates ahead while others work; at most `READ_AHEAD` + `WORKERS` + 1 blocks are in memory.
    `next_job` is asked when a block is handed to a worker: when all but the `WORKERS` blocks before have been given.
    """
    spare: list[NDArray[np.uint8]] = []
    desks = [Desk() for _ in range(WORKERS + 1)]
    source = blocks(stream, BLOCK_BYTES, spare)
    working: deque[tuple[Block, Desk, Future[Made]]] = deque()

    def given() -> Iterator[Made]:
        """Memory is used again when the block is through."""
        block, desk, work = working.popleft()
        yield work.result()
        spare.append(block.data)
        desks.append(desk)

    with handed_over_soon(), ThreadPoolExecutor(1, "read") as reader, ThreadPoolExecutor(WORKERS, "work") as pool:
        reading = deque(reader.submit(next, source, None) for _ in range(READ_AHEAD))
        while (block := reading.popleft().result()) is not None:
            reading.append(reader.submit(next, source, None))
            desk = desks.pop()
            working.append((block, desk, pool.submit(next_job(), block, desk)))
            if len(working) > WORKERS:
                yield from given()
        while working:
            yield from given()
