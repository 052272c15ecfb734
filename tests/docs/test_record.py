from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest

from docs import record

ARTICLE = Path(__file__).parents[2] / "examples" / "the-article"


@pytest.fixture
def seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(record, "SEEN", tmp_path)
    return tmp_path


def test_what_was_diagnosed_rightly_becomes_lines_and_a_picture(seen: Path, tmp_path: Path) -> None:
    """The failing line of the balancer, the words of the host, and the packets of the reset conversation."""
    shutil.copytree(ARTICLE, tmp_path / "runs" / "accept-queue-overflow-alb-1")
    assert record.main([str(tmp_path / "runs")]) == 0
    one = msgspec.json.decode((seen / "accept-queue-overflow.json").read_bytes(), type=record.Seen)
    assert [" 502 - " in line for line in one.logs["alb"].access] == [True]
    assert "backlog 1," in one.host[0]
    assert "reset-unacknowledged" in one.wire
    assert str(tmp_path) not in one.wire
    picture = (seen / "accept-queue-overflow.svg").read_text()
    assert picture.startswith("<svg xmlns=")
    assert "SYN, ACK" in picture


def test_a_cause_that_was_not_found_leaves_no_page(seen: Path, tmp_path: Path) -> None:
    """A recording that is diagnosed as something else teaches nothing about the cause in its name."""
    shutil.copytree(ARTICLE, tmp_path / "runs" / "keepalive-race-alb-1")
    (tmp_path / "runs" / "path-mtu-black-hole-alb-1").mkdir()
    assert record.main([str(tmp_path / "runs")]) == 0
    assert list(seen.glob("*.json")) == []
