from __future__ import annotations

import io
import sys
from functools import partial
from itertools import count, pairwise
from typing import TYPE_CHECKING

import pytest

from why502.engine.working import WORKERS, worked

if TYPE_CHECKING:
    from why502.engine.blocks import Block
    from why502.engine.cutting import Desk

LINES = [b"line %d" % number for number in range(5000)]


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("why502.engine.working.BLOCK_BYTES", 1000)


def content() -> io.BytesIO:
    return io.BytesIO(b"\n".join(LINES))


def test_every_block_is_given_in_order() -> None:
    """With the place of its lines in the file, and the memory of blocks that are through is used again."""

    def whole(block: Block, _: Desk) -> tuple[int, int, bytes]:
        return block.lines_before, block.lines, block.line(0, block.size)

    made = list(worked(content(), lambda: whole))
    assert b"".join(text for _, _, text in made).split(b"\n")[:-1] == LINES
    assert made[0][0] == 0
    assert all(after == before + lines for (before, lines, _), (after, _, _) in pairwise(made))


def test_a_job_is_asked_for_when_few_are_under_way() -> None:
    """What it is told of the blocks before lags by no more than those that are worked on, and always alike."""
    asked = count()
    through: list[int] = []

    def job(number: int, seen: int, _block: Block, _desk: Desk) -> tuple[int, int]:
        return number, seen

    for number, seen in worked(content(), lambda: partial(job, next(asked), len(through))):
        assert seen == max(0, number - WORKERS)
        through.append(number)
    assert through == list(range(len(through)))


def test_an_error_of_a_worker_is_raised() -> None:
    """It ends the reading."""

    def fail(_block: Block, _desk: Desk) -> None:
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        list(worked(content(), lambda: fail))


def test_threads_hand_over_sooner_while_blocks_are_worked_on() -> None:
    """And as before when they are through, or nobody asks for more."""
    before_s = sys.getswitchinterval()
    for _ in worked(content(), lambda: lambda _block, _desk: None):
        assert sys.getswitchinterval() < before_s
    assert sys.getswitchinterval() == before_s
    left = worked(content(), lambda: lambda _block, _desk: None)
    next(left)
    left.close()
    assert sys.getswitchinterval() == before_s
