"""Pieces and recordings for the tests of the second look."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.sources.captures.making import conversations
from why502.model.details import ConversationDetail, End
from why502.sources.captures import read_capture
from why502.sources.captures.detail.pieces import Piece
from why502.sources.captures.detail.streams import Part
from why502.sources.interface import EvidenceFile

if TYPE_CHECKING:
    from why502.model.conversations import Conversation

RECORDED = Path(__file__).parent / "recorded"


def recorded(name: str, folder: Path = RECORDED) -> list[Conversation]:
    path = folder / f"{name}.pcap"
    return conversations(read_capture(EvidenceFile(path.name, lambda: path.open("rb"))))


def detail(conversation: Conversation) -> ConversationDetail:
    assert conversation.detail is not None
    return conversation.detail


def piece(sender: End = End.PROXY, seq: int = 1, payload: bytes = b"", **fields: Any) -> Piece:
    made: dict[str, Any] = {
        "number": 1,
        "at_s": 0.0,
        "sender": sender,
        "flags": 16,
        "seq": seq,
        "ack": 0,
        "payload_bytes": len(payload),
        "payload": payload,
        "window": 1000,
        "ip_id": 1,
        "continues": False,
    }
    return Piece(**{**made, **fields})


def part(data: bytes, sender: End = End.PROXY, missing_bytes: int = 0, at_s: float = 0.0) -> Part:
    return Part(piece(sender, payload=data, at_s=at_s), data, missing_bytes)
