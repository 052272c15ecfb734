from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.isolation import connecting, isolated, listening
from why502.host import counters
from why502.host.namespaces import at, inside
from why502.host.opened import OpenedNamespace
from why502.model.host import COUNTERS

NETSTAT = """\
TcpExt: SyncookiesSent SyncookiesRecv SyncookiesFailed ListenOverflows ListenDrops TCPHPHits
TcpExt: 45 1 44 293 293 7
IpExt: InNoRoutes InTruncatedPkts
IpExt: 0 0
"""
SNMP = """\
Ip: Forwarding DefaultTTL
Ip: 1 64
Tcp: RtoAlgorithm MaxConn EstabResets RetransSegs OutRsts
Tcp: 1 -1 13 8 75
"""


def test_names_and_numbers_of_both_files_are_joined(tmp_path: Path) -> None:
    """Only what judgement uses is kept; a section that is not TCP is left out."""
    (tmp_path / "netstat").write_text(NETSTAT)
    (tmp_path / "snmp").write_text(SNMP)
    assert counters.read(tmp_path) == {
        "SyncookiesSent": 45,
        "SyncookiesRecv": 1,
        "SyncookiesFailed": 44,
        "ListenOverflows": 293,
        "ListenDrops": 293,
        "EstabResets": 13,
        "RetransSegs": 8,
        "OutRsts": 75,
    }


@pytest.mark.kernel
@pytest.mark.skipif(not shutil.which("nstat"), reason="needs nstat (Debian package iproute2) to compare with")
def test_agrees_with_nstat() -> None:
    """Asked before and after, of a namespace with seven connections, one refused and some dropped."""

    def asked() -> dict[str, int]:
        told = inside(door, lambda: subprocess.check_output(["nstat", "-aszj"]))
        found: dict[str, int] = json.loads(told)["kernel"]
        return {re.sub(r"^Tcp(Ext)?", "", name): number for name, number in found.items() if name.startswith("Tcp")}

    with (
        isolated() as door,
        listening(door, 1) as small,
        listening(door, 64) as large,
        connecting(door, small, 5),
        connecting(door, large, 2),
        inside(door, socket.socket) as refused,
        closing(OpenedNamespace(at(door))) as opened,
    ):
        assert refused.connect_ex(("127.0.0.1", 9)) != 0
        before, ours, after = asked(), opened.look().counters, asked()
    counted = ours.keys() - {"CurrEstab"}  # how many there are, not how many there were: nstat leaves it out
    assert counted <= before.keys()
    assert all(before[name] <= ours[name] <= after[name] for name in counted)
    assert ours["OutRsts"] == 1
    assert ours["ActiveOpens"] == 8


def test_no_counter_has_its_name_in_two_sections() -> None:
    """Both files go into one dictionary."""
    text = "".join((Path("/proc/self/net") / name).read_text() for name in counters.FILES)
    rows = [line.split()[1:] for line in text.splitlines() if line.startswith(counters.SECTIONS)][::2]
    names = [name for row in rows for name in row if name in COUNTERS]
    assert len(names) == len(set(names)) > 20


@given(st.text(alphabet="TcpExt: \n0123456789-ListenDrops", max_size=300))
def test_any_text_gives_numbers_or_nothing(text: str) -> None:
    """A file that is cut or garbled raises nothing."""
    assert all(isinstance(value, int) and value >= 0 for value in counters.parse(text).values())
