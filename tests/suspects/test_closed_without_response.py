from __future__ import annotations

import pytest

from tests.facts.test_idleness import scene_of
from tests.facts.test_survivors import ended
from tests.making import conversation
from why502.model.conversations import Conversation, Outcome
from why502.suspects.closed_without_response import judge
from why502.suspects.interface import Weighed


def closed(at_s: float, exchanges: int) -> Conversation:
    """Ended by the target without an answer, after so many that it gave."""
    return conversation(
        at_s,
        Outcome.CLOSED_BEFORE_ANSWER,
        first_s=at_s - 3.0,
        opened=True,
        exchanges=exchanges,
        fin_by_target_s=at_s,
        idle_before_request_s=1.0 + at_s / 10 if exchanges else None,
    )


@pytest.mark.parametrize(("exchanges", "speaks"), [((0, 0, 3), True), ((0, 3, 3), False), ((3,), False)])
def test_survivors_clear_a_crash_but_tell_no_race_from_a_handler(exchanges: tuple[int, ...], speaks: bool) -> None:
    """A process that lives on also closes idle connections: only failures on new ones show that this was no race."""
    failed = [closed(20.0 + 3 * n, served) for n, served in enumerate(exchanges)]
    weighed = judge(scene_of(*failed, ended(90.0, 60.0), ended(91.0, 61.0), ended(92.0, 62.0), ended(93.0, 63.0)))
    assert isinstance(weighed, Weighed)
    assert any("the process lived" in e.text and e.bits > 0 for e in weighed.evidence) is speaks
