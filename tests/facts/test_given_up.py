from __future__ import annotations

from tests.making import conversation, request
from why502.facts.failures import failures
from why502.facts.given_up import given_up_connects
from why502.facts.traffic import summarise as traffic_of
from why502.facts.wire import summarise as wire_of
from why502.model.conversations import Conversation, Outcome
from why502.model.requests import Manner, Phase, Request


def silent(begun_s: float) -> Conversation:
    """Two SYNs, a second apart; its proxy gave up before the third."""
    return conversation(
        begun_s,
        Outcome.SYN_UNANSWERED,
        syn_s=(begun_s, begun_s + 1.0),
        first_s=begun_s,
        last_s=begun_s + 1.0,
        end_s=None,
    )


def given_up(at_s: float, **fields: object) -> Request:
    """A line without durations, written as the connect timed out."""
    told = {"phase": Phase.CONNECT, "manner": Manner.TIMEOUT, "start_s": None, "connect_s": None, "wait_s": None}
    return request(at_s, **(told | {"total_s": None} | fields))


def test_the_first_to_begin_was_given_up_first() -> None:
    """Each second one fails: the nearest in time is the connect that began a second later."""
    logged = traffic_of([given_up(103.0 + n) for n in range(5)]).failures
    syns = [silent(100.0 + n) for n in range(5)]
    found = given_up_connects(logged, syns)
    assert [found[n].conversation.syn_s[0] for n in range(5)] == [100.0, 101.0, 102.0, 103.0, 104.0]


def test_each_is_one_failure() -> None:
    """None is left over at either end of the outage."""
    lines, syns = [given_up(103.0 + n / 10) for n in range(50)], [silent(100.0 + n / 10) for n in range(50)]
    assert len(failures(traffic_of(lines), wire_of(syns))) == 50


def test_nobody_gives_up_after_the_next_syn_was_due() -> None:
    """Nor before the first one; and who says how long it took is joined by that."""
    (line,) = traffic_of([given_up(103.0)]).failures
    assert given_up_connects([line], [silent(99.0), silent(104.5)]) == {}
    (timed,) = traffic_of([given_up(103.0, start_s=100.0)]).failures
    assert given_up_connects([timed], [silent(100.0)]) == {}
