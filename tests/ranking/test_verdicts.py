"""Remedies as they are printed."""

from __future__ import annotations

import pytest

from tests.making import case, fault, request
from why502.model.verdict import Remedy
from why502.ranking import judge_case


@pytest.mark.parametrize(
    ("target", "command"),
    [
        ("10.0.0.7:8443", "openssl s_client -connect 10.0.0.7:8443"),
        ("[fd00::7]:8443", "openssl s_client -connect [fd00::7]:8443"),
        ("unix:/run/shop.sock", "openssl s_client -connect ADDRESS:PORT"),
        (None, "openssl s_client -connect ADDRESS:PORT"),
    ],
)
def test_the_targets_address_stands_in_the_commands_of_remedies(target: str | None, command: str) -> None:
    remedies = (Remedy("Try it.", "openssl s_client -connect ADDRESS:PORT"), Remedy("Look."))
    diagnosis = judge_case(case(request(target=target)), 0.0, [fault("a", 9.0, remedies=remedies)])
    assert [r.command for r in diagnosis.document.verdicts[0].remedies] == [command, None]


def test_an_address_alone_has_no_brackets() -> None:
    remedies = (Remedy("Look.", "ip route get ADDRESS"),)
    diagnosis = judge_case(case(request(target="[fd00::7]:80")), 0.0, [fault("a", 9.0, remedies=remedies)])
    assert diagnosis.document.verdicts[0].remedies[0].command == "ip route get fd00::7"
