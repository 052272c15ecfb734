from __future__ import annotations

from tests.facts.test_idleness import scene_of, used
from tests.making import conversation
from why502.facts.unheard import unheard
from why502.model.conversations import Conversation, Outcome
from why502.model.details import ConversationDetail, End, Packet


def packet(at_s: float, sender: End, flags: str = "ACK", payload_bytes: int = 0, seq: int = 0) -> Packet:
    return Packet(1, at_s, sender, flags, payload_bytes, seq=seq)


def left(at_s: float, *packets: Packet) -> Conversation:
    """The request was acknowledged, the proxy gave up 3 s later."""
    return conversation(
        at_s, Outcome.NOT_ANSWERED, request_s=at_s - 3.0, first_s=at_s - 3.1, detail=ConversationDetail(packets=packets)
    )


def test_a_kernel_acknowledges_a_close_whatever_its_programs_do() -> None:
    """FIN sent again and again without a word: packets are lost. Acknowledged: somebody is slow."""
    fins = [packet(10.0 + after, End.PROXY, "FIN, ACK", seq=5) for after in (0.0, 0.2, 0.6, 1.4)]
    assert unheard(scene_of(left(10.0, *fins))).closes == 1
    assert unheard(scene_of(left(10.0, fins[0], packet(10.01, End.TARGET)))).closes == 0


def test_repeats_that_were_answered_in_between_are_no_loss() -> None:
    """Three FINs count only if nothing of the target came between them."""
    fins = [packet(10.0 + after, End.PROXY, "FIN, ACK", seq=5) for after in (0.0, 0.2, 0.6)]
    assert unheard(scene_of(left(10.0, fins[0], packet(10.1, End.TARGET), *fins[1:]))).closes == 0


def test_the_end_of_an_answer_without_its_beginning_is_a_hole() -> None:
    """Bytes 1000 to 2448 of the target are missing: only the small last segment passed."""
    before = packet(5.0, End.TARGET, "PSH, ACK", 500, seq=500)
    late = packet(8.0, End.TARGET, "PSH, ACK", 120, seq=2448)
    whole = packet(7.9, End.TARGET, "ACK", 1448, seq=1000)
    assert unheard(scene_of(left(10.0, before, late))).holes == 1
    assert unheard(scene_of(left(10.0, before, whole, late))).holes == 0


def test_used_and_new_connections_that_fall_silent_together() -> None:
    """A fail-over silences the used ones alone, a slow program acknowledges all of them."""
    stale = used(10.0, Outcome.STALE, 0.3)
    new = left(12.0)
    both = unheard(scene_of(stale, new))
    assert (both.dead, both.alive) == (1, 1)
    assert unheard(scene_of(stale)).dead == 0
    assert unheard(scene_of(stale, left(500.0))).dead == 0
