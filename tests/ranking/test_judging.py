from __future__ import annotations

import random
from typing import TYPE_CHECKING

import msgspec
import pytest

from tests.making import case, conversation, fault, request, served
from why502.facts.wire import summarise
from why502.model.case import Case
from why502.model.conversations import Outcome
from why502.model.evidence import Place, Source
from why502.model.requests import Manner, Phase, Side
from why502.ranking import judge_case
from why502.suspects import all_suspects
from why502.suspects.interface import CannotTell, DoesNotApply, Kind, Suspect

if TYPE_CHECKING:
    from why502.facts.scene import Scene
    from why502.suspects.interface import Judgement

CAUSES = [
    "accept-queue-overflow",
    "acceptor-stalled",
    "backlog-too-small",
    "client-gave-up",
    "closed-without-response",
    "connection-refused",
    "conntrack-full",
    "cpu-saturated",
    "crash-loop",
    "deployment",
    "descriptors-exhausted",
    "health-checks-failing",
    "http2-goaway-race",
    "idle-timeout-too-short",
    "keepalive-race",
    "malformed-response",
    "memory-exhausted",
    "name-not-resolved",
    "no-usable-target",
    "oom-killed",
    "packets-dropped",
    "path-mtu-black-hole",
    "ports-exhausted",
    "proxy-exhausted",
    "response-headers-too-large",
    "response-truncated",
    "stale-connection",
    "target-answered-5xx",
    "target-crashed",
    "target-restarted",
    "target-too-slow",
    "target-unreachable",
    "tls-handshake-failed",
    "worker-pool-exhausted",
]
"""Every cause that has a name; dropping one is a change of the contract."""


def test_probabilities_of_exclusive_faults_add_up_with_none_of_these() -> None:
    """No evidence, no certainty: with 0 bits the priors decide, and none-of-these keeps its share."""
    document = judge_case(case(request()), 0.0, [fault("a", 0.0), fault("b", 0.0)]).document
    a, b = (next(s.probability for s in document.suspects if s.cause == name) for name in "ab")
    assert a == b
    assert a is not None
    assert a < 0.5
    assert document.verdicts == ()


def test_ten_bits_name_the_cause() -> None:
    """Evidence a thousand times likelier under one suspect names it."""
    document = judge_case(case(request()), 0.0, [fault("a", 10.0), fault("b", 0.0)]).document
    assert [v.cause for v in document.verdicts] == ["a"]
    assert document.verdicts[0].probability > 0.95


def test_a_ceiling_bounds_what_one_source_can_say() -> None:
    """A log alone cannot convict a suspect whose ceiling for logs is 1 bit, however loud it is."""
    loud = fault("a", 20.0, prior=0.02, ceiling_bits={Source.ACCESS_LOG: 1.0})
    document = judge_case(case(request()), 0.0, [loud]).document
    assert document.verdicts == ()


def test_a_judge_that_crashes_is_shown_and_never_cleared() -> None:
    """A defect of why502 stands beside the verdict."""

    def crash(_: Scene) -> Judgement:
        raise ZeroDivisionError("boom")

    broken = Suspect(name="broken", kind=Kind.FAULT, title="", prior=0.1, judge=crash)
    diagnosis = judge_case(case(request()), 0.0, [broken, fault("a", 10.0)])
    line = next(s for s in diagnosis.document.suspects if s.cause == "broken")
    assert line.status == "not-examined"
    assert "boom" in diagnosis.defects[0]


def test_not_looking_is_not_clearing() -> None:
    """CannotTell stays not-examined with what is missing; DoesNotApply says why."""

    def blind(_: Scene) -> Judgement:
        return CannotTell((Source.CAPTURE,), "no capture")

    def alien(_: Scene) -> Judgement:
        return DoesNotApply("other phase")

    suspects = [
        Suspect(name="blind", kind=Kind.FAULT, title="", prior=0.1, judge=blind),
        Suspect(name="alien", kind=Kind.FAULT, title="", prior=0.1, judge=alien),
    ]
    lines = {s.cause: s for s in judge_case(case(request()), 0.0, suspects).document.suspects}
    assert lines["blind"].status == "not-examined"
    assert lines["blind"].missing == ("capture",)
    assert lines["alien"].status == "not-applicable"


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_suspects_never_changes_a_verdict(seed: int) -> None:
    """Shuffled suspects, the same document."""
    suspects = all_suspects()
    mixed = case(
        *(request(100.0 + n) for n in range(5)),
        *(request(300.0 + n, phase=Phase.CONNECT, manner=Manner.TIMEOUT, wait_s=None) for n in range(3)),
        *(served(500.0 + n) for n in range(20)),
    )
    straight = judge_case(mixed, 0.0, suspects)
    shuffled = list(suspects)
    random.Random(seed).shuffle(shuffled)
    assert msgspec.json.encode(judge_case(mixed, 0.0, shuffled)) == msgspec.json.encode(straight)


def test_every_suspect_of_the_design_has_a_line() -> None:
    """Found guilty or not: each is listed, once."""
    lines = [s.cause for s in judge_case(case(request()), 0.0).document.suspects]
    assert sorted(lines) == sorted(s.name for s in all_suspects()) == sorted(CAUSES)


def test_two_faults_at_once_give_two_verdicts() -> None:
    """5xx that the application sent and connects that were refused are told apart, with the right counts."""
    both = case(
        *(request(10.0 + n, side=Side.TARGET, phase=Phase.DONE, manner=Manner.ANSWERED, target_status=500, status=500)
          for n in range(7)),
        *(request(50.0 + n, phase=Phase.CONNECT, manner=Manner.REFUSED, wait_s=None, reason="connect() failed (111)")
          for n in range(3)),
    )  # fmt: skip
    verdicts = judge_case(both, 0.0).document.verdicts
    assert [(v.cause, v.failures) for v in verdicts] == [("target-answered-5xx", 7), ("connection-refused", 3)]


def test_a_status_alone_names_nothing() -> None:
    """A 502 of which nothing else is known has no cause."""
    bare = request(side=None, phase=Phase.UNKNOWN, manner=Manner.UNKNOWN, connect_s=None, wait_s=None, total_s=None)
    document = judge_case(case(*[bare] * 50), 0.0).document
    assert document.verdicts == ()
    assert document.next_steps


def test_nothing_failed_gives_no_verdict_and_no_next_step() -> None:
    """A healthy log is healthy."""
    document = judge_case(case(*(served(float(n)) for n in range(50))), 0.0).document
    assert document.failures.total == 0
    assert document.verdicts == ()
    assert document.next_steps == ()
    assert {s.status for s in document.suspects if s.kind == "fault"} <= {"not-applicable", "not-examined"}


def test_what_one_cluster_took_from_another_is_shown_once() -> None:
    """The resets of some requests speak for a full queue, and as its other face for the connects that timed out."""
    syn = {"syn_s": (200.0, 201.0), "established_s": None, "request_s": None, "end_s": None}
    unanswered = conversation(201.0, Outcome.SYN_UNANSWERED, first_s=200.0, **syn)
    resets = [conversation(at_s, reset_bare=True, decided_at=Place("c.pcap", 7, mark="#")) for at_s in (100.0, 110.0)]
    wire = summarise([*resets, unanswered, *(conversation(300.0 + n, Outcome.ANSWERED) for n in range(3))])
    [found] = judge_case(Case(wire=wire), generated_s=0.0).document.verdicts
    assert (found.cause, found.failures) == ("accept-queue-overflow", 3)
    assert len([e for e in found.evidence if e.at == "c.pcap#7"]) == 1
