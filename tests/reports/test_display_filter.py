from __future__ import annotations

import shutil
import subprocess

import pytest

from tests.making import conversation
from tests.sources.captures.detail.making import RECORDED, recorded
from why502.reports.display_filter import NOTHING, display_filter

needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")


def matched(name: str, expression: str) -> list[int]:
    command = [
        "tshark",
        "-n",
        "-r",
        str(RECORDED / f"{name}.pcap"),
        "-Y",
        expression,
        "-T",
        "fields",
        "-e",
        "frame.number",
    ]
    return [int(line) for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()]


@needs_tshark
def test_wireshark_shows_the_conversation_and_nothing_else() -> None:
    """One of three in the capture."""
    lost = next(c for c in recorded("both_never_arrived") if c.failed)
    assert matched("both_never_arrived", display_filter([lost])) == [11, 12]


@needs_tshark
def test_icmp_errors_about_it_are_shown_as_well() -> None:
    """Wireshark looks into the quoted header."""
    assert matched("unreachable", display_filter(recorded("unreachable"))) == [1, 2]


@needs_tshark
def test_no_conversation_matches_no_packet() -> None:
    """Still a valid filter."""
    assert display_filter([]) == NOTHING
    assert matched("whole", display_filter([])) == []


def test_ports_used_again_are_shown_once() -> None:
    """Without times, as one term would exclude the other."""
    twice = [conversation(100.0), conversation(900.0)]
    assert display_filter(twice).count("(") == 1
    assert "frame.time" not in display_filter(twice)


def test_ipv6_has_its_own_field() -> None:
    """Addresses without brackets."""
    assert "ipv6.addr == ::1 && tcp.port == 9" in display_filter(
        [conversation(1.0, opener="[::1]:9", target="[::2]:80")]
    )
