from __future__ import annotations

import pytest
from msgspec import structs

from tests.making import conversation
from tests.sources.captures.detail.making import RECORDED, detail, recorded
from tests.sources.captures.detail.recording import TARGET_AHEAD_S
from why502.diagnosis import diagnose
from why502.facts.both_ends import both_ends
from why502.facts.wire import summarise
from why502.model.conversations import Conversation, FarSide, Outcome
from why502.model.evidence import Place
from why502.model.wire import Answered, Counted, Pairing, StatusLine

SCENARIOS = sorted(path.stem for path in RECORDED.glob("both_*.pcap") if "at_target" not in path.stem)


def joined(name: str, *, swapped: bool = False) -> tuple[list[Conversation], Pairing]:
    here, there = recorded(name), recorded(f"{name}_at_target")
    once, (pairing,) = both_ends([*there, *here] if swapped else [*here, *there])
    return once, pairing


def far(conversation: Conversation) -> FarSide:
    assert conversation.far_side is not None
    return conversation.far_side


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("name", SCENARIOS)
def test_two_captures_of_the_same_traffic_count_once(name: str, swapped: bool) -> None:
    """In whatever order they are given; what remains is the proxy's view."""
    once, pairing = joined(name, swapped=swapped)
    assert sorted(once, key=lambda c: c.first_s) == [
        structs.replace(seen, far_side=found.far_side, detail=found.detail)
        for seen, found in zip(recorded(name), sorted(once, key=lambda c: c.first_s), strict=True)
    ]
    assert (pairing.proxy_side, pairing.target_side) == (f"{name}.pcap", f"{name}_at_target.pcap")


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_difference_of_the_clocks_is_told(name: str) -> None:
    """The target's capture was written with a clock that is 2 s ahead; handshakes tell it to a millisecond."""
    _, pairing = joined(name)
    assert pairing.target_clock_ahead_s == pytest.approx(TARGET_AHEAD_S, abs=0.005)


def test_what_arrived_lost_nothing() -> None:
    """The healthy twin."""
    (served,), _ = joined("both_served")
    assert not far(served).lost
    assert not far(served).unanswered
    assert all(p.arrived is not False for p in detail(served).packets)


def test_a_syn_that_was_lost_once() -> None:
    """The first of two SYNs never arrived; the conversation was served all the same."""
    once, _ = joined("both_syn_lost_once")
    assert [far(c).syns_lost for c in once] == [0, 1, 0]
    late = once[1]
    assert (late.outcome, late.notable) == (Outcome.ANSWERED, True)
    assert [p.arrived for p in detail(late).packets if p.flags == "SYN"] == [False, True]


def test_sent_but_never_arrived() -> None:
    """A connect whose SYNs the target's capture, which was running, does not have."""
    once, pairing = joined("both_never_arrived")
    (lost,) = (c for c in once if c.failed)
    assert lost.outcome is Outcome.SYN_UNANSWERED
    assert far(lost).syns_lost == len(lost.syn_s) == 2
    assert not far(lost).unanswered
    assert str(far(lost).at) == "both_never_arrived_at_target.pcap"
    assert all(p.arrived is False for p in detail(lost).packets)
    assert pairing.conversations == 2


def test_a_request_that_was_lost_on_the_way() -> None:
    """The handshake arrived, the request did not: nobody can blame the target for not answering."""
    ((lost),), _ = joined("both_request_lost")
    assert lost.outcome is Outcome.NEVER_ACKNOWLEDGED
    assert far(lost).request_bytes_lost == lost.bytes_sent > 0
    assert not far(lost).unanswered


def test_an_answer_that_was_lost_on_the_way_back() -> None:
    """The target did answer."""
    (lost,), _ = joined("both_answer_lost")
    assert lost.outcome is Outcome.NOT_ANSWERED
    assert far(lost).answer_bytes_lost == 40
    assert not far(lost).unanswered


def test_arrived_but_never_answered() -> None:
    """The target has the whole request, and is silent."""
    (waiting,), _ = joined("both_arrived_unanswered")
    assert waiting.outcome is Outcome.NOT_ANSWERED
    assert far(waiting).unanswered
    assert not far(waiting).lost


def test_the_summary_counts_each_conversation_once() -> None:
    """And says which captures were put together."""
    wire = summarise([*recorded("both_never_arrived"), *recorded("both_never_arrived_at_target")])
    assert wire.conversations == 3
    assert wire.targets[0].outcomes == {Outcome.ANSWERED: 2, Outcome.SYN_UNANSWERED: 1}
    assert len(wire.pairings) == 1


def test_a_diagnosis_of_both_captures_has_the_failures_of_one() -> None:
    """The same failure is never counted twice."""
    names = ("both_never_arrived.pcap", "both_never_arrived_at_target.pcap")
    both = diagnose([str(RECORDED / name) for name in names])
    assert both.document.failures.total == 1


def test_captures_of_different_traffic_are_no_pair() -> None:
    """The same addresses and ports at another time, with another initial sequence number."""
    here = conversation(1.0, opener_isn=1)
    there = conversation(1.0, opener_isn=2, at=Place("other.pcap", 1, mark="#"))
    assert both_ends([here, there]) == ([here, there], ())


def test_the_files_of_a_ring_are_no_pair() -> None:
    """The second file goes on where the first ended: no SYN is in both."""
    begun = [conversation(float(n), opener=f"10.0.0.1:{n}", opener_isn=n) for n in range(1, 5)]
    rest = [
        conversation(float(n) + 10, opener=f"10.0.0.1:{n}", opened=False, at=Place("ring2.pcap", n, mark="#"))
        for n in range(1, 5)
    ]
    assert both_ends([*begun, *rest]) == ([*begun, *rest], ())


def test_a_capture_that_was_not_running_yet_proves_no_loss() -> None:
    """What lies outside of the other capture's time is not judged."""
    early = conversation(1.0, Outcome.SYN_UNANSWERED, opener="10.0.0.1:7", opener_isn=7)
    here = conversation(100.0, opener_isn=1, synack_s=(99.99,))
    there = structs.replace(here, at=Place("other.pcap", 1, mark="#"))
    once, _ = both_ends([early, here, there])
    assert [c.far_side is None for c in once] == [True, False]


def test_conversations_from_before_both_captures_are_matched_by_their_ends() -> None:
    """A pooled connection without a SYN in either."""
    place = Place("other.pcap", 1, mark="#")
    fresh = conversation(100.0, opener_isn=1, synack_s=(99.99,))
    pooled = conversation(100.0, Outcome.RACED, opener="10.0.0.1:9", opened=False, syn_s=())
    once, (pairing,) = both_ends([fresh, pooled, structs.replace(fresh, at=place), structs.replace(pooled, at=place)])
    assert len(once) == pairing.conversations == 2


def test_what_the_target_answered_counts_once_as_well() -> None:
    """As the proxy's capture has it; the other end's counts where the proxy's has nothing."""
    near, far_end = "both_never_arrived.pcap", "both_never_arrived_at_target.pcap"
    told = [c for name in (near, far_end) for c in recorded(name.removesuffix(".pcap"))]
    target = told[0].target

    def seen(name: str, at_s: float) -> Answered:
        return Answered(target, {503: 1}, (StatusLine(Place(name, 9, mark="#"), at_s, "10.9.1.1:1", 503),), name)

    both = summarise(told, (), [seen(far_end, 3.0), seen(near, 1.0)]).target(target)
    assert both is not None
    assert (both.statuses, [e.at.path for e in both.errors]) == ({503: 1}, [near])
    alone = summarise(told, (), [seen(far_end, 3.0)]).target(target)
    assert alone is not None
    assert alone.statuses == {503: 1}


def test_what_was_only_counted_counts_once_as_well() -> None:
    """Of large captures the served are counted; those of the target's end are the same ones."""
    names = ("both_never_arrived.pcap", "both_never_arrived_at_target.pcap")
    served = [Counted("10.9.2.1:80", {Outcome.ANSWERED: 1000}, 1.0, 2.0, capture=name) for name in names]
    wire = summarise([c for name in names for c in recorded(name.removesuffix(".pcap"))], served)
    assert wire.conversations == 1003
