"""TLS records (RFC 8446, RFC 5246): how far a handshake came, and who broke it off."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from why502.model.details import End, Protocol, Tls
from why502.sources.captures.detail.records import Record, Records

if TYPE_CHECKING:
    from why502.sources.captures.detail.streams import Part

_CHANGE_CIPHER, _ALERT, _HANDSHAKE, _DATA = 20, 21, 22, 23
_CLIENT_HELLO, _SERVER_HELLO = 1, 2
_MESSAGES: Final = {
    _CLIENT_HELLO: "ClientHello",
    _SERVER_HELLO: "ServerHello",
    11: "Certificate",
    14: "ServerHelloDone",
}
_MAX_BODY_BYTES = (1 << 14) + 2048
"""Of a TLS 1.2 record (RFC 5246, 6.2.3); TLS 1.3 allows less."""

ENCRYPTED_ALERT_BYTES: Final = 19
"""Two bytes, the content type and a tag of 16 bytes (RFC 8446, 5.2). A Finished has 53 at least."""
PLAIN_ALERT_BYTES: Final = 7
"""Head of the record, level, description."""
AT_ONCE_S: Final = 0.2
"""A certificate is refused as soon as it was read; what comes later can be a close_notify, which looks the same."""
_NAMES: Final = {
    10: "unexpected-message",
    20: "bad-record-mac",
    22: "record-overflow",
    40: "handshake-failure",
    42: "bad-certificate",
    43: "unsupported-certificate",
    44: "certificate-revoked",
    45: "certificate-expired",
    46: "certificate-unknown",
    47: "illegal-parameter",
    48: "unknown-ca",
    49: "access-denied",
    50: "decode-error",
    51: "decrypt-error",
    70: "protocol-version",
    71: "insufficient-security",
    80: "internal-error",
    86: "inappropriate-fallback",
    109: "missing-extension",
    110: "unsupported-extension",
    112: "unrecognized-name",
    113: "bad-certificate-status-response",
    115: "unknown-psk-identity",
    116: "certificate-required",
    120: "no-application-protocol",
}
"""RFC 8446, section 6."""
_FAREWELLS: Final = {0, 90}
"""close_notify and user_canceled end a connection; they are no errors."""


def speaks_tls(begin: bytes) -> bool:
    """Whether these are the first bytes of a ClientHello."""
    return len(begin) >= 3 and begin[0] == _HANDSHAKE and begin[1] == 3 and begin[2] <= 4


def speaks_tls_alert(begin: bytes) -> bool:
    """Whether these are the first bytes of an alert."""
    return len(begin) >= 3 and begin[0] == _ALERT and begin[1] == 3 and begin[2] <= 4


def alert_name(body: bytes) -> str | None:
    """Of a plain alert that breaks off; None for a farewell."""
    return None if body[1] in _FAREWELLS else _NAMES.get(body[1], f"alert-{body[1]}")


def _is_plain_alert(part: Part) -> bool:
    """A segment that is one alert in the clear and nothing else: it can be told even where the records before it were
    not captured whole, as it begins a record.
    """
    data = part.data
    whole = len(data) == part.piece.payload_bytes == PLAIN_ALERT_BYTES and not part.missing_bytes
    return whole and speaks_tls_alert(data) and data[3:5] == b"\x00\x02" and data[5] in (1, 2)


def _measure(head: bytes) -> int | None:
    length = head[3] << 8 | head[4]
    known = _CHANGE_CIPHER <= head[0] <= _DATA + 1 and head[1] == 3 and length <= _MAX_BODY_BYTES
    return length if known else None


@dataclass(slots=True)
class _Side:
    """What one end sent."""

    records: Records = field(default_factory=lambda: Records(5, _measure))
    hello: bool = False
    ciphered: bool = False
    """It sent ChangeCipherSpec or encrypted records: from then on contents are hidden."""
    finished: bool = False
    """TLS 1.2: an encrypted handshake message, which can only be its Finished."""
    encrypted: int = 0
    """Records of encrypted application data; in TLS 1.3 everything from the Finished on looks so."""
    in_turn: int = 0
    """Records since the other end sent something."""
    farewell: bool = False
    """In this turn it sent nothing but one record as short as an alert: after the handshake, its close_notify."""


@dataclass(slots=True)
class TlsDissector:
    """Both directions of one conversation."""

    protocol: Protocol = Protocol.TLS
    sides: dict[End, _Side] = field(default_factory=lambda: {End.PROXY: _Side(), End.TARGET: _Side()})
    alert: str | None = None
    alert_by: End | None = None
    plain_answer: bool = False
    decided: int | None = None
    """Packet with the alert, or with the answer that is not TLS."""
    finished_s: float = 0.0
    """When the proxy's first encrypted record came."""
    answers: int = 0
    """Encrypted records of the target after the proxy's Finished and first data."""

    def feed(self, part: Part) -> str:
        """Takes the next bytes; answers with what they are, for the ladder."""
        sender = part.piece.sender
        side = self.sides[sender]
        self.sides[End.TARGET if sender is End.PROXY else End.PROXY].in_turn = 0
        if side.records.lost and _is_plain_alert(part):
            return self._alerted(sender, alert_name(part.data[5:]), part.piece.number)
        records = side.records.feed(part.data, part.missing_bytes)
        notes = [self._record(sender, record, part) for record in records]
        if sender is End.TARGET and side.records.foreign and not side.hello and not self.plain_answer:
            self.plain_answer, self.decided = True, part.piece.number
            return "not TLS"
        return ", ".join(dict.fromkeys(note for note in notes if note))

    def _record(self, sender: End, record: Record, part: Part) -> str:
        side, kind = self.sides[sender], record.head[0]
        side.in_turn += 1
        # Right behind its Finished, the connection is left unused.
        alone = side.in_turn == 1 or side.encrypted == 1
        short = kind == _ALERT or (kind == _DATA and record.body_bytes == ENCRYPTED_ALERT_BYTES)
        side.farewell = alone and short
        if kind == _CHANGE_CIPHER:
            side.ciphered = True
        elif kind == _ALERT and record.body_bytes == len(record.body) == 2:
            return self._alerted(sender, alert_name(record.body), part.piece.number)
        elif kind == _HANDSHAKE and side.ciphered:
            side.finished = True
        elif kind == _HANDSHAKE and record.body:
            side.hello |= record.body[0] in (_CLIENT_HELLO, _SERVER_HELLO)
            return _MESSAGES.get(record.body[0], "handshake")
        elif kind == _DATA:
            return self._encrypted(sender, record, part)
        return ""

    def _alerted(self, sender: End, name: str | None, number: int) -> str:
        if name is None:
            return "close_notify"
        if self.alert is None:
            self.alert, self.alert_by, self.decided = name, sender, number
        return f"alert {name}"

    def _encrypted(self, sender: End, record: Record, part: Part) -> str:
        """TLS 1.3: the proxy's first encrypted record is its Finished, unless it is as short as an alert.

        And if the target's first record after the proxy's first data is so short, and comes at once, it is no
        answer: that is how a certificate of the proxy is refused (RFC 8446, 4.4.2.4).
        """
        side, proxy = self.sides[sender], self.sides[End.PROXY]
        side.ciphered = True
        side.encrypted += 1
        first = side.encrypted == 1
        if sender is End.PROXY and first:
            self.finished_s = part.piece.at_s
        if sender is End.TARGET:
            self.answers += proxy.encrypted >= 2
            first = self.answers == 1 and part.piece.at_s - self.finished_s < AT_ONCE_S
        if first and record.body_bytes == ENCRYPTED_ALERT_BYTES and not proxy.finished:
            return self._alerted(sender, "encrypted", part.piece.number)
        return "encrypted"

    @property
    def proxy_took_leave(self) -> bool:
        """What the proxy sent last is no request: a close_notify (RFC 8446, 6.1), which no request is as short as."""
        proxy = self.sides[End.PROXY]
        # Its Finished comes first, and it sends none before it took the target's (TLS 1.3) or as its own last word.
        ready = proxy.finished or proxy.encrypted > 1
        return ready and proxy.farewell and self.alert is None and not proxy.records.lost

    @property
    def told(self) -> Tls:
        proxy, target = self.sides[End.PROXY], self.sides[End.TARGET]
        done = (proxy.finished and target.finished) or bool(proxy.encrypted and target.encrypted)
        unknown = not done and self.alert is None and (proxy.records.lost or target.records.lost)
        return Tls(
            server_hello=target.hello,
            established=None if unknown and not self.plain_answer else done and self.alert is None,
            alert=self.alert,
            alert_by=self.alert_by,
            plain_answer=self.plain_answer,
        )
