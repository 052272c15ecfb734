from __future__ import annotations

import struct

import pytest
from msgspec import structs

from tests.making import conversation
from tests.sources.captures.making import RST, SYN, Talk, packet, pcap, read
from tests.sources.captures.test_tunnels import RECORDED
from why502.diagnosis import assemble
from why502.facts.wire import summarise
from why502.model.conversations import Conversation, Outcome
from why502.model.details import End
from why502.model.evidence import Place
from why502.model.wire import Counted, Wire

REFUSED_PORT = 8404


def halves(from_proxy: bool) -> bytes:
    """One direction of a recording through VLAN tags: EtherType at 12 and 16, ports at 38."""
    content = (RECORDED / "vlan.pcap").read_bytes()
    kept, at = [content[:24]], 24
    while at < len(content):
        end = at + 16 + struct.unpack_from("<I", content, at + 8)[0]
        frame = content[at + 16 : end]
        if frame[16:18] == b"\x08\0":
            sender, receiver = struct.unpack_from("!HH", frame, 38)
            if (sender > receiver) is from_proxy:
                kept.append(content[at:end])
        at = end
    return b"".join(kept)


def wire(content: bytes) -> Wire:
    found = assemble([read(content)]).wire
    assert found is not None
    return found


@pytest.mark.parametrize(("from_proxy", "lacks"), [(True, End.TARGET), (False, End.PROXY)])
def test_one_direction_of_a_recording_proves_no_failure(from_proxy: bool, lacks: End) -> None:
    """Not even the refused one, of which there is nothing but a SYN, or nothing but a RST; and it is said why."""
    found = wire(halves(from_proxy))
    assert [o for target in found.targets for o in target.outcomes if o.failed] == []
    assert found.one_sided == {"10.9.8.2": lacks}


def test_both_directions_are_whole() -> None:
    found = wire((RECORDED / "vlan.pcap").read_bytes())
    assert found.one_sided == {}
    assert sum(target.outcomes.get(Outcome.REFUSED, 0) for target in found.targets) == 1


def silent(number: int) -> Conversation:
    return conversation(
        5.0 + number, Outcome.SYN_UNANSWERED, at=Place("capture.pcap", number, mark="#"), packets=2,
        opener=f"10.0.0.1:{number}", packets_received=0, syn_s=(1.0, 2.0),
    )  # fmt: skip


TALKED = structs.replace(silent(1), outcome=Outcome.PARTIAL, packets=6, bytes_sent=100)
SERVED = structs.replace(TALKED, outcome=Outcome.ANSWERED, packets_received=3)


def outcomes(*conversations: Conversation, counted: tuple[Counted, ...] = ()) -> dict[Outcome, int]:
    (target,) = summarise(conversations, counted).targets
    return target.outcomes


def test_a_target_that_is_heard_elsewhere_was_silent() -> None:
    """One answer, told or counted, shows that its packets pass here; so does one alone that was cut by hand."""
    assert outcomes(silent(2), TALKED, SERVED)[Outcome.SYN_UNANSWERED] == 1
    assert outcomes(silent(2), TALKED)[Outcome.SYN_UNANSWERED] == 1
    answered = Counted("10.0.0.7:8080", {Outcome.ANSWERED: 1}, 1.0, 2.0, capture="capture.pcap")
    assert outcomes(silent(2), TALKED, TALKED, counted=(answered,))[Outcome.SYN_UNANSWERED] == 1
    assert outcomes(silent(2), TALKED, TALKED) == {Outcome.PARTIAL: 3}


def test_those_that_were_only_counted_are_doubted_as_well() -> None:
    syns = Counted("10.0.0.7:8080", {Outcome.SYN_UNANSWERED: 7}, 1.0, 2.0, capture="capture.pcap")
    assert outcomes(TALKED, TALKED, counted=(syns,)) == {Outcome.PARTIAL: 9}


def test_silence_alone_is_no_sign_of_one_direction() -> None:
    """A target that is down answers no SYN of anybody."""
    packets = [(at_s, packet(True, 99, 0, SYN)) for at_s in (1.0, 2.0, 4.0)]
    found = wire(pcap(packets))
    assert found.targets[0].outcomes == {Outcome.SYN_UNANSWERED: 1}
    assert found.one_sided == {}


def test_an_opener_that_leaves_has_not_talked() -> None:
    """SYN and RST: no data, which would need a SYN-ACK."""
    talk = Talk()
    talk.send(1.0, True, SYN)
    talk.send(2.0, True, RST)
    assert wire(pcap(talk.packets)).one_sided == {}
