from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from why502.host.containers import container_of, parse

if TYPE_CHECKING:
    from pathlib import Path

ID = "4f1c" * 16
SHORT = "4f1c4f1c4f1c"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"0::/system.slice/docker-{ID}.scope\n", SHORT),
        (f"12:cpu:/docker/{ID}\n0::/docker/{ID}\n", SHORT),
        (
            f"0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/cri-containerd-{ID}.scope\n",
            SHORT,
        ),
        (f"4:memory:/kubepods/besteffort/pod0a-1b/{ID}\n", SHORT),
        (f"0::/machine.slice/libpod-{ID}.scope/container\n", SHORT),
        (f"9:cpu:/ecs/0123456789abcdef0123456789abcdef/{ID}\n", SHORT),
        ("0::/lxc.payload.web-1/system.slice\n", "web-1"),
        ("7:cpu:/lxc/web-1\n", "web-1"),
        ("0::/user.slice/user-1000.slice/session-2.scope\n", None),
        ("4:memory:/jobs/fc03fb54f87e68f949bfdd2bcd97c59f\n", None),
        ("", None),
    ],
)
def test_container_is_told_by_its_control_group(text: str, expected: str | None) -> None:
    """All runtimes put the id there, each in its own folder."""
    assert parse(text) == expected


def test_process_that_has_ended_has_no_container(tmp_path: Path) -> None:
    """Processes end while we look."""
    assert container_of(tmp_path / "4711") is None
