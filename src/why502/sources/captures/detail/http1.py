"""Plain HTTP/1: the request and status line of each exchange, and whether the answer came whole."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from why502.model.details import End, Exchange, Protocol
from why502.sources.captures.detail.http1_messages import MAX_HEAD_BYTES, Answers, Message, Requests

if TYPE_CHECKING:
    from why502.sources.captures.detail.streams import Part

MAX_EXCHANGES: Final = 8
"""The last ones; failures end a conversation. And as many of those before them that the target answered with 5xx."""
SERVER_ERROR: Final = 500


@dataclass(slots=True)
class Turn:
    """An exchange in the making."""

    request: Message | None
    answer: Message | None = None


@dataclass(slots=True)
class Http1Dissector:
    """Both directions of one conversation."""

    protocol: Protocol = Protocol.HTTP1
    requests: Requests = field(default_factory=Requests)
    answers: Answers = field(default_factory=Answers)
    turns: deque[Turn] = field(default_factory=lambda: deque(maxlen=MAX_EXCHANGES))
    erring: list[Turn] = field(default_factory=list)
    """Earlier ones with 5xx."""
    broken_at: int | None = None
    """Packet in which the answers stopped being HTTP..."""
    broken_begin: bytes = b""
    """...and how it begins."""

    def feed(self, part: Part) -> str:
        """Takes the next bytes; answers with the messages that begin there, for the ladder."""
        if part.piece.sender is End.PROXY:
            self.requests.feed(part)
            begun, self.requests.begun = self.requests.begun, []
            for message in begun:
                self._add(Turn(message))
        else:
            self.answers.to_head = self._awaits_head
            self.answers.feed(part)
            begun, self.answers.begun = self.answers.begun, []
            for message in begun:
                self._answer(message)
            if self.answers.broken and self.broken_at is None:
                self.broken_at, self.broken_begin = part.piece.number, part.data[:4]
                return "not HTTP"
        return ", ".join(message.line for message in begun if message.line)

    def _add(self, turn: Turn) -> None:
        """The oldest one goes when there are too many."""
        if len(self.turns) == MAX_EXCHANGES and len(self.erring) < MAX_EXCHANGES:
            answer = self.turns[0].answer
            if answer is not None and (answer.status or 0) >= SERVER_ERROR:
                self.erring.append(self.turns[0])
        self.turns.append(turn)

    @property
    def _awaits_head(self) -> bool:
        turn = self._open_turn
        return turn is not None and turn.request is not None and turn.request.line.startswith("HEAD ")

    @property
    def _open_turn(self) -> Turn | None:
        return next((turn for turn in self.turns if turn.answer is None), None)

    def _answer(self, message: Message) -> None:
        """It belongs to the oldest request without one; those with 1xx come before the answer."""
        if message.status is not None and 100 <= message.status < 200 and message.status != 101:
            return
        turn = self._open_turn
        if turn is None:
            turn = Turn(None)
            self._add(turn)
        turn.answer = message

    @property
    def told(self) -> tuple[Exchange, ...]:
        return tuple(self._told(turn) for turn in (*self.erring, *self.turns))

    def _told(self, turn: Turn) -> Exchange:
        request, answer = turn.request, turn.answer
        asked = {"request": (request.line or None) if request else None, "request_s": request.at_s if request else None}
        if answer is None:
            return Exchange(**asked)  # type: ignore[arg-type]
        return Exchange(
            **asked,  # type: ignore[arg-type]
            status=answer.status,
            answer=answer.line or None,
            answer_s=answer.at_s,
            answer_head_bytes=self._head_bytes(answer),
            expected_bytes=answer.expected_bytes,
            received_bytes=answer.body_bytes,
            chunked=answer.chunked,
            complete=self._complete(answer),
        )

    def _head_bytes(self, answer: Message) -> int | None:
        """A head that was cut by the capture (its snapshot length, a lost packet) may be of any size."""
        if answer.headed:
            return answer.head_bytes
        cut = self.answers.lost and answer.fed_bytes <= MAX_HEAD_BYTES
        return None if cut else answer.fed_bytes

    def _complete(self, answer: Message) -> bool | None:
        if answer.complete:
            return True
        bounded = answer.chunked or answer.expected_bytes is not None
        return False if answer.headed and bounded and not self.answers.lost else None
