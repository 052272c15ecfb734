"""What a machine must have for a full table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.lab import tracking
from why502.lab.servers import tracked_flows

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_machine_that_tracks_no_connections_says_what_would_help(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Instead of a scenario that breaks off."""
    monkeypatch.setattr(tracking, "NETFILTER", tmp_path)
    assert tracking.lacking() == "the kernel tracks no connections (modprobe nf_conntrack)"


def test_table_that_would_cost_too_much_memory_is_not_filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is the machine's, and never changed; one that can be filled lacks nothing."""
    for module in (tracking, tracked_flows):
        monkeypatch.setattr(module, "NETFILTER", tmp_path)
    limit = tmp_path / "nf_conntrack_max"
    limit.write_text("262144\n")
    assert tracking.lacking() is None
    limit.write_text("4194304\n")
    assert "4194304" in (tracking.lacking() or "")
