"""What can be done at once about a small backlog."""

from __future__ import annotations

import pytest
from msgspec import structs

from tests.making import case, host, listener, log_input, request, snapshot
from why502.model.evidence import Source
from why502.ranking import judge_case

FIX = "sudo why502 fix backlog --port 8080 --to 128"


@pytest.mark.parametrize(("backlog", "commands"), [(1, [FIX]), (128, [])])
def test_a_small_backlog_is_raised_at_once_as_far_as_the_namespace_allows(backlog: int, commands: list[str]) -> None:
    """Its somaxconn is 128; an ample queue needs nothing."""
    looks = (
        snapshot(99.0, listener(backlog=backlog, drops=0)),
        snapshot(101.0, listener(backlog=backlog, drops=9), overflows=9),
    )
    given = structs.replace(case(request()), inputs=(log_input(), log_input(2, Source.HOST)), hosts=(host(*looks),))
    verdict = judge_case(given, 0.0).document.verdicts[0]
    assert verdict.cause == "accept-queue-overflow"
    found = [remedy for remedy in verdict.remedies if remedy.command and "fix backlog" in remedy.command]
    assert [remedy.command for remedy in found] == commands
    assert not any(remedy.permanent for remedy in found)
