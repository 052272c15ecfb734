from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from why502.host import counters

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


def test_no_counter_has_its_name_in_two_sections() -> None:
    """Both files go into one dictionary."""
    text = "".join((Path("/proc/self/net") / name).read_text() for name in counters.FILES)
    rows = [line.split()[1:] for line in text.splitlines() if line.startswith(counters.SECTIONS)][::2]
    names = [name for row in rows for name in row if name in counters.COUNTERS]
    assert len(names) == len(set(names)) > 20


@given(st.text(alphabet="TcpExt: \n0123456789-ListenDrops", max_size=300))
def test_any_text_gives_numbers_or_nothing(text: str) -> None:
    """A file that is cut or garbled raises nothing."""
    assert all(isinstance(value, int) and value >= 0 for value in counters.parse(text).values())
