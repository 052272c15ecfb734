"""Which container a process lives in, told by the name of its control group (/proc/PID/cgroup, cgroups(7)).

Docker, containerd, CRI-O and Podman put the container's 64 hexadecimal digits there, whatever the version of the
control groups; LXC its name. ECS and Kubernetes put them below a folder of their own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from why502.model.expressions import expression

if TYPE_CHECKING:
    from pathlib import Path

CONTAINER: Final = expression(
    r"(?:^|[/-])(?P<id>[0-9a-f]{64})(?=\.scope|/|$)|/lxc(?:\.payload[./]|/)(?P<lxc>[\w.-]+)", re.MULTILINE
)
SHORT_DIGITS: Final = 12
"""As much of an id as `docker ps` shows."""


def parse(text: str) -> str | None:
    """The container's short id or name; None for a process of the host.

    >>> parse("0::/system.slice/docker-" + "4f" * 32 + ".scope"), parse("0::/user.slice")
    ('4f4f4f4f4f4f', None)
    """
    if not (match := CONTAINER.search(text)):
        return None
    return match["id"][:SHORT_DIGITS] if match["id"] else match["lxc"]


def container_of(process: Path) -> str | None:
    """The container of the process in `/proc/PID`; None if it has none, or has ended."""
    try:
        return parse((process / "cgroup").read_text("utf-8", "replace"))
    except OSError:
        return None
