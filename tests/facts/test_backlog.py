from __future__ import annotations

import pytest

from why502.facts.backlog import Level, is_first_digit, judge_backlog
from why502.model.host import Listener, Namespace


def _listener(backlog: int = 128, *, queue_len: int = 0, drops: int | None = 0, peak: int | None = None) -> Listener:
    return Listener("0.0.0.0:80", 1, 5, backlog, queue_len, drops, peak)


@pytest.mark.parametrize(
    ("listener", "drops_grown", "overflows_grown", "level"),
    [
        (_listener(), None, None, Level.FINE),
        (_listener(), 0, 0, Level.FINE),
        (_listener(15), 0, 0, Level.TOO_SMALL),
        (_listener(16), 0, 0, Level.FINE),
        (_listener(0), 0, 0, Level.TOO_SMALL),
        (_listener(1, drops=7), 3, 3, Level.DROPPING),
        (_listener(4096, drops=7), 3, 3, Level.DROPPING),
        (_listener(4096, drops=7), 3, 0, Level.DROPPED),
        (_listener(4096, drops=7), 3, None, Level.DROPPED),
        (_listener(4096, drops=7), 0, 50, Level.DROPPED),
        (_listener(128, queue_len=128), 0, 0, Level.FINE),
        (_listener(128, queue_len=129), 0, 0, Level.FULL),
        (_listener(128, peak=129), 0, 0, Level.FULL),
        (_listener(drops=None), None, None, Level.FINE),
    ],
)
def test_levels(listener: Listener, drops_grown: int | None, overflows_grown: int | None, level: Level) -> None:
    """Growing drops convict only together with overflows of that namespace; the queue holds backlog + 1."""
    assert judge_backlog(listener, drops_grown=drops_grown, overflows_grown=overflows_grown).level is level


@pytest.mark.parametrize(
    ("backlog", "somaxconn", "expected"),
    [(1, 128, True), (4, 4096, True), (12, 128, False), (5, 128, False), (9, 9, False), (1, None, False)],
)
def test_first_digit_of_somaxconn(backlog: int, somaxconn: int | None, expected: bool) -> None:
    """The signature of a limit that was read one character short."""
    assert is_first_digit(backlog, somaxconn) is expected


def test_the_sentence_names_the_numbers() -> None:
    """Backlog, room, drops, and the signature."""
    risk = judge_backlog(_listener(1, drops=7), Namespace(1, somaxconn=128), drops_grown=3, overflows_grown=4)
    assert risk.first_digit
    assert risk.why == (
        "turned connections away 3 times while watched: its accept queue holds 2 (backlog 1); "
        "1 is the first digit of somaxconn 128"
    )


def test_badness_is_in_the_order_of_the_list() -> None:
    """The table is sorted by it."""
    assert [level.badness for level in Level] == [4, 3, 2, 1, 0]
