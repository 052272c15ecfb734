from __future__ import annotations

import socket

from hypothesis import given
from hypothesis import strategies as st

from why502.lab.servers.names import answer

QUERY = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03api\x07example\x00\x00\x01\x00\x01"


def test_known_name_has_an_address() -> None:
    """The question is repeated, one A record follows, with the asker's number."""
    said = answer(QUERY, "10.50.2.2", knows=True)
    assert said[:4] == b"\x12\x34\x81\x80"
    assert said.endswith(socket.inet_aton("10.50.2.2"))
    assert QUERY[12:] in said


def test_forgotten_name_does_not_exist() -> None:
    """NXDOMAIN, without a record."""
    said = answer(QUERY, "10.50.2.2", knows=False)
    assert said[3] & 0x0F == 3
    assert len(said) == len(QUERY)


@given(st.binary(max_size=40))
def test_any_question_is_answered_in_bounded_size(rest: bytes) -> None:
    """Whatever follows the header, as long as a name ends somewhere."""
    assert len(answer(QUERY[:12] + rest + b"\0", "10.50.2.2", knows=True)) <= 12 + len(rest) + 5 + 16
