from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.isolation import isolated
from why502.host import limits
from why502.host.namespaces import at, inside
from why502.host.opened import OpenedNamespace

if TYPE_CHECKING:
    from pathlib import Path


def test_limits_are_read_and_missing_ones_absent(tmp_path: Path) -> None:
    """A container may hide some of them."""
    (tmp_path / "core").mkdir()
    (tmp_path / "core/somaxconn").write_text("128\n")
    assert limits.read(tmp_path) == {
        "somaxconn": 128,
        "tcp_max_syn_backlog": None,
        "tcp_abort_on_overflow": None,
        "tcp_syncookies": None,
        "tcp_tw_recycle": None,
        "tcp_migrate_req": None,
        "close_wait_timeout_s": None,
    }


@pytest.mark.kernel
def test_limits_are_those_of_the_namespace_and_stay_up_to_date() -> None:
    """Files that were opened inside a namespace keep showing it, as it changes."""
    with isolated() as door:
        somaxconn = limits.SYSCTL / "core/somaxconn"
        ours = somaxconn.read_text()
        opened = OpenedNamespace(at(door))
        inside(door, lambda: somaxconn.write_text("128"))
        first = opened.look().somaxconn
        inside(door, lambda: somaxconn.write_text("77"))
        second = opened.look().somaxconn
        opened.close()
    assert (first, second) == (128, 77)
    assert somaxconn.read_text() == ours
