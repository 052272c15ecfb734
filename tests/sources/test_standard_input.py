from __future__ import annotations

import gzip
import io
import os
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

from tests.sources.captures.making import RECORDED
from why502.model.conversations import Conversation
from why502.model.wire import Answered
from why502.sources.gather import gather

if TYPE_CHECKING:
    import pytest


def test_a_capture_may_be_piped_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """`tcpdump -w - | why502 diagnose -`, packed or not; the report says where it came from."""
    content = (RECORDED / "answered.pcap").read_bytes()
    for piped in (content, gzip.compress(content)):
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(piped)))
        (reading,) = gather(["-"])
        assert (reading.input.path, reading.input.kind, reading.input.not_understood) == (
            "standard input",
            "capture",
            0,
        )
        assert [type(fact) for fact in reading.facts] == [Conversation, Answered]


def test_the_output_of_a_command_may_be_named() -> None:
    """`--changes <(git log --format='%cI %s')`: the shell names a pipe that can be read once."""
    end, begin = os.pipe()
    os.write(begin, b"2026-11-22T19:37:01+00:00 Raise the version of the driver\n")
    os.close(begin)
    try:
        (reading,) = gather([f"/dev/fd/{end}"])
    finally:
        os.close(end)
    assert (reading.input.path, reading.input.records) == (f"/dev/fd/{end}", 1)
