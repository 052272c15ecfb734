"""Connections opened in advance that were forgotten together with others which had served."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.facts.test_idleness import scene_of
from tests.making import conversation
from why502.facts.forgotten import forgotten_with
from why502.facts.handshakes import handshakes
from why502.model.conversations import Outcome

if TYPE_CHECKING:
    from why502.facts.scene import Scene
    from why502.model.conversations import Conversation


def reset(at_s: float, outcome: Outcome, idle_s: float | None, **fields: Any) -> Conversation:
    """By a kernel that did not know it."""
    return conversation(at_s, outcome, idle_before_request_s=idle_s, reset_by_target=True, reset_bare=True, **fields)


def stale(at_s: float, idle_s: float, **fields: Any) -> Conversation:
    return reset(at_s, Outcome.STALE, idle_s, exchanges=3, **fields)


def new(at_s: float, idle_s: float | None) -> Conversation:
    return reset(at_s, Outcome.RESET_UNACKNOWLEDGED, idle_s)


def told(scene: Scene) -> tuple[int, int]:
    """Those forgotten together with others, and the resets of new connections that nothing explains."""
    assert scene.wire is not None
    return len(forgotten_with(scene.wire, scene.wire.failed)), handshakes(scene.wire).unknown_resets


def test_what_stood_unused_was_forgotten_with_what_had_served() -> None:
    assert told(scene_of(stale(20.0, 0.4), new(20.1, 0.5))) == (1, 0)


def test_alone_it_is_a_new_connection_that_the_kernel_did_not_know() -> None:
    assert told(scene_of(new(20.0, 0.5))) == (0, 1)


def test_what_was_used_at_once_was_not_forgotten() -> None:
    """A full queue resets it so, whatever became of others meanwhile."""
    assert told(scene_of(stale(20.0, 600.0), new(19.0, None))) == (0, 1)


def test_another_time_is_another_event() -> None:
    assert told(scene_of(stale(20.0, 0.4), new(40.0, 0.5))) == (0, 1)


def test_silence_tells_of_no_kernel_that_forgot() -> None:
    """The path may have been gone, and a queue full beside that."""
    silent = conversation(20.0, Outcome.STALE, idle_before_request_s=0.4)
    assert told(scene_of(silent, new(20.1, 0.5))) == (0, 1)
