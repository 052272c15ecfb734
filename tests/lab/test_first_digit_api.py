from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from why502.lab.servers.first_digit_api import SOMAXCONN, Lateness, parse_head, read_like_the_jdk

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.skipif(sys.platform != "linux", reason="needs the sysctl files of Linux")
def test_kernel_gives_only_the_first_digit_to_a_reader_like_the_jdk() -> None:
    """The article's fault, made by the kernel itself: nothing comes at offset 1."""
    whole = SOMAXCONN.read_text()
    assert read_like_the_jdk(SOMAXCONN).decode() == whole[0]


def test_an_ordinary_file_is_read_whole_by_the_same_reads(tmp_path: Path) -> None:
    """The reading is not at fault by itself."""
    file = tmp_path / "somaxconn"
    file.write_text("128\n")
    assert read_like_the_jdk(file) == b"128\n"


def test_lateness_repeats_itself_with_its_seed_and_stalls_sooner_or_later() -> None:
    """Tens of milliseconds often, a stall of the given length within 30 accepts."""
    first, second = (Lateness(seed=7, stall_s=5.0) for _ in range(2))
    delays_s = [first.next_s() for _ in range(30)]
    assert delays_s == [second.next_s() for _ in range(30)]
    assert sum(0.01 <= delay_s <= 0.05 for delay_s in delays_s) > 15
    assert any(5.0 <= delay_s <= 6.5 for delay_s in delays_s)


def test_head_is_parsed() -> None:
    """Method, path, length of the body, whatever the case of the field's name."""
    assert parse_head(b"POST /a HTTP/1.1\r\ncontent-LENGTH: 12") == ("POST", "/a", 12)
